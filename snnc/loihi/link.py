"""The connections of one projection, and their costs for the blocks at both ends.

A projection becomes one connection for each pair of ensembles whose depth slices
overlap. A `Load` contains the costs of all inputs of a block. A `BlockFit` is a tiling
whose blocks fit on cores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from math import prod
from typing import Literal, NamedTuple

from snnc.ir.device import Profile
from snnc.ir.mapped import PopType
from snnc.ir.reach import Form
from snnc.loihi.axis import Axis, Interval, Kind, Overlaps, Tiles, View
from snnc.loihi.tiling import Bands, Edges, EnsembleTiling, Tiling


@dataclass(frozen=True, slots=True)
class SourceChannels:
    """The inputs of a strip (a slice of channels) from one source ensemble.

    The strip reads ``entries`` channels; ``is_zero`` says whether all weights are zero.
    Without zeros between channels, ``lengths`` contains the number of channels by the
    number of the strip's channels that they reach. ``distinct`` contains the same for
    channels with different weights, with their factors.
    """

    entries: int
    is_zero: bool = False
    lengths: frozenset[tuple[Kind, int]] = frozenset()
    distinct: frozenset[tuple[Kind, int]] = frozenset()


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
    """A block's view of a source image: the rows and columns that it reads.

    ``whole`` says whether the block, which has ``channels`` channels, is the whole
    ensemble.
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
        width = self.columns.size
        channels = self.channels
        return {(i * width + j) * channels for i, j in product(rows, columns)}


class AxonCounts(NamedTuple):
    """The axons from a block of the source to the blocks of a target.

    ``built`` are the axons that the emulator counts. In a convolution, one axon serves
    all channels of a pixel. ``shared`` and ``own`` are the entries in out-axon lists on
    a board, where axons without weights need none: if the neurons of a pixel share a
    list, and if each neuron has its own list.
    """

    built: int
    shared: int
    own: int


Factors = tuple[int, int]
"""Factors of a number of axons, for split and for whole ensembles of the target."""


class BuiltAxons(NamedTuple):
    """The axons of the blocks of a source, as factors of rows, columns and strips.

    The axons of a block are the sum of both products of its row, its column and its
    strip.
    """

    rows: list[Factors]
    columns: list[Factors]
    strips: list[Factors]


ReadStrips = tuple[int, int, list[int]]
"""The numbers of target strips that read each pixel of an ensemble, in split and in
whole ensembles, and how many channels they read of each of the ensemble's strips."""


class Link(ABC):
    """The connections of one projection in one form.

    ``axes`` are the target's inputs along depth, height and width, ``bands`` the
    channels, and ``source`` the volume that is read. ``cost`` returns a connection's
    cost for a block.
    """

    def __init__(self, axes: Sequence[Axis], bands: Bands, profile: Profile) -> None:
        self.depth, self.rows, self.columns = axes
        self.plane = self.rows, self.columns
        self.bands = bands
        self.profile = profile
        depth, height, width = (axis.inputs for axis in axes)
        self.source = depth, height, width, bands.channels
        self._feeds: dict[Hashable, tuple[SourceChannels, ...]] = {}
        self._equal: dict[tuple[SourceChannels, ...], tuple[SourceChannels, ...]] = {}
        # A search asks for the same costs many times: large networks would take
        # twice as long without the cache.
        self.cost = cache(self._find_cost)
        self._strips: dict[Hashable, ReadStrips] = {}

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The channels at which the inputs of strips change within a slice."""

    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        """Return a strip's inputs per source ensemble; equal results are one object."""
        key = group, part.slices, strip
        if key not in self._feeds:
            feeds = tuple(self._find_feeds(group, part, strip))
            self._feeds[key] = self._equal.setdefault(feeds, feeds)
        return self._feeds[key]

    @abstractmethod
    def _find_feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> Iterator[SourceChannels]:
        """Yield the inputs from the source ensembles that are read."""

    @abstractmethod
    def in_axons(self, feed: SourceChannels, block: BlockView) -> int:
        """Return the in-axons of one connection in a block."""

    @abstractmethod
    def _find_cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        """Compute the cost of one connection for a block."""

    def _price(
        self, arrays: Mapping[int, int], index_bits: int | None, *, aligned: bool
    ) -> Cost:
        """Return the cost of stored arrays; ``arrays`` counts them by size."""
        memory = self.profile.synapse
        width = memory.weight_bits + (index_bits or 0)
        bits = sum(n * memory.array_bits(size, width) for size, n in arrays.items())
        words = sum(n * size for size, n in arrays.items())
        return Cost(bits, aligned, words, index_bits)

    def axons(self, source: Tiling, target: Tiling) -> Iterator[list[AxonCounts]]:
        """Yield the axons of each block of the source's ensembles, in order."""
        rows, columns = self._reached(source, target)
        for part in source.parts:
            split, whole, strips = self._strips_of(part, target)
            yield [
                AxonCounts(
                    (split * n * m + whole * high * wide) * self._shared(channels),
                    (split + whole) * n * m * self._shared(channels),
                    (split + whole) * n * m * channels,
                )
                for (n, high), (m, wide), channels in product(rows, columns, strips)
            ]

    def built_axons(self, source: Tiling, target: Tiling) -> BuiltAxons:
        """Return the factors of the ``built`` axons of the source's blocks."""
        strips = []
        for part in source.parts:
            split, whole, channels = self._strips_of(part, target)
            shared = map(self._shared, channels)
            strips += [(split * number, whole * number) for number in shared]
        rows, columns = self._reached(source, target)
        return BuiltAxons(rows, columns, strips)

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        """Return the maximum number of axons of a block of the source."""
        rows, columns = map(set, self._reached(source, target))
        pixels = [(n * m, high * wide) for n, high in rows for m, wide in columns]
        slices = Tiles(source.volume[0], source.group)
        alike = self.depth.equivalent_sources(slices, target.group)
        most = 0
        for part in map(source.part, alike.some(len(slices))):
            split, whole, strips = self._strips_of(part, target)
            read = max([split * near + whole * every for near, every in pixels])
            most = max(most, read * self._shared(max(strips)))
        return most

    def _reached(self, source: Tiling, target: Tiling) -> Iterator[list[Factors]]:
        """Yield `Axis.reached` for the rows and for the columns of two tilings."""
        is_whole = any(target.are_ends_whole)
        # Not strict: tiles also have channels.
        for axis, size, extent in zip(
            self.plane, source.tile, target.tile, strict=False
        ):
            yield axis.reached(size, extent, is_whole=is_whole)

    def _strips_of(self, part: EnsembleTiling, target: Tiling) -> ReadStrips:
        # `_read_strips` depends on nothing else, so many tilings share its results.
        key = (
            part.slices,
            part.strips,
            target.group,
            target.tile[2],
            target.are_ends_whole,
        )
        if key not in self._strips:
            self._strips[key] = self._read_strips(part, target)
        return self._strips[key]

    @abstractmethod
    def _read_strips(self, part: EnsembleTiling, target: Tiling) -> ReadStrips:
        """Compute how the target reads the strips of an ensemble."""

    @abstractmethod
    def _shared(self, channels: int) -> int:
        """Return the axons of a pixel for some channels that are read."""

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
        rows = _read_tiles(self.rows.overlaps(source.tile[0], target.tile[0]))
        columns = _read_tiles(self.columns.overlaps(source.tile[1], target.tile[1]))
        sources = _strip_cores(source)
        targets = _strip_cores(target)
        for pre, post, strips, channels in self.strip_pairs(source, target):
            here = sources[pre]
            there = targets[post]
            for (i, seen_i, high), (j, seen_j, wide) in product(rows, columns):
                first = there.core(seen_i, seen_j)
                spikes = high * wide * channels
                yield here.core(i, j), range(first, first + strips), spikes

    @abstractmethod
    def strip_pairs(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield how source strips are read: strips are numbered in ensemble order.

        Each item is the source's strip, the first of some strips of one ensemble that
        read it, their number, and the channels that each of them reads.
        """


def _read_tiles(overlaps: Overlaps) -> list[tuple[int, int, int]]:
    """Return the source's tile, the tile that reads it, and how many positions."""
    return [(i, j, n) for i, read in enumerate(overlaps) for j, n in read.items()]


class _StripCores(NamedTuple):
    """The cores of a strip: the ``first``, and the strips and columns of its ensemble.

    The cores of an ensemble are in the order of rows, columns and strips.
    """

    first: int
    columns: int
    strips: int

    def core(self, row: int, column: int) -> int:
        """Return the core of a tile of the strip."""
        return self.first + (row * self.columns + column) * self.strips


def _strip_cores(tiling: Tiling) -> list[_StripCores]:
    """Return the cores of each strip, in the order of ensembles."""
    cores = []
    first = 0
    for part in tiling.parts:
        columns = len(part.columns)
        strips = len(part.strips)
        cores += [_StripCores(first + k, columns, strips) for k in range(strips)]
        first += part.blocks
    return cores


def count_arrays(*axes: Mapping[Kind, int]) -> Counter[int]:
    """Return the number of arrays by size.

    Each axis contains the number of kinds, by length and by their common factors. All
    arrays of zeros with equal lengths are equal.
    """
    # Equal arrays are counted by factors: listing all arrays of a layer would be slow.
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
"""The exponents of weights, 0 to -6, in which synapse formats may differ."""
INDICES = 8
"""The sizes of indices in which synapse formats may differ."""
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
    """The connection of a projection to a tiling, with the slots per out-axon."""

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
    """A limit that a tiling exceeds: the ``value`` is above the allowed ``most``."""

    limit: Limit
    value: int
    most: int


class Inputs(NamedTuple):
    """Equal projections into a population, which may have hundreds of them.

    ``group`` is the number of slices per ensemble of their sources.
    """

    form: Form
    link: Link
    group: int


Views = Mapping[Link, View]
"""A tile's views along one axis."""
Feeds = tuple[tuple[SourceChannels, ...], ...]
"""The inputs of a strip, for each kind of projection and source ensemble."""


@dataclass(frozen=True)
class Load:
    """The costs of a block's inputs.

    Bits are counted on demand, because counting is slow and unnecessary if there are
    too many in-axons. ``feeds`` are the inputs of the block's strip; the other fields
    are as in `BlockView`.
    """

    inputs: Counter[Inputs]
    feeds: Feeds
    rows: Views
    columns: Views
    channels: int
    whole: bool

    def _each(
        self,
    ) -> Iterator[tuple[int, Link, tuple[SourceChannels, ...], BlockView]]:
        inputs = zip(self.inputs.items(), self.feeds, strict=True)
        for ((_, link, _), times), feeds in inputs:
            rows = self.rows[link]
            block = BlockView(rows, self.columns[link], self.channels, self.whole)
            yield times, link, feeds, block

    @cached_property
    def in_axons(self) -> int:
        return sum(
            times * link.in_axons(feed, block)
            for times, link, feeds, block in self._each()
            for feed in feeds
        )

    @cached_property
    def costs(self) -> list[tuple[int, list[Cost]]]:
        """The number of equal projections, and the costs of each connection."""
        return [
            (times, [link.cost(feed, block) for feed in feeds])
            for times, link, feeds, block in self._each()
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
        # The exact number depends on the weights, which are unknown before training.
        # Where the index size depends on the source, there are at most INDICES.
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
