"""The ways to split a population: depth groups, tiles, and the forms of its inputs.

`Bands` are the channel groups of a projection. Channel slices ("strips") of a
population differ in the groups that they read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise, product
from math import ceil, lcm, prod
from typing import Any

from snnc.ir.mapped import MappedPopulation
from snnc.ir.reach import Form
from snnc.ir.shapes import Volume
from snnc.loihi.axis import Interval, Tiles

Tile = tuple[int, int, int]
"""Height, width and channels of a block."""
Cut = tuple[int, Tile]
"""A group and a tile: the split of a volume."""
Groups = tuple[int, ...]
"""The number of depth slices per ensemble, for the source of each projection."""
Forms = tuple[Form, ...]
"""The form of each projection into the population."""


class HashedOnce(tuple[Any, ...]):
    """A tuple that remembers its hash, because it may have hundreds of items."""

    _hash: int | None = None

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = self._hash = super().__hash__()
        return known


@dataclass(frozen=True, slots=True)
class EnsembleTiling:
    """One ensemble of a tiling: its depth slices and blocks.

    ``whole`` says whether the ensemble is a single block. nengo-loihi does not split
    such an ensemble, and does not trim its connections.
    """

    slices: Interval
    channels: int
    rows: Tiles
    columns: Tiles
    strips: Tiles

    @property
    def blocks(self) -> int:
        return len(self.rows) * len(self.columns) * len(self.strips)

    @property
    def whole(self) -> bool:
        return self.blocks == 1

    @property
    def pieces(self) -> Iterator[PlacedBlock]:
        """The content of each core, in nengo-loihi's block order."""
        for rows, columns, strip in product(self.rows, self.columns, self.strips):
            yield PlacedBlock(self, rows, columns, strip)

    def slices_of(self, strip: Interval) -> Interval:
        """Return the depth slices of a strip of the ensemble's channels."""
        start = self.slices[0]
        first = start + strip[0] // self.channels
        return first, start + (strip[1] - 1) // self.channels + 1

    def channels_of(self, strip: Interval, slice_: int) -> Interval:
        """Return the channels of a depth slice that are in a strip."""
        start = (slice_ - self.slices[0]) * self.channels
        return max(0, strip[0] - start), min(self.channels, strip[1] - start)


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """The content of one core: a tile of one of a population's ensembles."""

    part: EnsembleTiling
    rows: Interval
    columns: Interval
    strip: Interval

    @property
    def neurons(self) -> int:
        sides = (self.rows, self.columns, self.strip)
        return prod(stop - start for start, stop in sides)


@dataclass(frozen=True, eq=False)
class Tiling:
    """One way to split a population; ``group`` is the depth slices per ensemble."""

    volume: Volume
    group: int
    tile: Tile
    forms: Forms = ()
    on_chip: bool = True

    @cached_property
    def cores(self) -> int:
        """The number of blocks; 0 on the host."""
        return count_cores(self.volume, self.group, self.tile) if self.on_chip else 0

    @cached_property
    def parts(self) -> tuple[EnsembleTiling, ...]:
        """The ensembles in depth order."""
        return tuple(map(self.part, range(self.ensembles)))

    @cached_property
    def are_ends_whole(self) -> tuple[bool, bool]:
        """Whether the first and the last ensemble are single blocks."""
        return self.part(0).whole, self.part(-1).whole

    @property
    def ensembles(self) -> int:
        return -(-self.volume[0] // self.group)

    def part(self, i: int) -> EnsembleTiling:
        """Return one ensemble; there may be too many to create all."""
        return _part(self.volume, self.group, self.tile, i)

    @property
    def cut(self) -> Cut:
        """The split into blocks: a key for caches, in which equal splits are equal."""
        return self.group, self.tile

    @property
    def compartments(self) -> int:
        """The number of compartments of the largest block."""
        height, width, strip = self.tile
        return height * width * strip


@lru_cache(maxsize=4096)
def _part(volume: Volume, group: int, tile: Tile, i: int) -> EnsembleTiling:
    """Return ensemble ``i`` of a tiling; equal tilings share their ensembles."""
    depth, height, width, channels = volume
    a, b = Tiles(depth, group)[i]
    rows = Tiles(height, tile[0])
    columns = Tiles(width, tile[1])
    return EnsembleTiling(
        (a, b), channels, rows, columns, Tiles((b - a) * channels, tile[2])
    )


def tiling_of(mapped: MappedPopulation) -> Tiling:
    """Return a mapped population's tiling; on the host, each ensemble is one tile."""
    block = mapped.block_shape or mapped.ensembles[0].shape
    height, width, strip = block if len(block) == 3 else (1, 1, *block)
    population = mapped.population
    tile = (height, width, strip)
    return Tiling(population.volume, mapped.group, tile, on_chip=population.on_chip)


@lru_cache(maxsize=1024)
def least_sizes(extent: int) -> tuple[int, ...]:
    """Return, for each possible number of tiles of an axis, the smallest tile size.

    Larger tiles would need as many cores, and more of each core.
    """
    sizes = []
    size = 1
    while size < extent:
        sizes.append(size)
        size = -(-extent // (-(-extent // size) - 1))
    return (*sizes, extent)


def count_cores(volume: Volume, group: int, tile: Tile) -> int:
    """Return the number of blocks of a tiling."""
    depth, height, width, channels = volume
    full, rest = divmod(depth, group)
    strips = full * ceil(group * channels / tile[2]) + ceil(rest * channels / tile[2])
    return ceil(height / tile[0]) * ceil(width / tile[1]) * strips


@dataclass(frozen=True, slots=True)
class Bands:
    """A kernel whose channels form groups, in the same order at both ends.

    The source has ``channels`` channels, which are the kernel's input channels from
    ``first`` on. Each group reads ``read`` of the kernel's input channels, and outputs
    ``given`` of the reader's ``filters`` channels.
    """

    first: int
    channels: int
    filters: int
    read: int
    given: int

    @property
    def groups(self) -> range:
        """The groups with channels in the source."""
        stop = -(-(self.first + self.channels) // self.read)
        return range(self.first // self.read, stop)

    @property
    def outputs(self) -> Interval:
        """The reader's channels that read any channel of the source."""
        groups = self.groups
        return groups.start * self.given, groups.stop * self.given

    @property
    def are_all(self) -> bool:
        """Whether each channel of the reader reads a channel of the source."""
        return self.outputs == (0, self.filters)

    def of(self, group: int) -> Interval:
        """Return the source's channels in a group."""
        start = group * self.read - self.first
        return max(0, start), min(self.channels, start + self.read)

    def size(self, groups: range) -> int:
        """Return how many of the source's channels are in consecutive groups."""
        return self.of(groups[-1])[1] - self.of(groups[0])[0]

    def width(self, group: int, outputs: Interval) -> int:
        """Return how many of ``outputs`` read a group."""
        start = group * self.given
        stop = min(outputs[1], start + self.given)
        return max(0, stop - max(outputs[0], start))

    def source_groups(self, outputs: Interval) -> range:
        """Return the source's groups that channels in ``outputs`` read."""
        here = self.groups
        first = max(here.start, outputs[0] // self.given)
        return range(first, min(here.stop, -(-outputs[1] // self.given)))


def one_band(channels: int, filters: int) -> Bands:
    """Return a single group: every channel of the reader reads every source channel."""
    return Bands(0, channels, filters, channels, filters)


@dataclass(frozen=True, slots=True)
class Edges:
    """The channels within a slice at which the inputs from a source change.

    Inputs change every ``step`` channels (never if ``step`` is 0), always in the same
    way except at the ``marks``.
    """

    marks: tuple[int, ...] = ()
    step: int = 0


NO_EDGES = Edges()


def edges_of(bands: Bands) -> Edges:
    """Return the edges of grouped channels; the outer groups may be incomplete."""
    low, high = bands.outputs
    given = bands.given
    return Edges((low, low + given, high - given, high), given)


@lru_cache(maxsize=4096)
def unlike_strips(
    extent: int, channels: int, size: int, edges: frozenset[Edges]
) -> tuple[Interval, ...]:
    """Return a representative of each kind of strip in an ensemble.

    There may be a million strips, but few of them differ in their inputs. The ensemble
    has ``extent`` channels, each slice has ``channels``, and a strip has ``size``.
    ``edges`` are the edges of the links into the ensemble.
    """
    strips = Tiles(extent, size)
    marks = {mark for one in edges for mark in one.marks}
    steps = {one.step for one in edges if one.step}
    strips_by_kind: dict[object, Interval] = {}
    for start in range(0, extent, channels):
        for i in _in_slice(strips, start, channels, marks, steps):
            a, b = strips[i]
            # Without edges, strips differ only in their width and their slices.
            touched = b - a, a // channels, (b - 1) // channels
            strips_by_kind.setdefault(i if edges - {NO_EDGES} else touched, (a, b))
    return tuple(strips_by_kind.values())


def _in_slice(
    strips: Tiles,
    start: int,
    channels: int,
    marks: Collection[int],
    steps: Collection[int],
) -> Iterator[int]:
    """Yield the strips of the slice at ``start`` that may differ in their inputs."""
    first = -(-start // strips.size)
    last = -(-(start + channels) // strips.size) - 1
    stops = {first, last, last + 1}
    for mark in marks:
        i = (start + mark) // strips.size
        stops |= {i, i + 1}
    # The positions of strips relative to the steps repeat with this period.
    period = lcm(strips.size, *steps) // strips.size
    for a, b in pairwise(sorted(i for i in stops if first <= i <= last + 1)):
        i = a
        while i < min(b, a + period):
            yield i
            # All strips within a step have equal inputs.
            within = i * strips.size - start
            ends = [start + (within // step + 1) * step for step in steps]
            i = max(i + 1, min(ends, default=strips.extent) // strips.size)
