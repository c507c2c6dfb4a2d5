"""What the cores of Loihi can hold."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.graph.logical import Shape


class FitsNoCore(Diagnostic):
    """A layer does not fit Loihi even if each of its neurons has a core of its own.

    A neuron needs one in-axon for each source neuron that it reads through a matrix,
    or for each source pixel that it sees through a convolution, and memory for each
    of its weights. Both grow with the fan-in: kernel times channels, or all neurons
    for a dense layer. Blocks cannot help, so the fan-in has to shrink.
    """

    code = "SNN401"
    title = "layer fits no core"
    message = "`{name}` fits no core of Loihi, however it is split"
    label = "one neuron alone needs {value} {limit}"
    notes = ("a core has {most} {limit}",)
    help = "{hint}"

    name: str
    limit: str
    value: int
    most: int
    hint: str = (
        "let each neuron read less: put a `downsample` before it (a pool is folded and"
        " does not count), or give what it reads fewer neurons"
    )


class BlockRank(Diagnostic):
    """A `block` has another number of axes than its layer.

    `block` gives what one core holds: slices x height x width x filters for `conv3d`
    (the slices are those of an ensemble), height x width x filters for `conv2d`,
    length x filters for `conv1d`, units for `dense`.
    """

    code = "SNN402"
    title = "block of the wrong rank"
    message = "`block {block}` has {given} axes where `{name}` has {rank}"
    notes = ("a block of `{kind}` is {expected}",)
    help = "write `block` as {expected}, or leave it out"

    name: str
    kind: str
    block: Shape
    given: int
    rank: int
    expected: str


class BlockExceedsLayer(Diagnostic):
    """A `block` is larger than the layer along some axis.

    Blocks that do not divide a layer evenly are fine: the last one is smaller. One
    that is larger than the layer says something that cannot be meant. For `conv3d`
    the filters of a block run over all slices of its ensemble.
    """

    code = "SNN403"
    title = "block larger than its layer"
    message = "`block {block}` is larger than `{name}`"
    notes = ("the largest block here is {largest}",)
    help = "write `block {nearest}`"

    name: str
    block: Shape
    largest: Shape
    nearest: Shape


class BlockExceedsCore(Diagnostic):
    """A `block` needs more of a core than there is.

    The block that the spec asks for is used as it is, so it must keep every limit of
    a core: compartments, in-axons, out-axons and synapse memory.
    """

    code = "SNN404"
    title = "block larger than a core"
    message = "`block {block}` of `{name}` does not fit a core"
    label = "needs {value} {limit}"
    notes = ("a core has {most} {limit}",)
    help = "{hint}"

    name: str
    block: Shape
    limit: str
    value: int
    most: int
    hint: str


class TooManyOutAxons(Diagnostic):
    """The blocks of a layer cannot reach all blocks of its readers.

    A block spends out-axon slots for each block that it sends to. With many small
    blocks reading it, or several readers, a core runs out of them.
    """

    code = "SNN405"
    title = "too many out-axons"
    message = "the spikes of `{name}` reach more blocks than a core can address"
    label = "a block of it needs at least {value} out-axons"
    notes = ("a core has {most} out-axons",)
    help = "{hint}"

    name: str
    value: int
    most: int
    hint: str = (
        "remove `block` from it or from its readers, or give the readers fewer neurons"
    )


class TooManyCores(Diagnostic):
    """The network needs more cores than the target allows.

    Every block takes a core of its own. snnc looks for the blocks that need the
    fewest cores in all; `snnc report` shows which layer takes how many.
    """

    code = "SNN406"
    title = "too many cores"
    message = "`{name}` needs {bound}{cores} cores, {allowed} are allowed"
    label = "{remedy}"
    notes = (
        "`{largest}` alone takes {share} of them",
        "`snnc fit` lists what fits, with its costs",
    )
    help = "{hint}"

    name: str
    cores: int
    bound: str
    allowed: int
    largest: str
    share: int
    hint: str
    remedy: str = ""


class MoreCoresThanChips(Diagnostic):
    """`cores` asks for more than the chips have."""

    code = "SNN407"
    title = "more cores than the chips have"
    message = "`cores {cores}` is more than the {most} of {chips} chip{plural}"
    help = "write `cores {most}`, or `chips {needed}`"

    chips: int
    cores: int
    most: int
    needed: int

    @property
    def plural(self) -> str:
        return "" if self.chips == 1 else "s"


class ShortAxonsImpossible(Diagnostic):
    """The target asks for 16-bit axons where they cannot work.

    A pop16 axon takes one out-axon slot instead of two. It needs sources of at most
    32 channels (an ensemble of g slices has g times the filters), at most 1024
    in-axons on the reading core, and compartment bases that are multiples of 4, as
    they are where blocks have a multiple of 4 filters.
    """

    code = "SNN408"
    title = "pop16 impossible"
    message = "`{name}` cannot be read through pop16 axons"
    label = "{problem}"
    help = "write `pop auto`: pop16 is then used where it works"

    name: str
    problem: str
