"""Rules for networks that run in the emulator but may fail on a board.

These are warnings, or errors for a device whose file sets `strict = true`.
"""

from __future__ import annotations

from snnc.diagnostics import LayerWarning, SpecWarning


class MixedAxons(SpecWarning):
    """Checks for neurons with two kinds of axons.

    A convolution reads neurons through population axons, which carry the index of the
    channel that fired. Max pools, depthwise layers and dense layers read neurons
    through discrete axons. NxSDK's axon compiler rejects neurons with both kinds
    (nengo-loihi issue 242). If there are enough cores, snnc uses one kind for all
    connections from a layer. With fewer cores, the emulator still runs the network, but
    a board may refuse it.
    """

    code = "SNN410"
    title = "axons of two kinds"
    message = "neurons of {layers} have axons of two kinds, which a board may refuse"
    label = "read by convolutions and by other layers"
    notes = ("axons of one kind would need more than {allowed} cores",)
    help = (
        "allow more cores, or let convolutions and other layers read different layers"
    )

    layers: str
    allowed: int


class CostlyAxons(SpecWarning):
    """Checks for extra cores that are needed to use a single kind of axons.

    If convolutions and other layers, such as a max pool, read the same layer, its
    neurons would have two kinds of axons, which NxSDK rejects. snnc therefore stores
    each weight of the convolutions separately. This takes more memory, and more cores
    than the emulator alone would need.
    """

    code = "SNN411"
    title = "extra cores for axons of one kind"
    message = "reading {layers} through axons of one kind adds {more}"
    label = "read by convolutions and by other layers"
    notes = ("NxSDK rejects neurons with two kinds of axons (nengo-loihi issue 242)",)
    help = (
        "if cores are scarce, let convolutions and other layers read different layers"
    )

    layers: str
    more: str


class UncertainOutAxons(LayerWarning):
    """Checks for out-axons that fit on a core only if neurons share them.

    nengo-loihi's emulator counts one out-axon for all channels of a pixel. On a board,
    NxSDK's compiler, which is not public (nengo-loihi issue 326), decides whether
    neurons share an axon list or have their own lists. A target on another chip takes
    one more entry. The actual number of out-axons is between the two counts. If the
    larger count exceeds the limit of a core, the network may not fit.
    """

    code = "SNN412"
    title = "out-axons that may not fit"
    message = "the out-axons of `{name}` may not fit on a core of a board"
    label = "{shared} if neurons share lists, {own} if each has its own list"
    notes = ("a core has {most} out-axons; how many a board needs is not public",)
    help = "give `{name}` a smaller `block`, or its readers larger ones"

    shared: int
    own: int
    most: int


class UncertainFormats(LayerWarning):
    """Checks for cores that may need more synapse formats than they have.

    The synapse format of a connection sets the size of its indices and the scale of its
    weights. On a board, but not in the emulator, nengo-loihi asserts that a core has no
    more formats than its registers hold (`nengo_loihi/hardware/validate.py`). The
    trained weights determine the number of formats.
    """

    code = "SNN413"
    title = "synapse formats that may not fit"
    message = "`{name}` may need more synapse formats than a core has"
    label = "up to {formats} formats on a core"
    notes = (
        "a core has {most} formats; the trained weights determine how many it needs",
    )
    help = (
        "let `{name}` read fewer layers, or set a `block` with larger groups of slices"
    )

    formats: int
    most: int


class ChipsUnasked(SpecWarning):
    """Checks for networks that need more chips than nengo-loihi requests by default.

    nengo-loihi requests two chips, unless `n_chips` sets another number
    (`nengo_loihi/hardware/interface.py`). `python -m NAME.board` and
    `hardware_options()` set `n_chips`. If you create a simulator yourself, set
    `n_chips` too.
    """

    code = "SNN414"
    title = "more chips than a board has by default"
    message = (
        "the network takes {chips} chips, but nengo-loihi requests {usual} by default"
    )
    help = (
        "pass the package's `hardware_options()` to nengo-loihi, and suppress this "
        "warning"
    )

    chips: int
    usual: int


class ManyRecorded(SpecWarning):
    """Checks for more neurons than a board can record.

    The host reads the last layer on the chip. If a run is precomputed, nengo-loihi
    probes the spikes of each of its neurons (`nengo_loihi/hardware/builder.py`). NxSDK
    needs a hardware counter for each neuron, and stops if none is left: "All the Spike
    Counters are being Used" (nengo-loihi pull request 281). The number of counters is
    not public. nengo-loihi's tests for boards record up to 784 neurons
    (`test_conv_deepnet`). Its example `keras-to-loihi` has a dense layer of 100 neurons
    before the readout because a board can't record the 2,304 neurons of the previous
    layer. With `precompute=False`, snips read voltages instead, and some voltages look
    like spikes (nengo-loihi issue 170).
    """

    code = "SNN415"
    title = "more neurons than a board can record"
    message = "a board can't record the {neurons} neurons of {layers}"
    label = "the host reads them"
    notes = ("{limit} are too many; the limit is not public, but {works} work",)
    help = "put a `dense` layer of at most {works} `units` before it"

    neurons: int
    layers: str
    limit: int
    works: int
