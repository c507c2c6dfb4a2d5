"""The statements of `build_network`: the input, each layer and the readout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from snnc.emit.names import variables
from snnc.emit.nested import Nested, call
from snnc.emit.python import items
from snnc.emit.quoting import quote
from snnc.graph.logical import Rectify
from snnc.graph.lowered import Pool, Projection, Triple, Window
from snnc.graph.mapped import MappedNetwork, MappedProjection

INDENT = 8
KINDS = frozenset({"ConnectAll", "Convolve", "ConvolveAll", "Identity", "Rectify"})
"""How a layer may read another, as the run-time library calls it."""
# What else the module itself uses.
TAKEN = KINDS | {"Any", "BuiltNetwork", "Mode", "NDArray", "Sequence", "Weights"}
TAKEN |= {"LAYOUT", "NETWORK", "NetworkBuilder", "Pool"}
TAKEN |= {"build", "build_network", "images", "mode", "probe", "weights"}


class Statements:
    """The body of ``with build.net``.

    Attributes
    ----------
    lines
        Each statement without its first indent.
    used
        The names of the run-time library's connections that they use.
    """

    def __init__(self, mapped: MappedNetwork) -> None:
        self._mapped = mapped
        self._network = mapped.lowered.network
        populations = (p.name for p in mapped.lowered.populations)
        names = [self._network.input.name, *populations]
        self._variables: Mapping[str, str] = variables(names, TAKEN)
        self.used: set[str] = set()
        self.lines = tuple(self._all())

    def _all(self) -> Iterator[str]:
        yield f"{self._variables[self._network.input.name]} = build.input(images)"
        for population in self._mapped.lowered.in_reading_order:
            name = population.name
            reads = [p for p in self._mapped.projections if p.projection.target == name]
            connections = map(self._connection, reads)
            layer = f"{self._variables[name]} = build.layer"
            yield call(layer, (quote(name), *connections)).laid_out(INDENT)
        connections = map(self._connection, self._mapped.readout)
        yield call("build.readout", connections).laid_out(INDENT)

    def _connection(self, mapped: MappedProjection) -> Nested:
        projection = mapped.projection
        kind = self._kind(mapped)
        arguments: list[str | Nested] = [self._variables[projection.source]]
        tensor = projection.tensor
        if tensor not in (None, f"{projection.target}.kernel"):
            arguments.append(f"tensor={quote(str(tensor))}")
        if kind != "Rectify" and projection.rows != (0, self._channels(projection)):
            arguments.append(f"rows={items(projection.rows)}")
        if projection.pools:
            arguments.append(
                Nested("pools=(", tuple(map(self._pool, projection.pools)))
            )
        if kind == "Convolve":
            assert isinstance(projection.reach, Window)
            arguments += self._window(projection.reach)
        if mapped.pop is not None:
            arguments.append(f"pop_type={mapped.pop}")
        self.used.add(kind)
        return call(kind, arguments)

    def _kind(self, mapped: MappedProjection) -> str:
        projection = mapped.projection
        if not isinstance(projection.reach, Window):
            return "ConvolveAll" if mapped.form == "convolution" else "ConnectAll"
        if projection.tensor is not None:
            return "Convolve"
        reader = self._network.by_name[projection.target]
        return "Rectify" if isinstance(reader.operation, Rectify) else "Identity"

    def _channels(self, projection: Projection) -> int:
        """How many input channels the projection's kernel has in all."""
        if projection.target == self._network.readout.name:
            return self._network.shape_of(self._network.readout.sources[0])[-1]
        reader = self._network.by_name[projection.target]
        source = reader.sources[0]
        if reader.shortcut and projection.tensor != f"{reader.name}.kernel":
            source = reader.shortcut.source
        return self._network.shape_of(source)[-1]

    def _pool(self, pool: Pool) -> Nested:
        self.used.add("Pool")
        return call("Pool", (self._sizes(pool.window), self._sizes(pool.stride)))

    def _window(self, window: Window) -> Iterator[str]:
        if window.stride != (1, 1, 1):
            yield f"stride={self._sizes(window.stride)}"
        if window.padding == "same":
            yield 'padding="same"'
        if window.depth_before:
            yield f"depth_before={window.depth_before}"
        if any(window.zeros_before):
            yield f"zeros_before={items(window.zeros_before)}"

    def _sizes(self, triple: Triple) -> str:
        """Write sizes along the axes in space that the network has."""
        rank = len(self._network.input.shape) - 1
        return items({1: triple[1:2], 2: triple[1:]}.get(rank, triple))
