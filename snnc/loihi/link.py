"""The connections of one projection, and their costs for the blocks at both ends.

A projection becomes one connection for each pair of ensembles whose depth slices
overlap. A `Load` contains the costs of all inputs of a block. A `BlockFit` is a tiling
whose blocks fit on cores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Literal, NamedTuple

from snnc.ir.device import Profile
from snnc.ir.mapped import Form, PopType
from snnc.loihi.axis import Axis, Interval, Kind, Tiles, View
from snnc.loihi.bands import Bands, Edges
from snnc.loihi.tiling import EnsembleTiling, Tiling


@dataclass(frozen=True, slots=True)
class SourceChannels:
    """The inputs of a strip (a slice of channels) from one source ensemble.

    Attributes
    ----------
    entries
        The number of channels that the strip reads.
    is_zero
        Whether all weights are zero.
    """

    entries: int
    is_zero: bool = False


class Cost(NamedTuple):
    """The cost of one connection for a block of its target, without in-axons.

    ``aligned`` says whether the compartment bases are suitable for pop16. ``words`` is
    the number of stored weights. ``index_bits`` is the size of an index in bits; None
    if it depends on the source.
    """

    bits: int
    aligned: bool
    words: int
    index_bits: int | None


class BlockView(NamedTuple):
    """A block's view of a source image.

    Attributes
    ----------
    rows, columns
        The views of the source's rows and columns.
    channels
        The number of channels of the block.
    whole
        Whether the block is the whole ensemble.
    """

    rows: View
    columns: View
    channels: int
    whole: bool

    @property
    def size(self) -> int:
        """The number of compartments of the block."""
        return self.rows.size * self.columns.size * self.channels

    def bases(self, rows: Iterable[int], columns: Iterable[int]) -> set[int]:
        """Return the first compartments that are reached from some rows and columns."""
        width, channels = self.columns.size, self.channels
        return {(i * width + j) * channels for i, j in product(rows, columns)}


class AxonLists(NamedTuple):
    """Entries in out-axon lists on a board; axons without weights need none.

    Attributes
    ----------
    shared, own
        The entries if the neurons of a pixel share a list, and if each neuron has its
        own list.
    """

    shared: int
    own: int


class Link(ABC):
    """The connections of one projection in one form.

    Parameters
    ----------
    axes
        The target's inputs along depth, height and width.
    bands
        The channels.
    profile
        The device.

    Attributes
    ----------
    source
        The volume that is read.
    """

    def __init__(self, axes: Sequence[Axis], bands: Bands, profile: Profile) -> None:
        self.depth, self.rows, self.columns = axes
        self.bands = bands
        self.profile = profile
        self.source = (*(axis.inputs for axis in axes), bands.channels)

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The channels at which the inputs of strips change within a slice."""

    @abstractmethod
    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        """Return a strip's inputs from each source ensemble of ``group`` slices.

        Equal results are one object.
        """

    @abstractmethod
    def fed_axons(self, feed: SourceChannels, block: BlockView) -> int:
        """Return the in-axons of one connection in a block."""

    @abstractmethod
    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        """Return the in-axons of all connections in a block, without counting channels.

        Parameters
        ----------
        group
            The number of slices per source ensemble.
        part
            The ensemble of the block.
        rows, columns
            The number of the source's rows and columns that the block reads.
        """

    @abstractmethod
    def cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        """Return the cost of one connection for a block."""

    @abstractmethod
    def axons(
        self, source: Tiling, target: Tiling, parts: Sequence[EnsembleTiling]
    ) -> list[list[int]]:
        """Return the axons of each block of some source ensembles, in order.

        In a convolution, one axon serves all channels of a pixel.
        """

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        """Return the out-axon lists of each block of the source."""
        axons = self.axons(source, target, source.parts)
        return [[AxonLists(n, n) for n in each] for each in axons]

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        """Return the maximum number of axons of a block of the source."""
        rows, columns = self.crossings(source, target)
        parts = self.unlike_parts(source, target)
        strips = max(self.most_strips(part, target) for part in parts)
        return strips * max(rows) * max(columns)

    @abstractmethod
    def most_strips(self, part: EnsembleTiling, target: Tiling) -> int:
        """Return the most axons from a pixel of one of an ensemble's strips."""

    def unlike_parts(self, source: Tiling, target: Tiling) -> list[EnsembleTiling]:
        """Return ensembles of the source that include every different one."""
        slices = Tiles(source.volume[0], source.group)
        alike = self.depth.equivalent_sources(slices, target.group)
        return [source.part(i) for i in alike.some(len(slices))]

    def crossings(self, source: Tiling, target: Tiling) -> tuple[list[int], list[int]]:
        """Return `Axis.crossings` of rows and of columns."""
        rows = self.rows.crossings(source.tile[0], target.tile[0])
        return rows, self.columns.crossings(source.tile[1], target.tile[1])

    def operations(self, source: Tiling, target: Tiling) -> int:
        """Return the number of weights read if every neuron of the source spikes once.

        The number does not depend on how ensembles are split into blocks. It includes
        zeros in the kernels of a depth group, which the chip also reads.
        """
        return self.rows.pairs * self.columns.pairs * self.pairs(source, target)

    @abstractmethod
    def pairs(self, source: Tiling, target: Tiling) -> int:
        """Return how many pairs of channels, in any slices, are connected."""

    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, range, int]]:
        """Yield (from core, to cores, spikes to each) if every neuron spikes once.

        Cores are numbered like the blocks of the tilings; pairs without spikes are
        omitted. An axon without weights is not connected (``axon_map``,
        ``nengo_loihi/hardware/nxsdk_objects.py:304-343``) and receives no spikes.
        """
        axes = (self.rows, self.columns)
        near = [axes[i].overlaps(source.tile[i], target.tile[i]) for i in (0, 1)]
        tiles = [
            [(i, *n) for i, js in enumerate(ns) for n in js.items()] for ns in near
        ]
        pixels = [(*row, *column) for row, column in product(*tiles)]
        here, there = _first_cores(source), _first_cores(target)
        for pre, post, strips, channels in self.strip_pairs(source, target):
            (start, across, own), (first, wide, many) = here[pre], there[post]
            for row, seen, tall, column, beside, broad in pixels:
                core = start + (row * across + column) * own
                other = first + (seen * wide + beside) * many
                yield core, range(other, other + strips), tall * broad * channels

    @abstractmethod
    def strip_pairs(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield how source strips are read: strips are numbered in ensemble order.

        Each item is the source's strip, the first of some strips of one ensemble that
        read it, their number, and the channels that each of them reads.
        """


def _first_cores(tiling: Tiling) -> list[tuple[int, int, int]]:
    """Return each strip's first core, and the number of tiles per row and per strip."""
    places, first = [], 0
    for part in tiling.parts:
        strips = len(part.strips)
        places += [(first + k, len(part.columns), strips) for k in range(strips)]
        first += part.blocks
    return places


def count_arrays(*axes: Mapping[Kind, int]) -> Counter[int]:
    """Return the number of arrays by size.

    Each axis contains the number of kinds, by length and by their common factors. All
    arrays of zeros with equal lengths are equal.
    """
    arrays = Counter[int]()
    zeros = set()
    for kinds in product(*(axis.items() for axis in axes)):
        lengths = tuple([length for (length, _), _ in kinds])
        scales = set(map(prod, product(*[some for (_, some), _ in kinds])))
        number = prod([number for _, number in kinds])
        arrays[prod(lengths)] += number * len(scales - {0})
        if 0 in scales:
            zeros.add(lengths)
    arrays.update(map(prod, zeros))
    return arrays


EXPONENTS = 7
INDICES = 8
"""Formats may differ in the exponents of weights and in the sizes of indices: the
numbers of each."""
Limit = Literal[
    "compartments",
    "in-axons",
    "out-axons",
    "synapse bits",
    "pop16 channels",
    "pop16 in-axons",
    "pop16 bases",
]


@dataclass(frozen=True, slots=True)
class ConnectionChoice:
    """The connection of a projection to a tiling: its form, link and axons.

    Each out-axon needs ``slots`` slots.
    """

    form: Form
    link: Link
    pop: PopType | None
    slots: int


@dataclass(frozen=True, slots=True)
class BlockFit:
    """A tiling whose blocks fit on cores, and the connections of its projections."""

    connections: tuple[ConnectionChoice, ...]


@dataclass(frozen=True, slots=True)
class LimitViolation:
    """The first limit that a tiling exceeds."""

    limit: Limit
    value: int
    most: int


class Inputs(NamedTuple):
    """Equal projections into a population, of which there may be hundreds.

    ``group`` is the number of slices per ensemble of their sources.
    """

    form: Form
    link: Link
    group: int


class BlockInputs(NamedTuple):
    """The part of equal projections in one block.

    ``feeds`` are the inputs from each ensemble of a source.
    """

    link: Link
    times: int
    feeds: tuple[SourceChannels, ...]
    block: BlockView


@dataclass(frozen=True)
class Load:
    """The costs of a block's inputs.

    Bits are counted on demand, because counting is slow and unnecessary if there are
    too many in-axons.
    """

    inputs: tuple[BlockInputs, ...]

    @cached_property
    def in_axons(self) -> int:
        return sum(
            times * link.fed_axons(feed, block)
            for link, times, feeds, block in self.inputs
            for feed in feeds
        )

    @cached_property
    def costs(self) -> list[tuple[int, list[Cost]]]:
        """The number of equal projections, and the costs of each connection."""
        return [
            (times, [link.cost(feed, block) for feed in feeds])
            for link, times, feeds, block in self.inputs
        ]

    @property
    def bits(self) -> int:
        return sum(times * cost.bits for times, costs in self.costs for cost in costs)

    @property
    def words(self) -> int:
        return sum(times * cost.words for times, costs in self.costs for cost in costs)

    @property
    def formats(self) -> int:
        """Return the maximum number of synapse formats.

        For a given index size, formats differ only by the weights' exponent, from 0 to
        -6 (``builder/discretize.py:268, 378``).
        """
        every = Counter[int | None]()
        for times, costs in self.costs:
            for cost in costs:
                every[cost.index_bits] += times
        indices = len(every.keys() - {None}) + min(every[None], INDICES)
        return min(every.total(), EXPONENTS * indices)

    @property
    def suits_pop16(self) -> tuple[bool, ...]:
        """Whether the bases of each input are suitable for pop16."""
        return tuple(all(cost.aligned for cost in costs) for _, costs in self.costs)
