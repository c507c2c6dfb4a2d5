"""What only a board checks: where a network that the emulator runs may fail there.

They are warnings, and errors for a device whose file has `strict = true`.
"""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity


class MixedAxons(Diagnostic):
    """Neurons of a layer are read through axons of two kinds.

    A convolution is read through population axons, which say which channel fired; a
    max pool, a depthwise or a dense layer through discrete ones. NxSDK's compiler of
    axons does not take neurons that have both (nengo-loihi issue 242), so that snnc
    carries all that reads a layer in one form where the cores allow it. Here they do
    not: the emulator runs this network, a board may refuse it.
    """

    code = "SNN410"
    title = "axons of two kinds"
    severity = Severity.WARNING
    message = "neurons of {layers} have axons of two kinds, which a board may refuse"
    label = "read by convolutions and by others"
    notes = ("axons of one kind would need more than {allowed} cores",)
    help = "allow more cores, or let convolutions read another layer than the others do"

    layers: str
    allowed: int


class CostlyAxons(Diagnostic):
    """Axons of one kind cost cores.

    A layer is read by convolutions and by others, such as a max pool. NxSDK does not
    take neurons with axons of both kinds, so that the convolutions are stored weight
    by weight, which takes more memory: cores that the emulator alone would not need.
    """

    code = "SNN411"
    title = "axons of one kind that cost cores"
    severity = Severity.WARNING
    message = "to read {layers} through axons of one kind costs {more}"
    label = "read by convolutions and by others"
    notes = ("NxSDK takes no neurons with axons of two kinds (nengo-loihi issue 242)",)
    help = "let convolutions read another layer than the others do, if cores are short"

    layers: str
    more: str


class UncertainOutAxons(Diagnostic):
    """The out-axons of a core fit for certain only if neurons share them.

    nengo-loihi's emulator counts one out-axon for all channels of a pixel. On a board
    NxSDK's compiler decides whether neurons share a list or each has its own; it is
    not public (nengo-loihi issue 326). A target on another chip takes one more entry.
    What is needed lies between the two counts: where the larger one is beyond a core,
    the network may not fit.
    """

    code = "SNN412"
    title = "out-axons that may not fit"
    severity = Severity.WARNING
    message = "out-axons of `{name}` may not fit a core of a board"
    label = "{shared} if neurons share lists, {own} if each has its own"
    notes = ("a core has {most}; which of them a board needs is not public",)
    help = "give `{name}` a smaller `block`, or its readers larger ones"

    name: str
    shared: int
    own: int
    most: int


class UncertainFormats(Diagnostic):
    """A core may need more formats of synapses than it has.

    Words of synapses differ in the size of their indices and the scale of their
    weights, connection by connection. nengo-loihi asserts on a board alone that a core
    has no more formats than its registers hold (`nengo_loihi/hardware/validate.py`).
    How many differ, the trained weights decide.
    """

    code = "SNN413"
    title = "synapse formats that may not fit"
    severity = Severity.WARNING
    message = "`{name}` may need more formats of synapses than a core has"
    label = "up to {formats} on a core"
    notes = ("a core has {most}; how many there are, the trained weights decide",)
    help = "let it read fewer layers, or larger groups of slices by its `block`"

    name: str
    formats: int
    most: int


class ChipsUnasked(Diagnostic):
    """A network takes more chips than nengo-loihi asks a board for.

    A board has two chips for nengo-loihi unless `n_chips` says otherwise
    (`nengo_loihi/hardware/interface.py`). `python -m NAME.board` and the options of
    `hardware_options()` say so; a simulator of your own has to.
    """

    code = "SNN414"
    title = "more chips than a board has by default"
    severity = Severity.WARNING
    message = "the network takes {chips} chips, of which a board has {usual} by default"
    help = "give nengo-loihi the package's `hardware_options()`, and allow this warning"

    chips: int
    usual: int
