"""What the cores of Loihi can hold."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import Shape


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

    `block` gives what one core holds: height x width x filters for `conv2d`, length x
    filters for `conv1d`, units for `dense`. For `conv3d` the first axis cuts the depth
    into ensembles of so many slices, in which the filters of all slices stand side by
    side: slices x height x width x (slices times filters).
    """

    code = "SNN402"
    title = "block of the wrong rank"
    message = "`block {block}` has {given}, where `{name}` has {rank}"
    notes = ("a block of `{kind}` is {expected}; all of `{name}` is {whole}",)
    help = "{hint}"

    name: str
    kind: str
    block: Shape
    given: str
    rank: int
    expected: str
    whole: Shape
    hint: str = "leave it out"


class BlockExceedsLayer(Diagnostic):
    """A `block` is larger than the layer along some axis.

    Blocks that do not divide a layer evenly are fine: the last one is smaller. One
    that is larger than the layer says something that cannot be meant. The last axis of
    a block of `conv3d` counts the filters of all its slices: slices times filters.
    """

    code = "SNN403"
    title = "block larger than its layer"
    message = "`block {block}` is larger than `{name}`"
    notes = ("a block of `{kind}` is {expected}; the largest here is {largest}",)
    help = "{hint}"

    name: str
    kind: str
    block: Shape
    expected: str
    largest: Shape
    nearest: Shape
    hint: str = "leave it out"


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
    nearest: Shape | None
    hint: str = "leave it out"


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
    hint: str = "give its readers fewer neurons, or let fewer layers read it"


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
        "{bounds}",
        "`snnc fit` lists what fits, with its costs",
    )
    help = "{hint}"

    name: str
    cores: int
    bound: str
    allowed: int
    largest: str
    share: int
    hint: str = "give the layers fewer neurons, or larger strides"
    remedy: str = ""
    bounds: str = ""


class CostlyBlock(Diagnostic):
    """A `block` costs cores.

    Without `block`, snnc cuts a layer so that the network takes the fewest cores. A
    block that is written is used as it is. The last axis of a block of `conv3d` counts
    the filters of all its slices, so that `block 8x1x1x16` in a layer of 16 filters
    puts each of 8 slices on a core of its own.
    """

    code = "SNN409"
    title = "block that costs cores"
    severity = Severity.WARNING
    message = "`block {block}` of `{name}` costs {more}"
    label = "the network takes {cores} with it, {free} without"
    notes = ("a block of `{kind}` is {expected}; all of `{name}` is {whole}",)
    help = "leave it out, or write `block {better}`"

    name: str
    kind: str
    block: Shape
    more: str
    cores: int
    free: int
    expected: str
    whole: Shape
    better: Shape


class MoreCoresThanChips(Diagnostic):
    """`cores` asks for more than the chips have."""

    code = "SNN407"
    title = "more cores than the chips have"
    message = "`cores {cores}` is more than the {most} of {chips} chip{plural}"
    help = "{hint}"

    chips: int
    cores: int
    most: int
    needed: int
    hint: str = "write fewer `cores` or more `chips`"

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
