"""Rules for the limits of Loihi's cores."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import Shape


class FitsNoCore(Diagnostic):
    """Checks that one neuron of a layer fits on a core.

    A neuron needs one in-axon per source neuron that it reads through a matrix, or per
    source pixel that it reads through a convolution. It also needs memory for each
    weight. Both grow with the fan-in: kernel times channels, or all neurons for a dense
    layer. Smaller blocks don't help. Reduce the fan-in.
    """

    code = "SNN401"
    title = "layer that fits no core"
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
    """Checks that a `block` has as many axes as its layer.

    `block` is the part of a layer on one core: height x width x filters for
    `conv2d`, length x filters for `conv1d`, units for `dense`. For `conv3d` it is
    slices x height x width x (slices times filters). The first number splits the depth
    axis into ensembles. The last axis of an ensemble contains the filters of all its
    slices.
    """

    code = "SNN402"
    title = "block of the wrong rank"
    message = "`block {block}` has {given}, but `{name}` has {rank}"
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
    """Checks that a `block` is not larger than its layer.

    A block doesn't have to divide a layer evenly: the last block may be smaller.
    The last number of a `conv3d` block counts the filters of all its slices: slices
    times filters.
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
    """Checks that a `block` fits on a core.

    snnc uses the block in the spec unchanged. The block must meet all limits of a core:
    compartments, in-axons, out-axons and synapse memory.
    """

    code = "SNN404"
    title = "block that exceeds a core"
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
    """Checks that the blocks of a layer can reach all blocks of its readers.

    A block needs out-axon slots for each block to which it sends spikes. If many small
    blocks or several layers read the block, the slots of a core may not suffice.
    """

    code = "SNN405"
    title = "too many out-axons"
    message = "the spikes of `{name}` go to more blocks than a core can address"
    label = "one block needs at least {value} out-axons"
    notes = ("a core has {most} out-axons",)
    help = "{hint}"

    name: str
    value: int
    most: int
    hint: str = "give its readers fewer neurons, or let fewer layers read it"


class TooManyCores(Diagnostic):
    """Checks that the network needs no more cores than its target has.

    Each block uses one core. snnc searches for the blocks that need the fewest cores.
    `snnc report` lists the number of cores of each layer.
    """

    code = "SNN406"
    title = "too many cores"
    message = "`{name}` needs {bound}{cores} cores, {allowed} are allowed"
    label = "{remedy}"
    notes = (
        "`{largest}` alone takes {share} of them",
        "{bounds}",
        "`snnc fit` lists changes that fit, with their costs",
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
    """Checks for a `block` that increases the number of cores.

    Without `block`, snnc splits a layer so that the network needs the fewest cores.
    snnc uses a given block unchanged. The last number of a `conv3d` block counts the
    filters of all its slices. In a layer with 16 filters, `block 8x1x1x16` therefore
    puts each of 8 slices on its own core.
    """

    code = "SNN409"
    title = "block that costs cores"
    severity = Severity.WARNING
    message = "`block {block}` of `{name}` costs {more}"
    label = "the network takes {cores} with it, {free} without"
    notes = ("a block of `{kind}` is {expected}; all of `{name}` is {whole}",)
    help = "remove it, or write `block {better}`"

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
    """Checks that `cores` is not larger than the number of cores on the chips."""

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
    """Checks that 16-bit axons are possible if the target requests them.

    A pop16 axon needs one out-axon slot instead of two. The source may have at most 32
    channels (an ensemble of g slices has g times the filters). The target's core may
    have at most 1024 in-axons, and compartment bases must be multiples of 4. Blocks
    with a multiple of 4 filters have such bases.
    """

    code = "SNN408"
    title = "impossible pop16 axons"
    message = "`{name}` cannot be read through pop16 axons"
    label = "{problem}"
    help = "write `pop auto`, which uses pop16 if it works"

    name: str
    problem: str
