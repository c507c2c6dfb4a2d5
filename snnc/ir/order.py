"""Sort names so that each name comes after the names that it reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def reading_order(reads: Mapping[Key, Iterable[Key]]) -> tuple[Key, ...]:
    """Order names so that each name comes after the names that it reads.

    If several names are ready, the first in ``reads`` comes first. Names that are read
    but are not keys of ``reads`` are always ready.

    Raises
    ------
    graphlib.CycleError
        If names form a cycle; the second argument of the error is the cycle.
    """
    places = {name: place for place, name in enumerate(reads)}
    sorter: TopologicalSorter[Key] = TopologicalSorter(dict.fromkeys(reads, ()))
    for name, sources in reads.items():
        sorter.add(name, *(source for source in sources if source in places))
    sorter.prepare()
    ready: list[tuple[int, Key]] = []
    order = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, (places[name], name))
        _, first = heappop(ready)
        order.append(first)
        sorter.done(first)
    return tuple(order)
