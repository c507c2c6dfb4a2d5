"""Passthrough Nodes that nengo-loihi merges (``nengo_loihi.passthrough``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from snnc.importer.converter.network import Connection, NengoObject


@dataclass(frozen=True, slots=True)
class Cluster:
    """Passthrough Nodes that are connected to each other.

    Attributes
    ----------
    into, between, out :
        The connections of them.
    """

    into: tuple[Connection, ...]
    between: tuple[Connection, ...]
    out: tuple[Connection, ...]

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All of them."""
        return self.into + self.between + self.out

    def merged(self, probed: Iterable[NengoObject]) -> Iterator[Connection]:
        """Give those that are merged into new ones.

        ``Cluster.generate_from`` follows each way up to a connection out of the cluster
        or a probed Node that others read; it forgets ways that end elsewhere.
        """
        readers = {c.pre for c in self.between}
        live = {c.pre for c in self.out} | {node for node in probed if node in readers}
        for _ in self.between:  # at most one Node more a connection
            live |= {c.pre for c in self.between if c.post in live}
        yield from (c for c in self.into + self.between if c.post in live)
        yield from self.out


def find_clusters(connections: Sequence[Connection]) -> tuple[Cluster, ...]:
    """Return all clusters of passthrough Nodes."""
    groups: dict[NengoObject, set[NengoObject]] = {}
    for connection in connections:
        for end in _relays(connection):
            groups.setdefault(end, {end})
        if len(_relays(connection)) == 2:
            joined = groups[connection.pre] | groups[connection.post]
            groups.update(dict.fromkeys(joined, joined))
    unique = {id(group): group for group in groups.values()}
    return tuple(_cluster(group, connections) for group in unique.values())


def _relays(connection: Connection) -> list[NengoObject]:
    ends = (connection.pre, connection.post)
    return [end for end in ends if end.kind == "passthrough"]


def _cluster(group: set[NengoObject], connections: Iterable[Connection]) -> Cluster:
    into, between, out = [], [], []
    for connection in connections:
        if connection.pre in group and connection.post in group:
            between.append(connection)
        elif connection.pre in group:
            out.append(connection)
        elif connection.post in group:
            into.append(connection)
    return Cluster(tuple(into), tuple(between), tuple(out))
