"""Find the paths from neurons through pools, `add` and `concat` to a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod

from snnc.ir.logical import AveragePooling, Concat, LogicalLayer, MaxPooling, Shape
from snnc.ir.shapes import level_name, of_rank, tree_of, triple_of
from snnc.runtime.maxima import Grid, whole

MAX_PATHS = 1024


@dataclass(frozen=True, slots=True)
class Path:
    """One path from a source's neurons through pools, `add` and `concat` to a reader.

    ``source`` is the name of a population: an encoder, a spiking layer, or the neurons
    of one level of a maximum. ``first_row`` is the index of its first channel among the
    reader's input channels. ``pools`` are the average pools on the path, from the
    source, each with its input shape. They read only the ``picked`` source positions
    along depth, height and width; None for all.
    """

    source: str
    first_row: int = 0
    pools: tuple[tuple[AveragePooling, Shape], ...] = ()
    picked: Grid | None = None


KnownPaths = dict[str, "tuple[Path, ...] | None"]
"""The paths that end in some values; None if there are too many."""


class TooManyPathsError(ValueError):
    """Raised if joins lead to more than `MAX_PATHS` paths into a reader."""


def paths(
    layers: Mapping[str, LogicalLayer], name: str, known: KnownPaths | None = None
) -> tuple[Path, ...]:
    """Return all paths that end in the values called ``name``, in reading order.

    ``known`` caches paths between calls for the same layers. If there are more than
    `MAX_PATHS`, a `TooManyPathsError` is raised.
    """
    known = {} if known is None else known
    pending = [name]
    while pending:
        here = pending[-1]
        steps = list(_steps(layers, here))
        lacking = [source for source, _ in steps if source not in known]
        if not lacking:
            known[here] = _extend(here, steps, known)
            pending.pop()
        pending += lacking
    found = known[name]
    if found is None:
        raise TooManyPathsError(name)
    return found


def _extend(
    name: str, steps: Sequence[Step], known: KnownPaths
) -> tuple[Path, ...] | None:
    """Return the paths to a layer's sources, extended to the layer."""
    if not steps:
        return (Path(name),)
    extended: tuple[Path, ...] = ()
    for source, extend in steps:
        before = known[source]
        if before is None or len(extended) + len(before) > MAX_PATHS:
            return None
        extended += before if extend is None else tuple(map(extend, before))
    return extended


Step = tuple[str, Callable[[Path], Path] | None]
"""A source of a layer, and how the layer changes a path that ends there, if at all."""


def _steps(layers: Mapping[str, LogicalLayer], name: str) -> Iterator[Step]:
    """Yield the steps into a pool or join; none into neurons.

    The terms of a maximum are values of its source, and neurons.
    """
    layer = layers.get(name)
    if layer is None:
        return
    operation, source = layer.operation, layer.sources[0]
    if isinstance(operation, MaxPooling):
        for level, grid in tree_of(operation, layers[source].shape).picks:
            read = source if level is None else level_name(name, level)
            yield read, partial(picked_of, picked=grid)
    elif isinstance(operation, AveragePooling):
        yield source, partial(_pooled, pool=(operation, layers[source].shape))
    elif layer.spiking is None:
        row = 0
        for source in layer.sources:
            yield source, partial(_shifted, rows=row) if row else None
            if isinstance(operation, Concat):
                row += layers[source].shape[-1]


def _pooled(path: Path, pool: tuple[AveragePooling, Shape]) -> Path:
    return replace(path, pools=(*path.pools, pool))


def _shifted(path: Path, rows: int) -> Path:
    return replace(path, first_row=path.first_row + rows)


def picked_of(path: Path, picked: Grid) -> Path:
    """Return a path with only some of its output positions.

    The input of the path's pools then contains only positions that they cover.
    """
    if not path.pools:
        grid = picked
        if path.picked is not None:
            both = zip(path.picked, picked, strict=True)
            grid = tuple(old[new.start : new.stop : new.step] for old, new in both)
        return replace(path, picked=grid)
    shape = path.pools[0][1]
    grid = path.picked or whole(triple_of(shape[:-1]))
    steps = [(triple_of(pool.window), triple_of(pool.stride)) for pool, _ in path.pools]
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
    rank, seen, pools = len(shape) - 1, tuple(map(len, read)), []
    for window, stride in steps:
        pool = AveragePooling(of_rank(window, rank), of_rank(stride, rank))
        pools.append((pool, (*of_rank(seen, rank), shape[-1])))
        axes = zip(seen, window, stride, strict=True)
        seen = tuple((n - w) // s + 1 for n, w, s in axes)
    return replace(path, pools=tuple(pools), picked=tuple(read))
