"""Rules for the limits of Loihi's cores and chips.

Boards have limits that the emulator does not check. These are warnings, or errors for a
device whose file sets `strict = true`.
"""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, LayerDiagnostic, LayerWarning, SpecWarning
from snnc.ir.shapes import Shape


class _ExceedsCore(LayerDiagnostic):
    """A layer that needs more of something than a core has."""

    notes: ClassVar[tuple[str, ...]] = ("a core has {most} {limit}", "{risk}")

    limit: str
    value: int
    most: int
    risk: str = ""


class _WrongBlock(LayerDiagnostic):
    """A `block` that does not suit its layer; ``expected`` names the axes of one."""

    advice = "leave it out"

    kind: str
    block: Shape
    expected: str


class FitsNoCore(_ExceedsCore):
    """Checks that one neuron of a layer fits on a core.

    A neuron needs memory for each weight. It also needs one in-axon per source pixel if
    it reads through a convolution, or one per source neuron if it reads through a
    matrix. Both grow with the fan-in: the kernel size times the channels, or all source
    neurons of a dense layer. Smaller blocks don't help, so reduce the fan-in.
    """

    code = "SNN401"
    title = "layer that does not fit on a core"
    message = "`{name}` does not fit on a core of Loihi, however it is split"
    label = "one neuron alone needs {value} {limit}"
    advice = (
        "let each neuron read less: put a `downsample` before this layer (an `avgpool` "
        "is folded and does not help), or give the layer that it reads fewer neurons"
    )


class BlockRank(_WrongBlock):
    """Checks that a `block` has as many axes as its layer.

    `block` sets the part of a layer that one core holds: height x width x filters for
    `conv2d`, length x filters for `conv1d`, units for `dense`. For `conv3d`, it is
    slices x height x width x (slices times filters). The first axis splits the depth
    into ensembles, and each ensemble has the filters of all its slices.
    """

    code = "SNN402"
    title = "block with the wrong number of axes"
    message = "`block {block}` has {given}, but `{name}` has {rank}"
    notes = ("a block of `{kind}` is {expected}; the whole layer `{name}` is {whole}",)

    given: str
    rank: int
    whole: Shape


class BlockExceedsLayer(_WrongBlock):
    """Checks that a `block` is not larger than its layer.

    A block doesn't have to divide a layer evenly: the last block may be smaller. The
    last axis of a `conv3d` block is the number of slices times the number of filters.
    """

    code = "SNN403"
    title = "block larger than its layer"
    message = "`block {block}` is larger than `{name}`"
    notes = ("a block of `{kind}` is {expected}; the largest here is {largest}",)

    largest: Shape
    nearest: Shape


class BlockExceedsCore(_ExceedsCore):
    """Checks that a `block` fits on a core.

    snnc uses a block exactly as the spec gives it. The block must stay within all
    limits of a core: compartments, in-axons, out-axons and synapse memory.
    """

    code = "SNN404"
    title = "block that exceeds a core"
    message = "`block {block}` of `{name}` does not fit on a core"
    label = "needs {value} {limit}"
    advice = "leave it out"

    block: Shape
    nearest: Shape | None


class TooManyOutAxons(_ExceedsCore):
    """Checks that the blocks of a layer can reach all blocks of its readers.

    A block needs out-axon slots for each block that it sends spikes to. A core has too
    few slots if the layer has many readers, or readers with many small blocks.
    """

    code = "SNN405"
    title = "too many out-axons"
    message = "the spikes of `{name}` go to more blocks than a core can address"
    label = "one block needs at least {value} out-axons"
    advice = "give the layers that read it fewer neurons, or let fewer layers read it"


class TooManyCores(LayerDiagnostic):
    """Checks that the network needs no more cores than its target allows.

    Each block uses one core. snnc searches for the blocks that need the fewest cores.
    `snnc report` lists the number of cores of each layer.
    """

    code = "SNN406"
    title = "too many cores"
    message = "`{name}` needs {bound}{cores} cores, but the limit is {allowed}"
    label = "{remedy}"
    notes = (
        "`{largest}` alone takes {share} of these cores",
        "{bounds}",
        "`snnc fit` looks for changes that make the network fit, and lists their costs",
        "{request}",
        "{risk}",
    )
    advice = "give the layers fewer neurons, or larger strides"

    cores: int
    bound: str
    allowed: int
    largest: str
    share: int
    remedy: str = ""
    bounds: str = ""
    request: str = ""
    risk: str = ""


class CostlyBlock(LayerWarning):
    """Checks for a `block` that takes extra cores.

    Without `block`, snnc splits a layer so that the network takes the fewest cores.
    With `block`, snnc uses the block exactly as given. The last number of a `conv3d`
    block counts the filters of all its slices. In a layer with 16 filters, `block
    8x1x1x16` therefore puts each of 8 slices on its own core.
    """

    code = "SNN409"
    title = "block that takes extra cores"
    message = "`block {block}` of `{name}` adds {more}"
    label = "the network takes {cores} with this block, {free} without it"
    notes = ("a block of `{kind}` is {expected}; the whole layer `{name}` is {whole}",)
    help = "remove it, or write `block {better}`"

    kind: str
    block: Shape
    more: str
    cores: int
    free: int
    expected: str
    whole: Shape
    better: Shape


class MoreCoresThanChips(Diagnostic):
    """Checks that `cores` is not above the number of cores on the chips."""

    code = "SNN407"
    title = "more cores than the chips have"
    message = "`cores {cores}` is more than the {most} cores of {chips} chip{plural}"
    notes = ("{request}",)
    advice = "write fewer `cores` or more `chips`"

    chips: int
    cores: int
    most: int
    needed: int
    request: str = ""

    @property
    def plural(self) -> str:
        return "" if self.chips == 1 else "s"


def chips_request(chips: int, usual: int) -> str:
    """Say what a target with many chips needs on a board; empty for usual targets."""
    if chips <= usual:
        return ""
    return (
        f"nengo-loihi requests {usual} chips by default: for more, pass the package's "
        "`hardware_options()` to it, and write `# snnc: allow SNN414 reason` above "
        "`target`"
    )


class ShortAxonsImpossible(LayerDiagnostic):
    """Checks that 16-bit population axons are possible if the target requests them.

    A pop16 axon takes one out-axon slot instead of two. Such an axon is possible only
    if the source has at most 32 channels (an ensemble of g slices has g times the
    filters), the reading core has at most 1024 in-axons, and all compartment bases are
    multiples of 4. Blocks with a multiple of 4 filters have such bases.
    """

    code = "SNN408"
    title = "impossible pop16 axons"
    message = "`{name}` cannot be read through pop16 axons"
    label = "{problem}"
    help = "write `pop auto`, which uses pop16 where possible"

    problem: str


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
    notes = ("{needs}",)

    layers: str
    needs: str


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
    help = "if cores are scarce, {advice}"

    layers: str
    more: str


class UncertainOutAxons(LayerWarning):
    """Checks for out-axons that fit on a core only if neurons share them.

    nengo-loihi's emulator counts one out-axon for all channels of a pixel. On a board,
    NxSDK's compiler, which is not public (nengo-loihi issue 326), decides whether
    the channels of a pixel share their out-axons, or each neuron has its own. A target
    on another chip takes one more. The actual number of out-axons is between the two
    counts. If the larger count exceeds the limit of a core, the network may not fit. A
    smaller `block` has fewer neurons, which need fewer out-axons, but takes more cores.
    """

    code = "SNN412"
    title = "out-axons that may not fit"
    message = "the out-axons of `{name}` may not fit on a core of a board"
    label = "{shared} if the channels of a pixel share them, {own} if no neuron does"
    notes = ("a core has {most} out-axons; how many a board needs is not public",)
    help = (
        "{advice}let layers with fewer neurons read `{name}`; to accept the risk, "
        "write `# snnc: allow SNN412 reason` above this line"
    )

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
        "{advice}let `{name}` read fewer layers; to accept the risk, write `# snnc: "
        "allow SNN413 reason` above this line"
    )
    advice = "write a smaller `block`, which takes more cores, or "

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
        "pass the package's `hardware_options()` to nengo-loihi, and write "
        "`# snnc: allow SNN414 reason` above this line"
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

    neurons: int
    layers: str
    limit: int
    works: int
