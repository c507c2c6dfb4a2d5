"""The statements of `build_network`: one for each layer and each connection."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.emit.names import variables
from snnc.emit.python import call, items
from snnc.emit.quoting import quote
from snnc.graph.logical import Network, Shape
from snnc.graph.lowered import Pool, Population, Projection, Triple, Window
from snnc.graph.mapped import MappedNetwork, MappedProjection
from snnc.graph.shapes import triple_of, window_positions

INDENT = 8
# What `build_network` itself uses.
TAKEN = frozenset(
    {
        "BuiltNetwork",
        "LAYERS",
        "Mapping",
        "build",
        "check_tensors",
        "images",
        "kernel",
        "layer_probes",
        "layers",
        "load_weights",
        "mode",
        "name",
        "nengo",
        "neurons",
        "np",
        "output",
        "parts",
        "probe",
        "tensors",
        "unknown",
        "weights",
    }
)

# The expression of a kernel, and the statements that must come before it.
Kernel = tuple[str, tuple[str, ...]]


def is_deep(network: Network) -> bool:
    """Tell whether layers have a depth, along which they are cut into ensembles."""
    return len(network.input.shape) == len(("depth", "height", "width", "channels"))


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
        self._taken = {*TAKEN, *self._variables.values()}
        self._relayed: dict[str, str] = {}

    def all(self) -> tuple[str, ...]:
        lines = [
            f"{self._variable(self._network.input.name)} = build.add_input(images)"
        ]
        for population in self._mapped.lowered.in_reading_order:
            lines.append(self._layer(population))
            for projection in self._mapped.projections:
                if projection.projection.target == population.name:
                    lines += self._projection(projection, population)
        readout = self._network.readout.name
        lines.append(call("build.add_readout", [_tensor(f"{readout}.bias")], INDENT))
        for projection in self._mapped.readout:
            lines += self._read_out(projection.projection)
        return tuple(lines)

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
        reach = projection.reach
        if isinstance(reach, Window):
            kernel, folding = self._window_kernel(projection, reach)
            options = self._window_arguments(reach)
            function = "build.convolve"
        else:
            kernel, folding = self._full_kernel(projection)
            options = []
            full = mapped.form == "convolution"
            function = "build.convolve_all" if full else "build.connect_all"
        if mapped.pop is not None:
            options.append(f"pop_type={mapped.pop}")
        arguments = [source, self._variable(target.name), kernel, *options]
        return (*relay, *folding, call(function, arguments, INDENT))

    def _source(self, name: str, target: Population) -> tuple[str, tuple[str, ...]]:
        """The variable to connect from, and the statement that makes it, if any."""
        source = self._mapped.lowered.by_name.get(name)
        if source is None or not source.on_chip or target.on_chip:
            return self._variable(name), ()
        if name in self._relayed:
            return self._relayed[name], ()
        wanted = f"{self._variable(name)}_on_host"
        (relayed,) = variables([wanted], self._taken).values()
        self._taken.add(relayed)
        self._relayed[name] = relayed
        relay = call(f"{relayed} = build.relay", [self._variable(name)], INDENT)
        return relayed, (relay,)

    def _window_kernel(self, projection: Projection, reach: Window) -> Kernel:
        channels = projection.rows[1] - projection.rows[0]
        if projection.tensor is None:
            rectified = projection.target in self._rectified
            kernel = f"{'_rectify' if rectified else '_identity'}({channels})"
        else:
            rank = len(self._network.by_name[projection.target].shape) - 1
            lift = ":, None" if rank == 1 else ""
            read = self._rows_read(projection)
            kernel = _tensor(projection.tensor) + _slice(lift, projection.rows, read)
        extended: tuple[Shape, ...] = ()
        if any(reach.zeros_before):
            extended = ((0, *reach.zeros_before), reach.kernel)
        return self._folded(kernel, projection.pools, extended)

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

    def _full_kernel(self, projection: Projection) -> Kernel:
        source = self._network.by_name[projection.source]
        read = self._rows_read(projection)
        kernel = _tensor(projection.tensor or "")
        if not projection.pools and read == source.shape[-1]:
            return kernel, ()
        size = _pooled_size(source.shape, projection.pools)
        kernel = f"{kernel}.reshape{items((*self._axes(size), read, -1))}"
        if projection.rows != (0, read):
            kernel += f"[..., {projection.rows[0]}:{projection.rows[1]}, :]"
        volume = triple_of(source.shape[:-1])
        extended: tuple[Shape, ...] = ()
        if _spread(size, projection.pools) != volume:
            extended = ((0, 0, 0), volume)
        return self._folded(kernel, projection.pools, extended)

    def _read_out(self, projection: Projection) -> tuple[str, ...]:
        kernel, folding = self._full_kernel(projection)
        arguments = [self._variable(projection.source), kernel]
        return (*folding, call("build.read_out", arguments, INDENT))

    def _axes(self, sizes: Shape) -> Shape:
        """Those of depth, height and width that kernels of this network have."""
        return sizes if is_deep(self._network) else sizes[1:]

    def _window_arguments(self, reach: Window) -> list[str]:
        arguments = []
        if reach.stride != (1, 1, 1):
            arguments.append(f"stride={items(self._axes(reach.stride))}")
        if reach.padding == "same":
            arguments.append('padding="same"')
        if reach.depth_before:
            arguments.append(f"depth_before={reach.depth_before}")
        return arguments

    def _folded(
        self, kernel: str, pools: tuple[Pool, ...], extended: tuple[Shape, ...]
    ) -> Kernel:
        """The kernel after pools and zeros, in statements of its own if it has any."""
        if not pools and not extended:
            return kernel, ()
        folding = [f"kernel = {kernel}"]
        for pool in reversed(pools):
            sizes = (items(self._axes(s)) for s in (pool.window, pool.stride))
            folding.append(call("kernel = _pooled", ["kernel", *sizes], INDENT))
        if extended:
            sizes = (items(self._axes(s)) for s in extended)
            folding.append(call("kernel = _extended", ["kernel", *sizes], INDENT))
        return "kernel", tuple(folding)


def _slice(lift: str, rows: tuple[int, int], read: int) -> str:
    """The index that gives a kernel its width and takes a stretch of its rows."""
    if rows == (0, read):
        return f"[{lift}]" if lift else ""
    lead = f"{lift}, ..., " if lift else "..., "
    return f"[{lead}{rows[0]}:{rows[1]}, :]"


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


def _tensor(name: str) -> str:
    return f"tensors[{quote(name)}]"
