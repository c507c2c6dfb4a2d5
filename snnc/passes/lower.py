"""Convert the logical to the lowered graph, without pools, `add` and `concat`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from snnc.ir import logical, lowered, shapes
from snnc.ir.logical import Convolution, LogicalLayer, MaxPooling, Shape
from snnc.ir.lowered import (
    KnownPaths,
    LoweredNetwork,
    Path,
    Population,
    Projection,
    Window,
    paths,
    picked_of,
)
from snnc.ir.shapes import level_name, tree_of, triple_of
from snnc.runtime.maxima import EVERY, whole

Pools = tuple[tuple[logical.AveragePooling, Shape], ...]
"""The pools of a path, each with its input shape."""
Reach = Window | lowered.Pairwise | lowered.Full


class ValueReader(NamedTuple):
    """A population or readout that reads values by an operation and its tensor.

    ``shape`` is the output shape of the operation.
    """

    target: str
    tensor: str | None
    operation: logical.Operation
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
        pools = [layer for layer in spiking if isinstance(layer.operation, MaxPooling)]
        return LoweredNetwork(
            network=self._network,
            populations=self._populations,
            projections=tuple(p for layer in spiking for p in self._inputs(layer)),
            readout=tuple(self._readout()),
            pooled=tuple(p for layer in pools for p in self._own_input(layer, None)),
        )

    def _neurons(self, layer: LogicalLayer) -> Iterator[Population]:
        on_chip = isinstance(self._network.target, logical.Loihi) and layer.on_chip
        if not isinstance(layer.operation, MaxPooling):
            yield Population(layer.name, layer, shapes.volume_of(layer.shape), on_chip)
            return
        tree = tree_of(layer.operation, self._network.shape_of(layer.sources[0]))
        for i, level in enumerate(tree.levels):
            volume = (*level.shape, layer.shape[-1])
            yield Population(level_name(layer.name, i), layer, volume, on_chip, level=i)

    def _inputs(self, layer: LogicalLayer) -> Iterator[Projection]:
        """Yield the projections into a layer; its shortcut comes last."""
        if isinstance(layer.operation, MaxPooling):
            yield from self._comparisons(layer, layer.operation)
        else:
            tensor = None if layer.kind == "encode rate" else f"{layer.name}.kernel"
            yield from self._own_input(layer, tensor)
        if (shortcut := layer.shortcut) is not None:
            tensor = None if shortcut.stride is None else f"{layer.name}.shortcut"
            operation: logical.Operation = logical.Dense(bias=False)
            if shortcut.stride != ():
                operation = logical.pointwise(len(layer.shape) - 1, shortcut.stride)
            reader = ValueReader(layer.name, tensor, operation, layer.shape)
            yield from self._projections(shortcut.source, reader)

    def _own_input(
        self, layer: LogicalLayer, tensor: str | None
    ) -> Iterator[Projection]:
        reader = ValueReader(layer.name, tensor, layer.operation, layer.shape)
        return self._projections(layer.sources[0], reader)

    def _comparisons(
        self, layer: LogicalLayer, pool: MaxPooling
    ) -> Iterator[Projection]:
        """Yield the projections into each level of a max pool."""
        network, source = self._network, layer.sources[0]
        pooled = paths(network.by_name, source, self._known)
        *places, rows = network.shape_of(source)
        every = whole(triple_of(tuple(places)))
        for i, level in enumerate(tree_of(pool, network.shape_of(source)).levels):
            reader = ValueReader(level_name(layer.name, i), None, pool, layer.shape)
            for read in level.reads:
                reach = lowered.Pairwise(level.axis, level.windows, read.nodes)
                before = pooled
                if read.level is not None:
                    before = (Path(level_name(layer.name, read.level)),)
                is_whole = read.level is None and read.grid == every
                for path in before:
                    way = picked_of(path, read.grid, is_whole=is_whole)
                    yield self._project(way, rows, reader, reach)

    def _readout(self) -> Iterator[Projection]:
        readout = self._network.readout
        operation = readout.convolution or logical.Dense(bias=True)
        name, tensor = readout.name, f"{readout.name}.kernel"
        for source in readout.sources:
            reader = ValueReader(name, tensor, operation, readout.image)
            yield from self._projections(source, reader)

    def _projections(self, read: str, reader: ValueReader) -> Iterator[Projection]:
        """Yield a projection for each path that ends in the values called ``read``."""
        network = self._network
        ways = paths(network.by_name, read, self._known)
        shape = network.shape_of(read)
        # Handle each combination of pools once: hundreds of paths may share it.
        reaches = {p: _reach(reader, shape, p) for p in {path.pools for path in ways}}
        for path in ways:
            yield self._project(path, shape[-1], reader, reaches[path.pools])

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
            pools=tuple(
                lowered.Pooling(triple_of(pool.window), triple_of(pool.stride))
                for pool, _ in path.pools
            ),
            reach=reach,
            picked=None if is_whole else path.picked,
        )


def _reach(reader: ValueReader, read: Shape, pools: Pools) -> Reach:
    """Return how the reader of values with the shape ``read`` reads their source."""
    operation, shape = reader.operation, reader.shape
    match operation:
        case Convolution(groups=1):
            return _window(operation, pools, read)
        case Convolution(groups=groups):
            group = lowered.ChannelGroups(
                read[-1] // groups, shape[-1] // groups, groups
            )
            return replace(_window(operation, pools, read), group=group)
        case logical.TransposedConvolution():
            return _transposed_window(operation)
        case logical.RateCode():
            return _window(logical.pointwise(len(shape) - 1), pools, read)
        case MaxPooling():
            return lowered.Pairwise(0, 1, EVERY)
    return lowered.Full()


def _transposed_window(operation: logical.TransposedConvolution) -> Window:
    """Return a transposed convolution as a convolution over a source with added zeros.

    Output ``o`` reads position ``i`` with tap ``o + crop - i * stride``: the reversed
    kernel begins ``kernel - 1 - crop`` positions before the output's position.
    """
    before = [
        kernel - 1 - shapes.transposed_crop(kernel, stride, operation.padding)
        for kernel, stride in zip(operation.kernel, operation.stride, strict=True)
    ]
    return Window(
        kernel=triple_of(operation.kernel),
        stride=(1, 1, 1),
        depth_before=0,
        padding="valid",
        input_step=triple_of(operation.stride),
        input_before=(before[0], before[1]),
    )


def _window(operation: Convolution, pools: Pools, read: Shape) -> Window:
    """Return a convolution over pools as a convolution over the source of the pools.

    A kernel of ``k`` taps with stride ``r``, over windows of size ``w`` with stride
    ``s``, equals a kernel of ``(k - 1) s + w`` taps with stride ``r s``.

    If `same` pads an axis unevenly, Keras pads the end of the pooled image by one more
    zero, which corresponds to ``s`` rows of the source. Padding the source would divide
    these rows between both ends; ``s - 1`` zero rows before the kernel prevent this.

    `causal` adds ``k - 1`` zeros before an axis and leaves ``u`` positions after it
    unread. To get this from `same`, which divides padding between both ends, add ``(k -
    1 + u) s`` zero rows after the kernel.

    ``read`` is the shape that `same` or `causal` pads, channels last.
    """
    extent, strides = triple_of(operation.extent), triple_of(operation.stride)
    axes = zip(triple_of(read[:-1]), extent, strides, strict=True)
    around = [shapes.pads(n, k, s, operation.padding) for n, k, s in axes]
    # Without padding, `same` equals `valid`, which can be folded over any pool.
    padded = any(pad > 0 for axis in around[1:] for pad in axis)
    uneven = [after - before if padded else 0 for before, after in around]
    kernel, stride, shrink = list(extent), list(strides), [1, 1, 1]
    for pool, _ in reversed(pools):
        steps = zip(triple_of(pool.window), triple_of(pool.stride), strict=True)
        for axis, (window, step) in enumerate(steps):
            kernel[axis] = (kernel[axis] - 1) * step + window
            stride[axis] *= step
            shrink[axis] *= step
    _, *lead = [(s - 1) * max(u, 0) for s, u in zip(shrink, uneven, strict=True)]
    _, *tail = [s * max(-u, 0) for s, u in zip(shrink, uneven, strict=True)]
    depth, height, width = kernel
    return Window(
        kernel=(depth, height + lead[0] + tail[0], width + lead[1] + tail[1]),
        stride=triple_of(tuple(stride)),
        depth_before=around[0][0] * shrink[0],
        padding="same" if padded else "valid",
        zeros_before=(lead[0], lead[1]),
        zeros_behind=(tail[0], tail[1]),
        dilation=triple_of(operation.dilation),
    )
