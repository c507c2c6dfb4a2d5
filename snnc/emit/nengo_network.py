"""Generate ``nengo_network.py`` of a network."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from itertools import groupby

from snnc.emit.files import GeneratedFile, render
from snnc.emit.python import (
    INDENT,
    WIDTH,
    Bracket,
    call,
    import_line,
    items,
    number,
    quote,
    variables,
)
from snnc.ir.lowered import Population, Projection
from snnc.ir.mapped import MappedNetwork, MappedProjection, RoutedNetwork
from snnc.ir.shapes import of_rank
from snnc.runtime.maxima import Grid

Argument = str | Bracket

_TAKEN = """
Compare ConnectAll Convolve ConvolveAll ConvolveTransposed ConvolveUpsampled Identity
Rectify
Any BuiltNetwork Mode NDArray Sequence Weights LAYOUT NETWORK NetworkBuilder
LearningBuilder Pool build build_network images mode probe targets weights
"""
TAKEN = frozenset(_TAKEN.split())
"""The library's classes for connections, and other names that the module uses."""


class _NengoStatements:
    """Writes the body of ``with build.net``, one statement per layer (decision 015)."""

    def __init__(self, mapped: MappedNetwork) -> None:
        self._mapped = mapped
        self._network = mapped.lowered.network
        layers = (p.layer.name for p in mapped.lowered.populations)
        names = dict.fromkeys((self._network.input.name, *layers))
        self._variables: Mapping[str, str] = variables(list(names), TAKEN)

    def all(self) -> Iterator[str]:
        """Yield the statements, without their first indent."""
        yield f"{self._variables[self._network.input.name]} = build.input(images)"
        for population in self._populations:
            name = population.layer.name
            function = "layer" if population.level is None else "maxpool"
            head = f"{self._variables[name]} = build.{function}"
            connections = map(self._connection, self._mapped.into(name))
            yield Bracket(f"{head}(", (quote(name), *connections)).at(2 * INDENT)
        connections = map(self._connection, self._mapped.readout)
        yield Bracket("build.readout(", tuple(connections)).at(2 * INDENT)

    @property
    def kinds(self) -> set[str]:
        """The library's classes of all connections."""
        return set(map(self._kind, self._projections))

    @property
    def has_pools(self) -> bool:
        """Whether a connection reads through average pools."""
        return any(mapped.projection.pools for mapped in self._projections)

    @property
    def _populations(self) -> Iterator[Population]:
        """The populations, in the order in which they are written."""
        # Only level 0 needs code: NETWORK contains the pairs that levels compare.
        populations = self._mapped.lowered.in_reading_order
        return (p for p in populations if p.level in (None, 0))

    @property
    def _projections(self) -> Iterator[MappedProjection]:
        for population in self._populations:
            yield from self._mapped.into(population.layer.name)
        yield from self._mapped.readout

    def _source(self, name: str) -> str:
        """Return the variable of a source, with an index for a level of a max pool."""
        population = self._mapped.lowered.by_name.get(name)
        if population is None:
            return self._variables[name]
        variable = self._variables[population.layer.name]
        level = population.level
        return variable if level is None else f"{variable}[{level}]"

    def _connection(self, mapped: MappedProjection) -> Bracket:
        projection = mapped.projection
        kind = self._kind(mapped)
        # A rate encoder reads the whole input, and scales it by its bounds.
        return call(
            kind,
            self._source(projection.source),
            *self._read(projection, has_rows=kind != "Rectify"),
            *(self._bounds() if kind == "Rectify" else ()),
            *self._settings(projection),
            *self._storage(mapped, kind),
        )

    def _read(self, projection: Projection, *, has_rows: bool) -> Iterator[Argument]:
        """Write which tensor is read, and which part of the source.

        Most layers read all rows of their own kernel, which needs no argument.
        """
        tensor = projection.tensor
        if tensor not in (None, f"{projection.target}.kernel"):
            yield f"tensor={quote(str(tensor))}"
        if has_rows and projection.rows != (0, projection.all_rows):
            yield f"rows={items(projection.rows)}"
        if projection.picked is not None:
            yield Bracket("picked=(", tuple(self._ranges(projection.picked)))
        if projection.pools:
            pools = [
                call("Pool", self._sizes(pool.window), self._sizes(pool.stride))
                for pool in projection.pools
            ]
            yield Bracket("pools=(", pools)

    def _bounds(self) -> Iterator[Argument]:
        bounds = self._network.input.bounds
        if bounds != (0, 1):
            yield f"bounds={items(number(float(bound)) for bound in bounds)}"

    def _settings(self, projection: Projection) -> Iterator[Argument]:
        """Write the settings of the reach, which describe a tensor."""
        if projection.tensor is not None:
            for key, value in projection.reach.settings():
                yield f"{key}={self._setting(value)}"

    def _storage(self, mapped: MappedProjection, kind: str) -> Iterator[Argument]:
        """Write how weights and axons are stored on the chip."""
        if kind in ("Convolve", "Identity") and self._is_sparse(mapped):
            yield "sparse=True"
        if mapped.pop is not None:
            yield f"pop_type={mapped.pop}"

    def _kind(self, mapped: MappedProjection) -> str:
        projection = mapped.projection
        has_tensor = projection.tensor is not None
        return projection.reach.connection(mapped.form, has_tensor=has_tensor)

    def _is_sparse(self, mapped: MappedProjection) -> bool:
        reach = mapped.projection.reach
        tensor = mapped.projection.tensor
        if mapped.form == "dense" and tensor is not None:
            return reach.is_sparse
        return mapped.form == "sparse"

    def _ranges(self, picked: Grid) -> Iterator[str]:
        """Write the positions along the network's spatial axes."""
        for places in of_rank(picked, self._network.rank):
            bounds = [places.start, places[-1] + 1, places.step]
            if places.step == 1 or len(places) == 1:
                bounds = bounds[:2] if places.start else bounds[1:2]
            yield f"range({', '.join(map(str, bounds))})"

    def _setting(self, value: str | int | tuple[int, ...]) -> str:
        if isinstance(value, tuple):
            return self._sizes(value) if len(value) == 3 else items(value)
        return quote(value) if isinstance(value, str) else str(value)

    def _sizes(self, triple: tuple[int, ...]) -> str:
        """Write sizes along the network's spatial axes."""
        return items(of_rank(triple, self._network.rank))


def nengo_network(routed: RoutedNetwork) -> GeneratedFile:
    """Return the module that builds the network in Nengo."""
    body = _NengoStatements(routed.mapped)
    return render(
        "nengo_network.py",
        routed.mapped.lowered.network,
        connections=import_line("._runtime.nengo.connections", sorted(body.kinds)),
        pools=body.has_pools,
        statements=[*body.all()],
        chips=chips_of(routed),
    )


def chips_of(routed: RoutedNetwork) -> str:
    """Return the chip of each block in the library's format; empty for one chip."""
    chips = [chip for population in routed.chips.values() for chip in population]
    if not any(chips):
        return ""
    # Not computed again: the board places as the report says (decision 032).
    runs = (f"{len(list(run))}x{chip}" for chip, run in groupby(chips))
    return textwrap.fill(" ".join(runs), WIDTH)
