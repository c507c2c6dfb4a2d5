"""The ways to cut a population: depth groups, tiles, and the form of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from itertools import groupby, product, takewhile
from math import ceil, prod

from snnc.ir.lowered import Volume
from snnc.ir.mapped import Form, MappedPopulation
from snnc.loihi.axis import Interval, Tiles, cut

Tile = tuple[int, int, int]
"""Height, width and channels of a block."""
Forms = tuple[Form, ...]
"""For each projection read, its form."""


@dataclass(frozen=True, slots=True)
class Part:
    """One ensemble of a tiling: its depth slices and its cut.

    ``whole`` says that it is a single block, which nengo-loihi leaves as built: its
    connections are not trimmed to the block's needs.
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

    def touched(self, strip: Interval) -> Interval:
        """Return the depth slices of a strip of the ensemble's channels."""
        start = self.slices[0]
        first = start + strip[0] // self.channels
        return first, start + (strip[1] - 1) // self.channels + 1


@dataclass(frozen=True, slots=True)
class Piece:
    """The content of one core: a tile of one of a population's ensembles."""

    part: Part
    rows: Interval
    columns: Interval
    strip: Interval

    @property
    def neurons(self) -> int:
        sides = (self.rows, self.columns, self.strip)
        return prod(stop - start for start, stop in sides)


@dataclass(frozen=True, eq=False)
class Tiling:
    """One way to cut a population; ``cores`` is 0 on the host.

    Attributes
    ----------
    volume
        Depth, height, width and channels of the population.
    group
        Depth slices of an ensemble.
    """

    volume: Volume
    group: int
    tile: Tile
    forms: Forms
    cores: int

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The ensembles in depth order."""
        return tuple(map(self.part, range(self.ensembles)))

    @property
    def ensembles(self) -> int:
        return -(-self.volume[0] // self.group)

    def part(self, i: int) -> Part:
        """Return one ensemble; there may be far too many to create all."""
        depth, height, width, channels = self.volume
        a, b = cut(depth, self.group)[i]
        rows, columns = cut(height, self.tile[0]), cut(width, self.tile[1])
        strips = cut((b - a) * channels, self.tile[2])
        return Part((a, b), channels, rows, columns, strips)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The content of each core, in nengo-loihi's order of blocks."""
        return tuple(
            Piece(part, *where)
            for part in self.parts
            for where in product(part.rows, part.columns, part.strips)
        )

    @property
    def compartments(self) -> int:
        """The compartments of the largest block."""
        height, width, strip = self.tile
        return height * width * strip


def tiling_of(mapped: MappedPopulation) -> Tiling:
    """Return the tiling of a mapped population; on the host an ensemble is one tile."""
    block = mapped.block_shape or mapped.ensembles[0].shape
    height, width, strip = block if len(block) == 3 else (1, 1, *block)
    volume = mapped.population.volume
    return Tiling(volume, mapped.group, (height, width, strip), (), mapped.cores)


def least_sizes(extent: int) -> tuple[int, ...]:
    """Return, for each possible number of tiles of an axis, the smallest tile size."""
    return tuple(_sizes(extent))


def _sizes(extent: int) -> Iterator[int]:
    size = 1
    while size < extent:
        yield size
        size = -(-extent // (-(-extent // size) - 1))
    yield extent


def count_cores(volume: Volume, group: int, tile: Tile) -> int:
    """Return the number of blocks of a tiling."""
    depth, height, width, channels = volume
    full, rest = divmod(depth, group)
    strips = full * ceil(group * channels / tile[2]) + ceil(rest * channels / tile[2])
    return ceil(height / tile[0]) * ceil(width / tile[1]) * strips


def on_host(volume: Volume) -> list[Tiling]:
    """Return the tilings of a population on the host, smaller groups first."""
    depth, height, width, channels = volume
    return [
        Tiling(volume, group, (height, width, group * channels), (), 0)
        for group in least_sizes(depth)
    ]


def on_chip(
    volume: Volume, forms: Sequence[Forms], compartments: int
) -> Iterator[Tiling]:
    """Yield all tilings within a core's compartments, in order of preference.

    For each number of tiles along an axis only the smallest tile is tried: a larger one
    reads as much of the source or more. Fewer cores come first; then smaller groups,
    which store fewer zero weights; then the forms in order; then larger strips of
    channels, as each strip costs every source an axon more; then larger tiles.
    """
    lazy = _Cuts(volume, compartments)
    for cores, cuts in groupby(lazy, key=lambda cut: cut[0]):
        keys = sorted(
            (group, form, -strip, -height, -width)
            for _, group, (height, width, strip) in cuts
            for form in range(len(forms))
        )
        for group, form, strip, height, width in keys:
            yield Tiling(volume, group, (-height, -width, -strip), forms[form], cores)


class _Cuts:
    """Groups and tiles by their cores, fewest first.

    There can be millions, and a search needs the first few. A group represents its
    tiles until its minimum of cores is requested; then a group with a strip does.
    """

    def __init__(self, volume: Volume, compartments: int) -> None:
        self._volume = volume
        self._compartments = compartments

    def __iter__(self) -> Iterator[tuple[int, int, Tile]]:
        # For equal cores, groups come before tiles.
        waiting: list[tuple[int, int, int, Tile]] = []
        for group in least_sizes(self._volume[0]):
            heappush(waiting, (self._least(group), 0, group, (0, 0, 0)))
        while waiting:
            cores, kind, group, tile = heappop(waiting)
            if kind == 2:
                yield cores, group, tile
                continue
            for below in (
                self._strips(group) if kind == 0 else self._tiles(group, tile[2])
            ):
                heappush(waiting, below)

    def _least(self, group: int) -> int:
        """Return the minimum cores of a group."""
        depth, height, width, channels = self._volume
        slices = height * width * channels
        full, rest = divmod(depth, group)
        most = self._compartments
        return full * ceil(group * slices / most) + ceil(rest * slices / most)

    def _strips(self, group: int) -> Iterator[tuple[int, int, int, Tile]]:
        _, height, width, channels = self._volume
        for strip in _sizes(group * channels):
            room = self._compartments // strip
            if not room:
                return
            strips = count_cores(self._volume, group, (height, width, strip))
            yield strips * ceil(height * width / room), 1, group, (0, 0, strip)

    def _tiles(self, group: int, strip: int) -> Iterator[tuple[int, int, int, Tile]]:
        _, height, width, _ = self._volume
        room = self._compartments // strip
        for high in takewhile(room.__ge__, _sizes(height)):
            for wide in takewhile((room // high).__ge__, _sizes(width)):
                tile = (high, wide, strip)
                yield count_cores(self._volume, group, tile), 2, group, tile
