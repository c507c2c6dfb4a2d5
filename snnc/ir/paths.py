"""Paths from layers through pools, `add` and `concat` to a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

from snnc.ir.logical import AveragePooling, Concat, LogicalLayer, MaxPooling, Shape
from snnc.ir.shapes import level_name, of_rank, tree_of, triple_of
from snnc.runtime.maxima import Grid, Triple, whole
from snnc.text.records import dataclass

MAX_PATHS = 1024
Steps = tuple[tuple[Triple, Triple], ...]  # windows and strides of average pools


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
        behind = _sources(layers, layer)
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


def _sources(layers: Mapping[str, LogicalLayer], layer: LogicalLayer) -> Sequence[str]:
    """Return the names that a path reaches one step closer to the source."""
    if not isinstance(layer.operation, MaxPooling):
        return layer.sources
    source = layer.sources[0]
    picks = tree_of(layer.operation, layers[source].shape).picks
    return [_term(layer, source, level) for level, _ in picks]


def _term(layer: LogicalLayer, source: str, level: int | None) -> str:
    return source if level is None else level_name(layer.name, level)


def _behind(
    layers: Mapping[str, LogicalLayer], layer: LogicalLayer, here: Path
) -> list[Path]:
    """Extend a path by one layer towards the source, through a pool or a join."""
    operation = layer.operation
    if isinstance(operation, MaxPooling):
        return _terms(layers, layer, operation, here)
    if isinstance(operation, AveragePooling):
        source = layer.sources[0]
        return [_add_pool(here, source, operation, layers[source].shape)]
    further, row = [], here.first_row
    for source in layer.sources:
        # Keep this fast: hundreds of consecutive sums create tens of thousands of
        # paths.
        further.append(Path(source, row, here.pools, here.picked))
        if isinstance(operation, Concat):
            row += layers[source].shape[-1]
    return further


def _terms(
    layers: Mapping[str, LogicalLayer],
    layer: LogicalLayer,
    pool: MaxPooling,
    here: Path,
) -> list[Path]:
    """Return the terms of a maximum: values of the source, and neurons."""
    source = layer.sources[0]
    return [
        replace(
            here,
            source=_term(layer, source, level),
            picked=grid if here.picked is None else index_grid(grid, here.picked),
        )
        for level, grid in tree_of(pool, layers[source].shape).picks
    ]


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
        The output positions to keep.
    """
    rank = len(shape) - 1
    grid = path.picked or whole(triple_of(shape[:-1]))
    steps = tuple(
        (triple_of(pool.window), triple_of(pool.stride)) for pool, _ in path.pools
    )
    grid, moved = compose(grid, steps, picked)
    seen = tuple(len(axis) for axis in grid)
    pools = []
    for window, stride in moved:
        pool = AveragePooling(of_rank(window, rank), of_rank(stride, rank))
        pools.append((pool, (*of_rank(seen, rank), shape[-1])))
        seen = tuple(
            (n - w) // s + 1 for n, w, s in zip(seen, window, stride, strict=True)
        )
    return replace(path, pools=tuple(pools), picked=grid)


def compose(grid: Grid, pools: Steps, picked: Grid) -> tuple[Grid, Steps]:
    """Return the grid and the pools that output only the ``picked`` places.

    ``pools`` are over the places of ``grid``, and ``picked`` are places of their
    output. Then only the places that these outputs cover are read, and the stride of
    the last pool becomes larger.
    """
    if not pools:
        return index_grid(grid, picked), ()
    axes = []
    for axis, new in enumerate(picked):
        step = prod(stride[axis] for _, stride in pools)
        reach = receptive_field(1, [(w[axis], s[axis]) for w, s in pools])
        start = new.start * step
        end = start + (new[-1] - new[0]) * step + reach
        axes.append(grid[axis][start:end])
    window, stride = pools[-1]
    moved = list(stride)
    for axis, new in enumerate(picked):
        if len(new) > 1:
            moved[axis] *= new.step
    return tuple(axes), (*pools[:-1], (window, (moved[0], moved[1], moved[2])))


def receptive_field(places: int, pools: Sequence[tuple[int, int]]) -> int:
    """Return how many places the pools of an axis read for ``places``."""
    for window, stride in reversed(pools):
        places = (places - 1) * stride + window
    return places


def output_size(places: int, pools: Sequence[tuple[int, int]]) -> int:
    """Return how many of ``places`` the pools of an axis output."""
    for window, stride in pools:
        places = (places - window) // stride + 1
    return places


def index_grid(grid: Grid, picked: Grid) -> Grid:
    """Return the places of a grid that have these indices."""
    axes = zip(grid, picked, strict=True)
    return tuple(old[new.start : new.stop : new.step] for old, new in axes)
