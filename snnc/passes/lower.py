"""Convert the logical to the lowered graph, without pools, `add` and `concat`."""

from __future__ import annotations

from dataclasses import replace

from snnc.ir.logical import (
    AveragePooling,
    Convolution,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    MaxPooling,
    Shape,
    TransposedConvolution,
)
from snnc.ir.lowered import (
    ChannelGroups,
    Full,
    LoweredNetwork,
    Pairwise,
    Pooling,
    Population,
    Projection,
    Window,
)
from snnc.ir.paths import Path, paths, picked_of
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


def lower(network: LogicalNetwork) -> LoweredNetwork:
    """Return the populations and projections of a valid network."""
    layers = network.by_name
    spiking = tuple(layer for layer in network.layers if layer.spiking is not None)
    readout = network.readout
    device = isinstance(network.target, Loihi)
    return LoweredNetwork(
        network=network,
        populations=tuple(
            population
            for layer in spiking
            for population in _populations(network, layer, device and layer.on_chip)
        ),
        projections=tuple(
            projection
            for layer in spiking
            for projection in (*_inputs(network, layer), *_shortcuts(network, layer))
        ),
        readout=tuple(
            _project(
                network,
                path,
                source,
                readout.name,
                f"{readout.name}.kernel",
                _readout_reach(network, path.pools),
            )
            for source in readout.sources
            for path in paths(layers, source)
        ),
        pooled=tuple(
            _project(network, path, source, layer.name, None, Pairwise(0, 1, EVERY))
            for layer in spiking
            if isinstance(layer.operation, MaxPooling)
            for source in layer.sources
            for path in paths(layers, source)
        ),
    )


def _populations(
    network: LogicalNetwork, layer: LogicalLayer, on_chip: bool
) -> tuple[Population, ...]:
    if not isinstance(layer.operation, MaxPooling):
        return (Population(layer.name, layer, volume_of(layer.shape), on_chip),)
    tree = tree_of(layer.operation, network.shape_of(layer.sources[0]))
    return tuple(
        Population(
            level_name(layer.name, i),
            layer,
            (*level.shape, layer.shape[-1]),
            on_chip,
            level=i,
        )
        for i, level in enumerate(tree.levels)
    )


def _comparisons(
    network: LogicalNetwork, layer: LogicalLayer, pool: MaxPooling
) -> tuple[Projection, ...]:
    """Return the projections into each level of a max pool."""
    source = layer.sources[0]
    pooled = paths(network.by_name, source)
    projections = []
    for i, level in enumerate(tree_of(pool, network.shape_of(source)).levels):
        name = level_name(layer.name, i)
        for read in level.reads:
            reach = Pairwise(level.axis, level.windows, read.nodes)
            ways = [
                picked_of(path, volume_named(network, path.source), read.grid)
                for path in pooled
            ]
            if read.level is not None:
                ways = [Path(level_name(layer.name, read.level), 0, (), read.grid)]
            projections += [
                _project(network, way, source, name, None, reach) for way in ways
            ]
    return tuple(projections)


def _inputs(network: LogicalNetwork, layer: LogicalLayer) -> tuple[Projection, ...]:
    if isinstance(layer.operation, MaxPooling):
        return _comparisons(network, layer, layer.operation)
    trained = layer.kind != "encode rate"
    tensor = f"{layer.name}.kernel" if trained else None
    source = layer.sources[0]
    ways = [p for each in layer.sources for p in paths(network.by_name, each)]
    # Handle each combination of pools once: hundreds of paths may share it.
    pools = dict.fromkeys(path.pools for path in ways)
    reach = {passed: _reach(network, layer, passed) for passed in pools}
    return tuple(
        _project(network, path, source, layer.name, tensor, reach[path.pools])
        for path in ways
    )


def _shortcuts(network: LogicalNetwork, layer: LogicalLayer) -> tuple[Projection, ...]:
    shortcut = layer.shortcut
    if shortcut is None:
        return ()
    tensor = None if shortcut.stride is None else f"{layer.name}.shortcut"
    ones = (1,) * (len(layer.shape) - 1)
    stride = ones if shortcut.stride is None else shortcut.stride
    window = Convolution(ones, stride, "valid", bias=False, dilation=ones)
    projections = []
    for path in paths(network.by_name, shortcut.source):
        is_matrix = shortcut.stride == ()
        reach = Full() if is_matrix else _window(window, path.pools, ())
        projections.append(
            _project(network, path, shortcut.source, layer.name, tensor, reach)
        )
    return tuple(projections)


def _project(
    network: LogicalNetwork,
    path: Path,
    read: str,
    target: str,
    tensor: str | None,
    reach: Window | Pairwise | Full,
) -> Projection:
    *places, channels = volume_named(network, path.source)
    picked = path.picked
    if picked == whole(triple_of(tuple(places))):
        picked = None
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
        picked=picked,
    )


def _readout_reach(network: LogicalNetwork, pools: Pools) -> Window | Full:
    readout = network.readout
    if readout.convolution is None:
        return Full()
    *read, _ = network.shape_of(readout.sources[0])
    return _window(readout.convolution, pools, tuple(read))


def _reach(network: LogicalNetwork, layer: LogicalLayer, pools: Pools) -> Window | Full:
    operation = layer.operation
    if isinstance(operation, Convolution):
        *read, channels = network.shape_of(layer.sources[0])
        window = _window(operation, pools, tuple(read))
        groups = operation.groups
        if groups == 1:
            return window
        group = ChannelGroups(channels // groups, layer.shape[-1] // groups, groups)
        return replace(window, group=group)
    if isinstance(operation, TransposedConvolution):
        return _transposed_window(operation)
    if layer.kind == "encode rate":
        ones = (1,) * (len(layer.shape) - 1)
        return _window(Convolution(ones, ones, "valid", False, ones), (), ())
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
    """
    extent, strides = triple_of(operation.extent), triple_of(operation.stride)
    axes = zip(triple_of(read), extent, strides, strict=True)
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
