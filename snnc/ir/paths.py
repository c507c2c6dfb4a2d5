"""Paths from layers through pools, `add` and `concat` to a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from snnc.ir.logical import AveragePooling, Concat, LogicalLayer, MaxPooling, Shape
from snnc.ir.shapes import level_name, of_rank, tree_of, triple_of
from snnc.runtime.maxima import Grid, whole

MAX_PATHS = 1024


@dataclass(frozen=True, slots=True)
class Path:
    """One path from a source's neurons to a reader.

    Attributes
    ----------
    source
        The name of a population: an encoder, a spiking layer, or the neurons of one
        level of a maximum.
    first_row
        The index of the source's first channel among the reader's input channels.
    pools
        The average pools on the path, from the source, each with its input shape.
    picked
        The source positions that are read, along depth, height and width; None for all.
        Pools read only these positions.
    """

    source: str
    first_row: int
    pools: tuple[tuple[AveragePooling, Shape], ...]
    picked: Grid | None = None


class TooManyPathsError(ValueError):
    """Raised if joins lead to more than `MAX_PATHS` paths into a reader."""


def paths(layers: Mapping[str, LogicalLayer], name: str) -> tuple[Path, ...]:
    """Return all paths that end in the values called ``name``, in reading order.

    Raise TooManyPathsError if there are more than `MAX_PATHS`.
    """
    if count_paths(layers, name, {}) > MAX_PATHS:
        raise TooManyPathsError(name)
    complete: list[Path] = []
    pending = [Path(name, 0, ())]
    while pending:
        here = pending.pop()
        layer = _layer_between(layers, here.source)
        if layer is None:
            complete.append(here)
        else:
            pending += reversed(_behind(layers, layer, here))
    return tuple(complete)


def count_paths(
    layers: Mapping[str, LogicalLayer], name: str, known: dict[str, int]
) -> int:
    """Return the number of paths that end in ``name``, at most `MAX_PATHS` + 1.

    ``known`` caches counts between calls for the same layers.
    """
    pending = [name]
    while pending:
        here = pending[-1]
        layer = None if here in known else _layer_between(layers, here)
        if layer is None:
            known.setdefault(here, 1)
            pending.pop()
            continue
        behind = [source for source, _ in _steps(layers, layer)]
        lacking = [source for source in behind if source not in known]
        if not lacking:
            known[here] = min(sum(map(known.__getitem__, behind)), MAX_PATHS + 1)
        pending += lacking
    return known[name]


def _layer_between(
    layers: Mapping[str, LogicalLayer], name: str
) -> LogicalLayer | None:
    """Return the pool or join that a path passes through; None at its end."""
    layer = layers.get(name)
    is_value = layer is not None and isinstance(layer.operation, MaxPooling)
    if layer is None or (layer.spiking is not None and not is_value):
        return None
    return layer


def _steps(
    layers: Mapping[str, LogicalLayer], layer: LogicalLayer
) -> list[tuple[str, Grid | None]]:
    """Return the names that a path reaches one step closer to the source.

    From a max pool, these are the terms of its maximum: values of its source, and
    neurons, each with the positions that are read.
    """
    if not isinstance(layer.operation, MaxPooling):
        return [(source, None) for source in layer.sources]
    source = layer.sources[0]
    picks = tree_of(layer.operation, layers[source].shape).picks
    return [
        (source if level is None else level_name(layer.name, level), grid)
        for level, grid in picks
    ]


def _behind(
    layers: Mapping[str, LogicalLayer], layer: LogicalLayer, here: Path
) -> list[Path]:
    """Extend a path by one layer towards the source, through a pool or a join."""
    operation = layer.operation
    if isinstance(operation, AveragePooling):
        source = layer.sources[0]
        return [_add_pool(here, source, operation, layers[source].shape)]
    further, row = [], here.first_row
    for source, grid in _steps(layers, layer):
        # Keep this fast: hundreds of consecutive sums create tens of thousands of
        # paths.
        picked = here.picked
        if grid is not None:
            picked = grid if picked is None else index_grid(grid, picked)
        further.append(Path(source, row, here.pools, picked))
        if isinstance(operation, Concat):
            row += layers[source].shape[-1]
    return further


def _add_pool(here: Path, source: str, pool: AveragePooling, shape: Shape) -> Path:
    if here.picked is None:
        return replace(here, source=source, pools=((pool, shape), *here.pools))
    pooled = picked_of(Path(source, 0, ((pool, shape),)), shape, here.picked)
    return replace(
        here,
        source=source,
        pools=(*pooled.pools, *here.pools),
        picked=pooled.picked,
    )


def picked_of(path: Path, shape: Shape, picked: Grid) -> Path:
    """Return a path with only some of its output positions.

    Parameters
    ----------
    path
        The path with all positions.
    shape
        The shape of the source, channels last.
    picked
        The output positions to keep; the pools' input contains only positions that
        they cover.
    """
    grid = path.picked or whole(triple_of(shape[:-1]))
    if not path.pools:
        return replace(path, picked=index_grid(grid, picked))
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


def output_size(places: int, pools: Sequence[tuple[int, int]]) -> int:
    """Return how many of ``places`` the pools of an axis output."""
    for window, stride in pools:
        places = (places - window) // stride + 1
    return places


def index_grid(grid: Grid, picked: Grid) -> Grid:
    """Return the places of a grid that have these indices."""
    axes = zip(grid, picked, strict=True)
    return tuple(old[new.start : new.stop : new.step] for old, new in axes)
