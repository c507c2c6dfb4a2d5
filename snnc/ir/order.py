"""An order in which each comes after what it reads."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence


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
