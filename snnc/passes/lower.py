"""Convert the logical to the lowered graph, without pools, `add` and `concat`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from snnc.ir import logical, shapes
from snnc.ir.logical import LogicalLayer
from snnc.ir.lowered import (
    KnownPaths,
    LoweredNetwork,
    Population,
    Projection,
    paths,
)
from snnc.ir.operation import Operation
from snnc.ir.paths import Path, SizedPool, picked_of
from snnc.ir.reach import Pairwise, Reach
from snnc.ir.shapes import Shape, Triple, level_name, triple_of
from snnc.operations.convolution import pointwise
from snnc.runtime.maxima import whole


class ValueReader(NamedTuple):
    """A population or readout that reads values by an operation and its tensor.

    ``shape`` is the output shape of the operation.
    """

    target: str
    tensor: str | None
    operation: Operation
    shape: Shape


def lower(network: logical.LogicalNetwork) -> LoweredNetwork:
    """Return the populations and projections of a valid network."""
    return _Lowering(network).run()


class _Lowering:
    def __init__(self, network: logical.LogicalNetwork) -> None:
        self._network = network
        self._known = KnownPaths()
        self._spiking = [layer for layer in network.layers if layer.spiking is not None]
        self._populations = tuple(p for x in self._spiking for p in self._neurons(x))
        self._volumes = {p.name: p.volume for p in self._populations}
        self._volumes[network.input.name] = shapes.volume_of(network.input.shape)
        self._wholes = {n: whole(size[:3]) for n, size in self._volumes.items()}

    def run(self) -> LoweredNetwork:
        spiking = self._spiking
        return LoweredNetwork(
            network=self._network,
            populations=self._populations,
            projections=tuple(p for layer in spiking for p in self._inputs(layer)),
            readout=tuple(self._readout()),
            pooled=tuple(
                projection
                for layer in spiking
                if layer.operation.compares
                for projection in self._own_input(layer, None)
            ),
        )

    def _neurons(self, layer: LogicalLayer) -> Iterator[Population]:
        on_chip = isinstance(self._network.target, logical.Loihi) and layer.on_chip
        if not layer.operation.compares:
            # All ranks have three axes, so later passes have one path (decision 002).
            yield Population(layer.name, layer, shapes.volume_of(layer.shape), on_chip)
            return
        tree = layer.operation.tree(self._network.shape_of(layer.sources[0]))
        for i, level in enumerate(tree.levels):
            volume = (*level.shape, layer.shape[-1])
            yield Population(level_name(layer.name, i), layer, volume, on_chip, level=i)

    def _inputs(self, layer: LogicalLayer) -> Iterator[Projection]:
        """Yield the projections into a layer; its shortcut comes last."""
        operation = layer.operation
        if operation.compares:
            yield from self._comparisons(layer)
        else:
            tensor = f"{layer.name}.kernel" if operation.has_weights else None
            yield from self._own_input(layer, tensor)
        if (shortcut := layer.shortcut) is not None:
            tensor = f"{layer.name}.shortcut"
            if shortcut.operation is None:
                # An identity reads like a kernel of size 1, but has no weights.
                tensor = None
                operation = pointwise(len(layer.shape) - 1)
            else:
                operation = shortcut.operation
            reader = ValueReader(layer.name, tensor, operation, layer.shape)
            yield from self._projections(shortcut.source, reader)

    def _own_input(
        self, layer: LogicalLayer, tensor: str | None
    ) -> Iterator[Projection]:
        reader = ValueReader(layer.name, tensor, layer.operation, layer.shape)
        return self._projections(layer.sources[0], reader)

    def _comparisons(self, layer: LogicalLayer) -> Iterator[Projection]:
        """Yield the projections into each level of a max pool."""
        network = self._network
        source = layer.sources[0]
        operation = layer.operation
        # Only comparisons have neurons: readers compute the maximum (decision 028).
        pooled = paths(network.by_name, source, self._known)
        *places, rows = network.shape_of(source)
        every = whole(triple_of(tuple(places)))
        for i, level in enumerate(operation.tree(network.shape_of(source)).levels):
            reader = ValueReader(
                level_name(layer.name, i), None, operation, layer.shape
            )
            for read in level.reads:
                reach = Pairwise(level.axis, level.windows, read.nodes)
                before = pooled
                if read.level is not None:
                    before = (Path(level_name(layer.name, read.level)),)
                is_whole = read.level is None and read.grid == every
                for path in before:
                    read_path = picked_of(path, read.grid, is_whole=is_whole)
                    yield self._project(read_path, rows, reader, reach)

    def _readout(self) -> Iterator[Projection]:
        readout = self._network.readout
        tensor = f"{readout.name}.kernel"
        reader = ValueReader(readout.name, tensor, readout.operation, readout.image)
        for source in readout.sources:
            yield from self._projections(source, reader)

    def _projections(self, read: str, reader: ValueReader) -> Iterator[Projection]:
        """Yield a projection for each path that ends in the values called ``read``."""
        network = self._network
        read_paths = paths(network.by_name, read, self._known)
        shape = network.shape_of(read)
        # Handle each combination of pools once: hundreds of paths may share it.
        reaches = {
            (pools, repeats): _reach(reader, shape, pools, repeats)
            for pools, repeats in {(path.pools, path.repeats) for path in read_paths}
        }
        for path in read_paths:
            reach = reaches[path.pools, path.repeats]
            yield self._project(path, shape[-1], reader, reach)

    def _project(
        self, path: Path, all_rows: int, reader: ValueReader, reach: Reach
    ) -> Projection:
        # Compute nothing here that is equal for other paths: there may be thousands.
        channels = self._volumes[path.source][-1]
        is_whole = path.picked == self._wholes[path.source]
        return Projection(
            source=path.source,
            target=reader.target,
            tensor=reader.tensor,
            rows=(path.first_row, path.first_row + channels),
            all_rows=all_rows,
            pools=tuple(pool for pool, _ in path.pools),
            reach=reach,
            picked=None if is_whole else path.picked,
        )


def _reach(
    reader: ValueReader, read: Shape, pools: Sequence[SizedPool], repeats: Triple
) -> Reach:
    operation = reader.operation
    if repeats == (1, 1, 1):
        return operation.reach(read, reader.shape, pools)
    return operation.repeated_reach(read, reader.shape, repeats)
