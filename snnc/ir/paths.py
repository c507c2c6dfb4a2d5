"""Orders and paths of layers: through pools and joins to a reader."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snnc.ir.logical import AveragePool, Concat, Layer, Shape

MAX_PATHS = 1024


@dataclass(frozen=True, slots=True)
class Path:
    """One way from a source's neurons to a reader.

    Attributes
    ----------
    source
        The name of an encoder or spiking layer.
    first_row
        Where the source's channels begin among those that the reader sees.
    pools
        The average pools passed, source first, each with the shape it reads.
    """

    source: str
    first_row: int
    pools: tuple[tuple[AveragePool, Shape], ...]


class TooManyPathsError(ValueError):
    """Joins multiply the paths of a reader beyond `MAX_PATHS`."""


def paths(layers: Mapping[str, Layer], name: str) -> tuple[Path, ...]:
    """All paths that end in the values called ``name``, in reading order.

    Raises
    ------
    TooManyPathsError
        If there are more than `MAX_PATHS`.
    """
    found: list[Path] = []
    pending = [Path(name, 0, ())]
    while pending:
        here = pending.pop()
        layer = layers.get(here.source)
        if layer is None or layer.spiking is not None:
            found.append(here)
            if len(found) > MAX_PATHS:
                raise TooManyPathsError(name)
            continue
        pending += reversed(_behind(layers, layer, here))
    return tuple(found)


def _behind(layers: Mapping[str, Layer], layer: Layer, here: Path) -> list[Path]:
    """The paths one step further from the reader, behind a pool or a join."""
    operation = layer.operation
    pools, row = here.pools, here.first_row
    if isinstance(operation, AveragePool):
        pools = ((operation, layers[layer.sources[0]].shape), *pools)
    behind = []
    for source in layer.sources:
        behind.append(Path(source, row, pools))
        if isinstance(operation, Concat):
            row += layers[source].shape[-1]
    return behind


def reading_order(reads: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Order names so that each comes after those it reads.

    Among several that are ready, the one that stands first in ``reads`` goes first.
    Names that are read but are no keys of ``reads`` are taken to be ready.

    Raises
    ------
    ValueError
        If names read each other in a circle.
    """
    names: Sequence[str] = tuple(reads)
    place = {name: index for index, name in enumerate(names)}
    readers: dict[str, list[str]] = {name: [] for name in names}
    missing = {}
    for name in names:
        sources = {source for source in reads[name] if source in place}
        missing[name] = len(sources)
        for source in sources:
            readers[source].append(name)
    ready = [place[name] for name in names if not missing[name]]
    order = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for reader in readers[name]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, place[reader])
    if len(order) < len(names):
        raise ValueError("the names read each other in a circle")
    return tuple(order)
