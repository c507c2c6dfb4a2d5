"""How a population may be cut: depth groups, tiles, and the form of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import ceil, prod

from snnc.graph.lowered import Volume
from snnc.loihi.axis import Interval, cut

Tile = tuple[int, int, int]
"""Height, width and channels of a block."""
Forms = tuple[bool, ...]
"""For each projection read, whether a convolution (not a Dense) carries it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One ensemble of a tiling: its depth slices and how it is cut.

    ``whole`` says that it is a single block, which nengo-loihi leaves as it was
    built: its connections are not trimmed to what the block needs.
    """

    slices: Interval
    channels: int
    rows: tuple[Interval, ...]
    columns: tuple[Interval, ...]
    strips: tuple[Interval, ...]

    @property
    def blocks(self) -> int:
        return len(self.rows) * len(self.columns) * len(self.strips)

    @property
    def whole(self) -> bool:
        return self.blocks == 1

    @property
    def kinds(self) -> tuple[Interval, ...]:
        """One strip of each width and of each set of slices that it touches."""
        slices = self.slices[1] - self.slices[0]
        return _kinds(slices * self.channels, self.channels, self.strips[0][1])

    def touched(self, strip: Interval) -> Interval:
        """The depth slices that a strip of the ensemble's channels belongs to."""
        start = self.slices[0]
        first = start + strip[0] // self.channels
        return first, start + (strip[1] - 1) // self.channels + 1


@dataclass(frozen=True, slots=True)
class Piece:
    """What one core holds of a population: a tile of one of its ensembles."""

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
        depth, height, width, channels = self.volume
        rows, columns = cut(height, self.tile[0]), cut(width, self.tile[1])
        return tuple(
            Part((a, b), channels, rows, columns, cut((b - a) * channels, self.tile[2]))
            for a, b in cut(depth, self.group)
        )

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """What each core holds, in nengo-loihi's order of blocks."""
        return tuple(
            Piece(part, *where)
            for part in self.parts
            for where in product(part.rows, part.columns, part.strips)
        )

    @property
    def compartments(self) -> int:
        """Of the largest block."""
        height, width, strip = self.tile
        return height * width * strip


@lru_cache(maxsize=4096)
def _kinds(extent: int, channels: int, size: int) -> tuple[Interval, ...]:
    found: dict[tuple[int, int, int], Interval] = {}
    for a, b in cut(extent, size):
        found.setdefault((b - a, a // channels, (b - 1) // channels), (a, b))
    return tuple(found.values())


def least_sizes(extent: int) -> tuple[int, ...]:
    """For each number of tiles that an axis can have, the smallest tile size."""
    return tuple(sorted({-(-extent // tiles) for tiles in range(1, extent + 1)}))


def count_cores(volume: Volume, group: int, tile: Tile) -> int:
    """The blocks that a tiling makes."""
    depth, height, width, channels = volume
    full, rest = divmod(depth, group)
    strips = full * ceil(group * channels / tile[2]) + ceil(rest * channels / tile[2])
    return ceil(height / tile[0]) * ceil(width / tile[1]) * strips


def on_host(volume: Volume) -> list[Tiling]:
    """The tilings of a population on the host, smaller groups first."""
    depth, height, width, channels = volume
    return [
        Tiling(volume, group, (height, width, group * channels), (), 0)
        for group in least_sizes(depth)
    ]


def on_chip(
    volume: Volume, forms: Sequence[Forms], compartments: int
) -> Iterator[Tiling]:
    """All tilings within a core's compartments, in order of preference.

    For each number of tiles along an axis only the smallest tile is tried: a larger
    one sees as much of the source or more. Fewer cores come first; then smaller
    groups, which store fewer zero weights; then Dense before convolution; then
    larger strips of channels, since each strip costs every source an axon more;
    then larger tiles.
    """
    keys = sorted(
        (count_cores(volume, group, tile), group, form, -tile[2], -tile[0], -tile[1])
        for group, tile in _cuts(volume, compartments)
        for form in forms
    )
    for cores, group, form, strip, height, width in keys:
        yield Tiling(volume, group, (-height, -width, -strip), form, cores)


def _cuts(volume: Volume, compartments: int) -> Iterator[tuple[int, Tile]]:
    depth, height, width, channels = volume
    spatial = tuple(product(least_sizes(height), least_sizes(width)))
    for group in least_sizes(depth):
        for strip in least_sizes(group * channels):
            room = compartments // strip
            yield from ((group, (h, w, strip)) for h, w in spatial if h * w <= room)
