"""A graph of NIR as it was read: nodes with their numbers, and what reads what."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.nir import LooseEdge, NodeRefused, RecurrentNir, SeveralNirEnds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its kind, its arrays and its words, such as ``padding`` of ``"same"``."""

    name: str
    kind: str
    arrays: Mapping[str, Array]
    words: Mapping[str, str]

    def refused(self, why: str, remedy: str) -> RefusedError:
        """Return the refusal of this node."""
        return RefusedError(
            NodeRefused(
                span=NOWHERE, node=self.name, kind=self.kind, why=why, remedy=remedy
            )
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes, each behind those that it reads.

    Attributes
    ----------
    version
        Of NIR, that wrote it.
    facts
        Texts of its metadata.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    version: str
    facts: Mapping[str, str]

    def reads(self, name: str) -> tuple[str, ...]:
        return tuple(source for source, target in self.edges if target == name)

    def readers(self, name: str) -> tuple[str, ...]:
        return tuple(target for source, target in self.edges if source == name)


def ordered(
    nodes: Mapping[str, Node],
    edges: tuple[Edge, ...],
    version: str,
    facts: Mapping[str, str],
) -> Graph:
    """Return a graph whose nodes are in the order in which they run.

    Raises
    ------
    RefusedError
        If an edge leads nowhere or stands there twice, nodes read one another in a
        circle, or there is not one input and one output.
    """
    for source, target in edges:
        for end in (source, target):
            if end not in nodes:
                raise RefusedError(
                    LooseEdge(span=NOWHERE, source=source, target=target, missing=end)
                )
    for kind in ("Input", "Output"):
        ends = [node.name for node in nodes.values() if node.kind == kind]
        if len(ends) != 1:
            names = f": {', '.join(ends[:8])}" if ends else ""
            raise RefusedError(
                SeveralNirEnds(span=NOWHERE, kind=kind, count=len(ends), names=names)
            )
    unique = tuple(dict.fromkeys(edges))
    return Graph(tuple(_ordered(nodes, unique)), unique, version, facts)


def _ordered(nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> Iterator[Node]:
    places = {name: place for place, name in enumerate(nodes)}
    names = tuple(nodes)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for place in places.values():
        sorter.add(place)
    for source, target in edges:
        sorter.add(places[target], places[source])
    try:
        sorter.prepare()
    except CycleError as error:
        circle = [f"`{names[place]}`" for place in error.args[1][:-1]]
        told = ", ".join(circle[:8]) + (" and others" if len(circle) > 8 else "")
        raise RefusedError(RecurrentNir(span=NOWHERE, nodes=told)) from error
    ready = list(sorter.get_ready())
    heapq.heapify(ready)
    while ready:
        place = heapq.heappop(ready)
        yield nodes[names[place]]
        sorter.done(place)
        for after in sorter.get_ready():
            heapq.heappush(ready, after)
