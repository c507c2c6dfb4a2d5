"""Sort names so that each name comes after the names that it reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
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
    names = tuple(reads)
    places = {name: place for place, name in enumerate(names)}
    sorter: TopologicalSorter[int] = TopologicalSorter(
        dict.fromkeys(range(len(names)), ())
    )
    for name, sources in reads.items():
        sorter.add(places[name], *(places[s] for s in sources if s in places))
    try:
        sorter.prepare()
    except CycleError as error:
        circle = [names[place] for place in error.args[1]]
        raise CycleError("the layers read each other in a cycle", circle) from error
    ready = list(sorter.get_ready())
    heapify(ready)
    order = []
    while ready:
        place = heappop(ready)
        order.append(names[place])
        sorter.done(place)
        for after in sorter.get_ready():
            heappush(ready, after)
    return tuple(order)
