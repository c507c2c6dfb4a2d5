"""What the cores of Loihi can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic
from snnc.graph.logical import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class FitsNoCore(Diagnostic):
    """A layer does not fit Loihi even if each of its neurons has a core of its own.

    A neuron needs one in-axon for each source neuron that it reads through a matrix,
    or for each source pixel that it sees through a convolution, and memory for each
    of its weights. Both grow with the fan-in: kernel times channels, or all neurons
    for a dense layer. Blocks cannot help, so the fan-in has to shrink.
    """

    code: ClassVar[str] = "SNN401"
    title: ClassVar[str] = "layer fits no core"
    message: ClassVar[str] = "`{name}` fits no core of Loihi, however it is split"
    label: ClassVar[str] = "one neuron alone needs {value} {limit}"
    notes: ClassVar[tuple[str, ...]] = ("a core has {most} {limit}",)
    help: ClassVar[str] = (
        "let each neuron read less: a smaller kernel, or fewer neurons or channels"
        " in what `{name}` reads"
    )

    name: str
    limit: str
    value: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRank(Diagnostic):
    """A `block` has another number of axes than its layer.

    `block` gives what one core holds: slices x height x width x filters for `conv3d`
    (the slices are those of an ensemble), height x width x filters for `conv2d`,
    length x filters for `conv1d`, units for `dense`.
    """

    code: ClassVar[str] = "SNN402"
    title: ClassVar[str] = "block of the wrong rank"
    message: ClassVar[str] = (
        "`block {block}` has {given} axes where `{name}` has {rank}"
    )
    notes: ClassVar[tuple[str, ...]] = ("a block of `{kind}` is {expected}",)
    help: ClassVar[str] = "write `block` as {expected}, or leave it out"

    name: str
    kind: str
    block: Shape
    given: int
    rank: int
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockExceedsLayer(Diagnostic):
    """A `block` is larger than the layer along some axis.

    Blocks that do not divide a layer evenly are fine: the last one is smaller. One
    that is larger than the layer says something that cannot be meant. For `conv3d`
    the filters of a block run over all slices of its ensemble.
    """

    code: ClassVar[str] = "SNN403"
    title: ClassVar[str] = "block larger than its layer"
    message: ClassVar[str] = "`block {block}` is larger than `{name}`"
    notes: ClassVar[tuple[str, ...]] = ("the largest block here is {largest}",)
    help: ClassVar[str] = "write `block {nearest}`"

    name: str
    block: Shape
    largest: Shape
    nearest: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockExceedsCore(Diagnostic):
    """A `block` needs more of a core than there is.

    The block that the spec asks for is used as it is, so it must keep every limit of
    a core: compartments, in-axons, out-axons and synapse memory.
    """

    code: ClassVar[str] = "SNN404"
    title: ClassVar[str] = "block larger than a core"
    message: ClassVar[str] = "`block {block}` of `{name}` does not fit a core"
    label: ClassVar[str] = "needs {value} {limit}"
    notes: ClassVar[tuple[str, ...]] = ("a core has {most} {limit}",)
    help: ClassVar[str] = "{hint}"

    name: str
    block: Shape
    limit: str
    value: int
    most: int
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyOutAxons(Diagnostic):
    """The blocks of a layer cannot reach all blocks of its readers.

    A block spends out-axon slots for each block that it sends to. With many small
    blocks behind it, or several readers, a core runs out of them.
    """

    code: ClassVar[str] = "SNN405"
    title: ClassVar[str] = "too many out-axons"
    message: ClassVar[str] = (
        "the spikes of `{name}` reach more blocks than a core can address"
    )
    label: ClassVar[str] = "a block of it needs at least {value} out-axons"
    notes: ClassVar[tuple[str, ...]] = ("a core has {most} out-axons",)
    help: ClassVar[str] = (
        "remove `block` from `{name}` or its readers, or give the readers fewer neurons"
    )

    name: str
    value: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyCores(Diagnostic):
    """The network needs more cores than the target allows.

    Every block takes a core of its own. snnc looks for the blocks that need the
    fewest cores in all; `snnc report` shows which layer takes how many.
    """

    code: ClassVar[str] = "SNN406"
    title: ClassVar[str] = "too many cores"
    message: ClassVar[str] = (
        "`{name}` needs {bound}{cores} cores, {allowed} are allowed"
    )
    label: ClassVar[str] = "allows {allowed} cores"
    notes: ClassVar[tuple[str, ...]] = ("`{largest}` alone takes {share} of them",)
    help: ClassVar[str] = "{hint}"

    name: str
    cores: int
    bound: str
    allowed: int
    largest: str
    share: int
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreCoresThanChips(Diagnostic):
    """`cores` asks for more than the chips have."""

    code: ClassVar[str] = "SNN407"
    title: ClassVar[str] = "more cores than the chips have"
    message: ClassVar[str] = "{chips} chips have {most} cores, not {cores}"
    help: ClassVar[str] = "write `cores {most}`, or `chips {needed}`"

    chips: int
    cores: int
    most: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAxonsImpossible(Diagnostic):
    """The target asks for 16-bit axons where they cannot work.

    A pop16 axon takes one out-axon slot instead of two. It needs sources of at most
    32 channels (an ensemble of g slices has g times the filters), at most 1024
    in-axons on the reading core, and compartment bases that are multiples of 4, as
    they are where blocks have a multiple of 4 filters.
    """

    code: ClassVar[str] = "SNN408"
    title: ClassVar[str] = "pop16 impossible"
    message: ClassVar[str] = "`{name}` cannot be read through pop16 axons"
    label: ClassVar[str] = "{problem}"
    help: ClassVar[str] = "write `pop auto`: pop16 is then used where it works"

    name: str
    problem: str
