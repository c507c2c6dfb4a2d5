"""Paths from neurons through pools and joins to the layers that read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

from snnc.ir.reach import Pooling
from snnc.ir.shapes import Triple, triple_of, window_positions
from snnc.runtime.maxima import Grid, whole

SizedPool = tuple[Pooling, Triple]
"""An average pool, and the size of its input."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path from a source's neurons through pools, `add` and `concat` to a reader.

    ``source`` is the name of a population: an encoder, a spiking layer, or the neurons
    of one level of a maximum. ``first_row`` is the index of its first channel among the
    reader's input channels. ``pools`` are the average pools on the path, from the
    source, each with the size of its input. They read only the ``picked`` source
    positions; None for all. After the pools, each position is repeated ``repeats``
    times. Sizes and positions are along depth, height and width.
    """

    source: str
    first_row: int = 0
    pools: tuple[SizedPool, ...] = ()
    picked: Grid | None = None
    repeats: Triple = (1, 1, 1)

    @property
    def is_repeated(self) -> bool:
        return self.repeats != (1, 1, 1)


Step = tuple[str, Callable[[Path], Path] | None]
"""A source of a layer, and how the layer changes a path that ends there, if at all."""


def picked_of(path: Path, picked: Grid, *, is_whole: bool = False) -> Path:
    """Return a path with only some of its output positions, or with all (``is_whole``).

    The input of the path's pools then contains only positions that they cover.
    """
    if not path.pools:
        # In a chain of maxima, this saves most of the time.
        return path if is_whole else _picked_source(path, picked)
    grid = path.picked or whole(path.pools[0][1])
    pools = [pool for pool, _ in path.pools]
    covered = tuple(
        _covered(pools, axis, grid[axis], positions)
        for axis, positions in enumerate(picked)
    )
    # Between picked positions, the last pool skips those that are not picked.
    last = pools[-1]
    pools[-1] = Pooling(last.window, _longer(last.stride, picked))
    size = triple_of(tuple(map(len, covered)))
    sized = []
    for pool in pools:
        sized.append((pool, size))
        size = _pooled(size, pool)
    return replace(path, pools=tuple(sized), picked=covered)


def _covered(
    pools: Sequence[Pooling], axis: int, grid: range, positions: range
) -> range:
    """Return the source positions of an axis that pools read for output positions."""
    reach = 1
    for pool in reversed(pools):
        reach = (reach - 1) * pool.stride[axis] + pool.window[axis]
    step = prod(pool.stride[axis] for pool in pools)
    start = positions[0] * step
    stop = positions[-1] * step + reach
    return grid[start:stop]


def _longer(stride: Triple, picked: Grid) -> Triple:
    """Return the stride from one picked position to the next."""
    depth, height, width = (
        positions.step if len(positions) > 1 else 1 for positions in picked
    )
    return stride[0] * depth, stride[1] * height, stride[2] * width


def _pooled(size: Triple, pool: Pooling) -> Triple:
    """Return the size of a pool's output."""
    axes = zip(size, pool.window, pool.stride, strict=True)
    return triple_of(
        tuple(
            window_positions(length, window, stride, "valid")
            for length, window, stride in axes
        )
    )


def _picked_source(path: Path, picked: Grid) -> Path:
    """Return a path without pools from only some positions."""
    grid = picked
    if path.picked is not None:
        both = zip(path.picked, picked, strict=True)
        grid = tuple(old[new.start : new.stop : new.step] for old, new in both)
    return Path(path.source, path.first_row, picked=grid)
