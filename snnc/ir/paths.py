"""Paths from neurons through pools and joins to the layers that read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

from snnc.ir.reach import Pooling
from snnc.ir.shapes import Triple, triple_of
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
    steps = [(pool.window, pool.stride) for pool, _ in path.pools]
    read = []
    for axis, new in enumerate(picked):
        reach = 1
        for window, stride in reversed(steps):
            reach = (reach - 1) * stride[axis] + window[axis]
        step = prod(stride[axis] for _, stride in steps)
        start = new.start * step
        read.append(grid[axis][start : start + (new[-1] - new[0]) * step + reach])
    # Only the covered places are read, and the stride of the last pool becomes larger.
    window, stride = steps[-1]
    far, high, wide = (new.step if len(new) > 1 else 1 for new in picked)
    steps[-1] = window, (stride[0] * far, stride[1] * high, stride[2] * wide)
    size = triple_of(tuple(map(len, read)))
    pools = []
    for window, stride in steps:
        pools.append((Pooling(window, stride), size))
        axes = zip(size, window, stride, strict=True)
        size = triple_of(tuple((n - w) // s + 1 for n, w, s in axes))
    return replace(path, pools=tuple(pools), picked=tuple(read))


def _picked_source(path: Path, picked: Grid) -> Path:
    """Return a path without pools from only some positions."""
    grid = picked
    if path.picked is not None:
        both = zip(path.picked, picked, strict=True)
        grid = tuple(old[new.start : new.stop : new.step] for old, new in both)
    return Path(path.source, path.first_row, picked=grid)
