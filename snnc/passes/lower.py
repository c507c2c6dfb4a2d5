"""Convert the logical to the lowered graph, without pools, `add` and `concat`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from snnc.ir.logical import (
    AveragePooling,
    Convolution,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    MaxPooling,
    RateCode,
    Shape,
    Shortcut,
    TransposedConvolution,
    pointwise,
)
from snnc.ir.lowered import (
    ChannelGroups,
    Full,
    LoweredNetwork,
    Pairwise,
    Path,
    Pooling,
    Population,
    Projection,
    Window,
    paths,
    picked_of,
)
from snnc.ir.shapes import (
    level_name,
    pads,
    transposed_crop,
    tree_of,
    triple_of,
    volume_named,
    volume_of,
)
from snnc.runtime.maxima import EVERY, whole

Pools = tuple[tuple[AveragePooling, Shape], ...]
"""The pools of a path, each with its input shape."""
Reach = Window | Pairwise | Full


def lower(network: LogicalNetwork) -> LoweredNetwork:
    """Return the populations and projections of a valid network."""
    spiking = [layer for layer in network.layers if layer.spiking is not None]
    pools = [layer for layer in spiking if isinstance(layer.operation, MaxPooling)]
    pairs = Pairwise(0, 1, EVERY)
    return LoweredNetwork(
        network=network,
        populations=tuple(p for each in spiking for p in _populations(network, each)),
        projections=tuple(p for each in spiking for p in _inputs(network, each)),
        readout=tuple(_readout(network)),
        pooled=tuple(
            projection
            for layer in pools
            for projection in _projections(
                network, layer.sources[0], layer.name, None, lambda _: pairs
            )
        ),
    )


def _populations(network: LogicalNetwork, layer: LogicalLayer) -> Iterator[Population]:
    on_chip = isinstance(network.target, Loihi) and layer.on_chip
    if not isinstance(layer.operation, MaxPooling):
        yield Population(layer.name, layer, volume_of(layer.shape), on_chip)
        return
    tree = tree_of(layer.operation, network.shape_of(layer.sources[0]))
    for i, level in enumerate(tree.levels):
        volume = (*level.shape, layer.shape[-1])
        yield Population(level_name(layer.name, i), layer, volume, on_chip, level=i)


def _inputs(network: LogicalNetwork, layer: LogicalLayer) -> Iterator[Projection]:
    """Yield the projections into a layer, those of its shortcut last."""
    name, source = layer.name, layer.sources[0]
    if isinstance(layer.operation, MaxPooling):
        yield from _comparisons(network, layer, layer.operation)
    else:
        tensor = None if layer.kind == "encode rate" else f"{name}.kernel"
        reach = partial(_reach, network, layer)
        yield from _projections(network, source, name, tensor, reach)
    if (shortcut := layer.shortcut) is not None:
        tensor = None if shortcut.stride is None else f"{name}.shortcut"
        reach = partial(_shortcut_reach, layer, shortcut)
        yield from _projections(network, shortcut.source, name, tensor, reach)


def _comparisons(
    network: LogicalNetwork, layer: LogicalLayer, pool: MaxPooling
) -> Iterator[Projection]:
    """Yield the projections into each level of a max pool."""
    source = layer.sources[0]
    pooled = paths(network.by_name, source)
    for i, level in enumerate(tree_of(pool, network.shape_of(source)).levels):
        name = level_name(layer.name, i)
        for read in level.reads:
            reach = Pairwise(level.axis, level.windows, read.nodes)
            before = pooled
            if read.level is not None:
                before = (Path(level_name(layer.name, read.level)),)
            for path in before:
                way = picked_of(path, read.grid)
                yield _project(network, way, source, name, None, reach)


def _readout(network: LogicalNetwork) -> Iterator[Projection]:
    readout = network.readout
    for source in readout.sources:
        reach = partial(_readout_reach, network)
        tensor = f"{readout.name}.kernel"
        yield from _projections(network, source, readout.name, tensor, reach)


def _projections(
    network: LogicalNetwork,
    read: str,
    target: str,
    tensor: str | None,
    reach: Callable[[Pools], Reach],
) -> Iterator[Projection]:
    """Yield a projection for each path that ends in the values called ``read``."""
    ways = paths(network.by_name, read)
    # Handle each combination of pools once: hundreds of paths may share it.
    reaches = {pools: reach(pools) for pools in {path.pools for path in ways}}
    for path in ways:
        yield _project(network, path, read, target, tensor, reaches[path.pools])


def _project(
    network: LogicalNetwork,
    path: Path,
    read: str,
    target: str,
    tensor: str | None,
    reach: Reach,
) -> Projection:
    *places, channels = volume_named(network, path.source)
    is_whole = path.picked == whole(triple_of(tuple(places)))
    return Projection(
        source=path.source,
        target=target,
        tensor=tensor,
        rows=(path.first_row, path.first_row + channels),
        all_rows=network.shape_of(read)[-1],
        pools=tuple(
            Pooling(triple_of(pool.window), triple_of(pool.stride))
            for pool, _ in path.pools
        ),
        reach=reach,
        picked=None if is_whole else path.picked,
    )


def _readout_reach(network: LogicalNetwork, pools: Pools) -> Reach:
    readout = network.readout
    if readout.convolution is None:
        return Full()
    return _window(readout.convolution, pools, network.shape_of(readout.sources[0]))


def _shortcut_reach(layer: LogicalLayer, shortcut: Shortcut, pools: Pools) -> Reach:
    if shortcut.stride == ():
        return Full()
    return _window(pointwise(len(layer.shape) - 1, shortcut.stride), pools)


def _reach(network: LogicalNetwork, layer: LogicalLayer, pools: Pools) -> Reach:
    operation, read = layer.operation, network.shape_of(layer.sources[0])
    if isinstance(operation, Convolution):
        window, groups = _window(operation, pools, read), operation.groups
        if groups == 1:
            return window
        group = ChannelGroups(read[-1] // groups, layer.shape[-1] // groups, groups)
        return replace(window, group=group)
    if isinstance(operation, TransposedConvolution):
        return _transposed_window(operation)
    if isinstance(operation, RateCode):
        return _window(pointwise(len(layer.shape) - 1), pools)
    return Full()


def _transposed_window(operation: TransposedConvolution) -> Window:
    """Return a transposed convolution as a convolution over a source with added zeros.

    Output ``o`` reads position ``i`` with tap ``o + crop - i * stride``: the reversed
    kernel begins ``kernel - 1 - crop`` positions before that of the output.
    """
    before = [
        kernel - 1 - transposed_crop(kernel, stride, operation.padding)
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


def _window(operation: Convolution, pools: Pools, read: Shape = ()) -> Window:
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
    around = [pads(n, k, s, operation.padding) for n, k, s in axes]
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
