"""The statements of `build_network`: one for each layer and each connection."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.emit.names import variables
from snnc.emit.python import call, items
from snnc.emit.quoting import quote
from snnc.graph.logical import Shape
from snnc.graph.lowered import Pool, Population, Projection, Triple, Window
from snnc.graph.mapped import MappedNetwork, MappedProjection
from snnc.graph.order import reading_order
from snnc.graph.shapes import triple_of, window_positions

INDENT = 8
TAKEN = (
    "build", "images", "layer_probes", "layers", "mode", "nengo", "np", "output",
    "probe", "tensors", "unknown", "weights",
)  # fmt: skip


def statements(mapped: MappedNetwork) -> tuple[str, ...]:
    """The body of ``with build.net``, each statement without its first indent."""
    return _Statements(mapped).all()


class _Statements:
    def __init__(self, mapped: MappedNetwork) -> None:
        self._mapped = mapped
        network = mapped.lowered.network
        self._network = network
        names = [network.input.name, *(p.name for p in mapped.lowered.populations)]
        self._variables: Mapping[str, str] = variables(names, TAKEN)
        self._relayed: set[str] = set()

    def all(self) -> tuple[str, ...]:
        lines = [
            f"{self._variable(self._network.input.name)} = build.add_input(images)"
        ]
        for population in self._in_reading_order():
            lines.append(self._layer(population))
            for projection in self._mapped.projections:
                if projection.projection.target == population.name:
                    lines += self._projection(projection, population)
        readout = self._network.readout.name
        lines.append(call("build.add_readout", [_tensor(f"{readout}.bias")], INDENT))
        for projection in self._mapped.readout:
            lines.append(self._read_out(projection.projection))
        return tuple(lines)

    def _in_reading_order(self) -> tuple[Population, ...]:
        lowered = self._mapped.lowered
        reads = {
            population.name: [p.source for p in lowered.into(population.name)]
            for population in lowered.populations
        }
        return tuple(lowered.by_name[name] for name in reading_order(reads))

    def _variable(self, name: str) -> str:
        return self._variables[name]

    def _layer(self, population: Population) -> str:
        name = population.name
        trained = population.layer.kind != "encode rate"
        bias = _tensor(f"{name}.bias") if trained else "None"
        return call(
            f"{self._variable(name)} = build.add_layer", [quote(name), bias], INDENT
        )

    def _projection(
        self, mapped: MappedProjection, target: Population
    ) -> tuple[str, ...]:
        projection = mapped.projection
        source, relay = self._source(projection.source, target)
        arguments = [source, self._variable(target.name)]
        reach = projection.reach
        if isinstance(reach, Window):
            arguments.append(self._window_kernel(projection, reach))
            arguments += _window_arguments(reach)
            function = "build.convolve"
        else:
            arguments.append(self._full_kernel(projection))
            full = mapped.form == "convolution"
            function = "build.convolve_all" if full else "build.connect_all"
        if mapped.pop is not None:
            arguments.append(f"pop_type={mapped.pop}")
        return (*relay, call(function, arguments, INDENT))

    def _source(self, name: str, target: Population) -> tuple[str, tuple[str, ...]]:
        """The variable to connect from, and the statement that makes it, if any."""
        source = self._mapped.lowered.by_name.get(name)
        if source is None or not source.on_chip or target.on_chip:
            return self._variable(name), ()
        relayed = f"{self._variable(name)}_on_host"
        if name in self._relayed:
            return relayed, ()
        self._relayed.add(name)
        return relayed, (f"{relayed} = build.relay({self._variable(name)})",)

    def _window_kernel(self, projection: Projection, reach: Window) -> str:
        channels = projection.rows[1] - projection.rows[0]
        if projection.tensor is None:
            rectified = projection.target in self._rectified
            kernel = f"{'_rectify' if rectified else '_identity'}({channels})"
        else:
            rank = len(self._network.by_name[projection.target].shape) - 1
            kernel = _tensor(projection.tensor) + _slice(
                _LIFT[rank], projection.rows, self._rows_read(projection)
            )
        kernel = _through(projection.pools, kernel)
        if any(reach.zeros_before):
            before = (0, *reach.zeros_before)
            kernel = f"_extended({kernel}, {items(before)}, {items(reach.kernel)})"
        return kernel

    @property
    def _rectified(self) -> set[str]:
        return {
            layer.name for layer in self._network.layers if layer.kind == "encode rate"
        }

    def _rows_read(self, projection: Projection) -> int:
        """How many input channels the projection's kernel has in all."""
        if projection.target == self._network.readout.name:
            sources = self._network.readout.sources
            return self._network.shape_of(sources[0])[-1]
        layer = self._network.by_name[projection.target]
        shortcut = layer.shortcut
        if shortcut is not None and projection.tensor == f"{layer.name}.shortcut":
            return self._network.shape_of(shortcut.source)[-1]
        return self._network.shape_of(layer.sources[0])[-1]

    def _full_kernel(self, projection: Projection) -> str:
        source = self._network.by_name[projection.source]
        channels = source.shape[-1]
        read = self._rows_read(projection)
        kernel = _tensor(projection.tensor or "")
        if not projection.pools and read == channels:
            return kernel
        size = _pooled_size(source.shape, projection.pools)
        grid = items((*size, read, -1))
        kernel = f"{kernel}.reshape{grid}" + _slice(
            "...", projection.rows, read, before=True
        )
        kernel = _through(projection.pools, kernel)
        volume = triple_of(source.shape[:-1])
        if _spread(size, projection.pools) != volume:
            kernel = f"_extended({kernel}, (0, 0, 0), {items(volume)})"
        return kernel

    def _read_out(self, projection: Projection) -> str:
        arguments = [self._variable(projection.source), self._full_kernel(projection)]
        return call("build.read_out", arguments, INDENT)


# How a kernel of one, two or three axes is indexed to have three.
_LIFT = {1: "None, :, None", 2: "None", 3: ""}


def _slice(lift: str, rows: tuple[int, int], read: int, before: bool = False) -> str:
    """The index that lifts a kernel to three axes and takes a stretch of its rows."""
    part = rows != (0, read)
    if before:
        return f"[..., {rows[0]} : {rows[1]}, :]" if part else ""
    if part:
        lead = f"{lift}, ..., " if lift else "..., "
        return f"[{lead}{rows[0]} : {rows[1]}, :]"
    return f"[{lift}]" if lift else ""


def _through(pools: tuple[Pool, ...], kernel: str) -> str:
    for pool in reversed(pools):
        kernel = f"_pooled({kernel}, {items(pool.window)}, {items(pool.stride)})"
    return kernel


def _pooled_size(shape: Shape, pools: tuple[Pool, ...]) -> Triple:
    size = triple_of(shape[:-1])
    for pool in pools:
        depth, height, width = (
            window_positions(n, w, s, "valid")
            for n, w, s in zip(size, pool.window, pool.stride, strict=True)
        )
        size = (depth, height, width)
    return size


def _spread(size: Triple, pools: tuple[Pool, ...]) -> Triple:
    for pool in reversed(pools):
        depth, height, width = (
            (n - 1) * s + w
            for n, s, w in zip(size, pool.stride, pool.window, strict=True)
        )
        size = (depth, height, width)
    return size


def _window_arguments(reach: Window) -> list[str]:
    arguments = []
    if reach.stride != (1, 1, 1):
        arguments.append(f"stride={items(reach.stride)}")
    if reach.padding == "same":
        arguments.append('padding="same"')
    if reach.depth_before:
        arguments.append(f"depth_before={reach.depth_before}")
    return arguments


def _tensor(name: str) -> str:
    return f"tensors[{quote(name)}]"
