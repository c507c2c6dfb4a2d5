"""Logical to lowered graph: pools and joins folded into the layers that read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from snnc.diagnostics import Report
from snnc.ir.logical import (
    AveragePool,
    Convolution,
    Layer,
    Loihi,
    Network,
    Padding,
    Shape,
)
from snnc.ir.lowered import (
    Full,
    Group,
    LoweredNetwork,
    Pool,
    Population,
    Projection,
    Triple,
    Window,
)
from snnc.ir.paths import Path, paths
from snnc.ir.shapes import same_pad, triple_of, volume_of


def lower(network: Network, report: Report) -> LoweredNetwork:
    """Populations and projections of a checked network; nothing is reported."""
    layers = network.by_name
    spiking = tuple(layer for layer in network.layers if layer.spiking is not None)
    readout = network.readout
    device = isinstance(network.target, Loihi)
    return LoweredNetwork(
        network=network,
        populations=tuple(
            Population(
                layer.name, layer, volume_of(layer.shape), device and layer.on_chip
            )
            for layer in spiking
        ),
        projections=tuple(
            projection
            for layer in spiking
            for projection in (*_inputs(network, layer), *_shortcuts(network, layer))
        ),
        readout=tuple(
            _project(network, path, readout.name, f"{readout.name}.kernel", Full())
            for source in readout.sources
            for path in paths(layers, source)
        ),
    )


def _inputs(network: Network, layer: Layer) -> tuple[Projection, ...]:
    trained = layer.kind != "encode rate"
    tensor = f"{layer.name}.kernel" if trained else None
    return tuple(
        _project(network, path, layer.name, tensor, _reach(network, layer, path))
        for source in layer.sources
        for path in paths(network.by_name, source)
    )


def _shortcuts(network: Network, layer: Layer) -> tuple[Projection, ...]:
    shortcut = layer.shortcut
    if shortcut is None:
        return ()
    tensor = None if shortcut.stride is None else f"{layer.name}.shortcut"
    rank = len(layer.shape) - 1
    stride = shortcut.stride if shortcut.stride is not None else (1,) * rank
    ones = (1,) * rank
    window = Convolution(ones, stride, "valid", bias=False, dilation=ones)
    matrix = shortcut.stride == ()
    return tuple(
        _project(
            network,
            path,
            layer.name,
            tensor,
            Full() if matrix else _window(window, path.pools, ()),
        )
        for path in paths(network.by_name, shortcut.source)
    )


def _project(
    network: Network, path: Path, target: str, tensor: str | None, reach: Window | Full
) -> Projection:
    channels = network.shape_of(path.source)[-1]
    return Projection(
        source=path.source,
        target=target,
        tensor=tensor,
        rows=(path.first_row, path.first_row + channels),
        pools=tuple(
            Pool(triple_of(pool.window), triple_of(pool.stride))
            for pool, _ in path.pools
        ),
        reach=reach,
    )


def _reach(network: Network, layer: Layer, path: Path) -> Window | Full:
    operation = layer.operation
    if isinstance(operation, Convolution):
        *read, channels = network.shape_of(layer.sources[0])
        window = _window(operation, path.pools, tuple(read))
        groups = operation.groups
        if groups == 1:
            return window
        group = Group(channels // groups, layer.shape[-1] // groups)
        return replace(window, group=group)
    if layer.kind == "encode rate":
        ones = (1,) * (len(layer.shape) - 1)
        return _window(Convolution(ones, ones, "valid", False, ones), (), ())
    return Full()


def _window(
    operation: Convolution,
    pools: tuple[tuple[AveragePool, Shape], ...],
    read: Shape,
) -> Window:
    """A convolution over what pools make of a source, as one over the source itself.

    A kernel that covers ``k`` places with stride ``r`` over windows ``w`` with
    stride ``s`` is a kernel of ``(k - 1) s + w`` taps with stride ``r s``.

    Where `same` pads an axis unevenly, Keras puts one more zero of the pooled image
    behind it, which is ``s`` rows of the source; padding the source would share them
    between both ends. ``s - 1`` zero rows in front of the kernel undo that.
    """
    kernel, stride = triple_of(operation.extent), triple_of(operation.stride)
    before = (0, 0, 0)
    behind = (0, 0, 0)
    if operation.padding == "same":
        sizes = triple_of(read)
        pads = [
            same_pad(n, k, s) for n, k, s in zip(sizes, kernel, stride, strict=True)
        ]
        before = _triple(pad[0] for pad in pads)
        behind = _triple(pad[1] for pad in pads)
    uneven = _triple(e - b for b, e in zip(before, behind, strict=True))
    # Where nothing is padded, `same` is `valid`, which folds over any pool.
    padded = any(before[1:]) or any(behind[1:])
    padding: Padding = "same" if padded else "valid"
    shrink: Triple = (1, 1, 1)
    for pool, _ in reversed(pools):
        window, step = triple_of(pool.window), triple_of(pool.stride)
        kernel = _triple(
            (k - 1) * s + w for k, s, w in zip(kernel, step, window, strict=True)
        )
        stride = _triple(r * s for r, s in zip(stride, step, strict=True))
        shrink = _triple(a * s for a, s in zip(shrink, step, strict=True))
    zeros = ((shrink[1] - 1) * uneven[1], (shrink[2] - 1) * uneven[2])
    return Window(
        kernel=(kernel[0], kernel[1] + zeros[0], kernel[2] + zeros[1]),
        stride=stride,
        depth_before=before[0] * shrink[0],
        padding=padding,
        zeros_before=zeros,
        dilation=triple_of(operation.dilation),
    )


def _triple(values: Iterable[int]) -> Triple:
    depth, height, width = values
    return depth, height, width
