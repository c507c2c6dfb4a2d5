"""The ways to split a population: depth groups, tiles, and the forms of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import ceil, prod

from snnc.ir.lowered import Volume
from snnc.ir.mapped import Form, MappedPopulation
from snnc.loihi.axis import Interval, Tiles

Tile = tuple[int, int, int]
"""Height, width and channels of a block."""
Forms = tuple[Form, ...]
"""The form of each projection into the population."""


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
    """One way to split a population; ``cores`` is 0 on the host.

    Attributes
    ----------
    volume
        The depth, height, width and channels of the population.
    group
        The number of depth slices per ensemble.
    """

    volume: Volume
    group: int
    tile: Tile
    forms: Forms
    cores: int

    @cached_property
    def parts(self) -> tuple[EnsembleTiling, ...]:
        """The ensembles in depth order."""
        return tuple(map(self.part, range(self.ensembles)))

    @property
    def ensembles(self) -> int:
        return -(-self.volume[0] // self.group)

    def part(self, i: int) -> EnsembleTiling:
        """Return one ensemble; there may be too many to create all."""
        return _part(self.volume, self.group, self.tile, i)

    @cached_property
    def pieces(self) -> tuple[PlacedBlock, ...]:
        """The content of each core, in nengo-loihi's block order."""
        return tuple(
            PlacedBlock(part, *where)
            for part in self.parts
            for where in product(part.rows, part.columns, part.strips)
        )

    @property
    def compartments(self) -> int:
        """The number of compartments of the largest block."""
        height, width, strip = self.tile
        return height * width * strip


@lru_cache(maxsize=4096)
def _part(volume: Volume, group: int, tile: Tile, i: int) -> EnsembleTiling:
    depth, height, width, channels = volume
    a, b = Tiles(depth, group)[i]
    rows, columns = Tiles(height, tile[0]), Tiles(width, tile[1])
    return EnsembleTiling(
        (a, b), channels, rows, columns, Tiles((b - a) * channels, tile[2])
    )


def tiling_of(mapped: MappedPopulation) -> Tiling:
    """Return a mapped population's tiling; on the host, each ensemble is one tile."""
    block = mapped.block_shape or mapped.ensembles[0].shape
    height, width, strip = block if len(block) == 3 else (1, 1, *block)
    volume = mapped.population.volume
    return Tiling(volume, mapped.group, (height, width, strip), (), mapped.cores)


@lru_cache(maxsize=1024)
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
