"""The linear part of a layer: convolutions, matrices, pools, joins, shortcuts."""

from __future__ import annotations

from snnc.emit.keras.writer import Writer
from snnc.emit.python import dims, number
from snnc.graph.logical import (
    Add,
    AveragePool,
    Concat,
    Convolution,
    Dense,
    Layer,
    Network,
    Readout,
    Rectify,
    Shape,
    Shortcut,
)


def write_operation(writer: Writer, network: Network, layer: Layer) -> None:
    """Write what a layer does to its sources."""
    sources = [writer.names[name] for name in layer.sources]
    match layer.operation:
        case Convolution():
            _convolution(writer, layer, layer.operation, l2_of(network, layer))
        case Dense():
            _dense(writer, network, layer, layer.operation)
        case Rectify():
            _rectify(writer, layer, layer.operation)
        case AveragePool():
            _pool(writer, layer, layer.operation)
        case Add():
            writer.apply(layer.name, "keras.layers.Add", (), sources)
        case Concat():
            writer.apply(layer.name, "keras.layers.Concatenate", (), sources)


def write_readout(writer: Writer, network: Network, readout: Readout) -> None:
    """Write the linear layer whose values the model returns."""
    flat = _flattened(writer, network, readout.name, readout.sources[0])
    arguments = (str(readout.units), *writer.kernel(readout.l2))
    writer.apply(readout.name, "keras.layers.Dense", arguments, [flat])


def write_shortcut(
    writer: Writer, network: Network, layer: Layer, shortcut: Shortcut
) -> None:
    """Add a shortcut's source, as it is or through a kernel of its own."""
    own = writer.names[layer.name]
    added = writer.names[shortcut.source]
    if shortcut.stride is not None:
        _learned_shortcut(writer, network, layer, shortcut.source, shortcut.stride)
        added = "shortcut"
    writer.apply(layer.name, "keras.layers.Add", (), (own, added), part="sum")


def l2_of(network: Network, layer: Layer) -> float:
    """Return the L2 of a layer's kernels; an encoder's is the training's."""
    if layer.is_encoder or layer.spiking is None:
        return network.train.l2
    return layer.spiking.l2


def _convolution(
    writer: Writer, layer: Layer, operation: Convolution, l2: float
) -> None:
    arguments = [str(layer.shape[-1]), dims(operation.kernel)]
    arguments += _strides(operation.stride)
    if operation.padding == "same":
        arguments.append('padding="same"')
    arguments += _without_bias(operation.bias)
    arguments += writer.kernel(l2)
    function = f"keras.layers.Conv{len(operation.kernel)}D"
    writer.apply(layer.name, function, arguments, [writer.names[layer.sources[0]]])


def _dense(writer: Writer, network: Network, layer: Layer, operation: Dense) -> None:
    flat = _flattened(writer, network, layer.name, layer.sources[0])
    arguments = [str(layer.shape[-1]), *_without_bias(operation.bias)]
    arguments += writer.kernel(l2_of(network, layer))
    writer.apply(layer.name, "keras.layers.Dense", arguments, [flat])


def _flattened(writer: Writer, network: Network, layer: str, source: str) -> str:
    if len(network.shape_of(source)) == 1:
        return writer.names[source]
    inputs = [writer.names[source]]
    writer.apply(layer, "keras.layers.Flatten", (), inputs, part="flat")
    return writer.names[layer]


def _rectify(writer: Writer, layer: Layer, operation: Rectify) -> None:
    source = [writer.names[layer.sources[0]]]
    scale = number(operation.scale)
    rescaling = "keras.layers.Rescaling"
    if not operation.signed:
        writer.apply(layer.name, rescaling, [f"1 / {scale}"], source)
        return
    off = f"{layer.name}.off"
    writer.assign("opposite", off, rescaling, [f"-1 / {scale}"], source)
    writer.apply(layer.name, rescaling, [f"1 / {scale}"], source, part="on")
    both = (writer.names[layer.name], "opposite")
    writer.apply(layer.name, "keras.layers.Concatenate", (), both)


def _pool(writer: Writer, layer: Layer, operation: AveragePool) -> None:
    arguments = [dims(operation.window)]
    if operation.stride != operation.window:
        arguments.append(f"strides={dims(operation.stride)}")
    function = f"keras.layers.AveragePooling{len(operation.window)}D"
    writer.apply(layer.name, function, arguments, [writer.names[layer.sources[0]]])


def _learned_shortcut(
    writer: Writer, network: Network, layer: Layer, source: str, stride: Shape
) -> None:
    inputs = [writer.names[source]]
    channels = str(layer.shape[-1])
    name = f"{layer.name}.shortcut"
    kernel = ("use_bias=False", *writer.kernel(l2_of(network, layer)))
    if stride:
        arguments = (channels, "1", *_strides(stride), *kernel)
        function = f"keras.layers.Conv{len(stride)}D"
        writer.assign("shortcut", name, function, arguments, inputs)
        return
    if len(network.shape_of(source)) > 1:
        writer.assign("shortcut", f"{name}.flat", "keras.layers.Flatten", (), inputs)
        inputs = ["shortcut"]
    arguments = (channels, *kernel)
    writer.assign("shortcut", name, "keras.layers.Dense", arguments, inputs)


def _strides(stride: Shape) -> tuple[str, ...]:
    return () if set(stride) == {1} else (f"strides={dims(stride)}",)


def _without_bias(bias: bool) -> tuple[str, ...]:
    return () if bias else ("use_bias=False",)
