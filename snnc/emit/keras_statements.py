"""The statements of ``build_model``, one per layer of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from snnc.emit.python import (
    INDENT,
    Bracket,
    call,
    dims,
    items,
    number,
    quote,
    variables,
)
from snnc.ir.logical import (
    Add,
    AveragePooling,
    Concat,
    Convolution,
    Dense,
    InputLayer,
    LogicalLayer,
    LogicalNetwork,
    MaxPooling,
    RateCode,
    Shape,
    TransposedConvolution,
)

TAKEN = frozenset(
    {
        "LAYOUT",
        "NETWORK",
        "PathLike",
        "SEED",
        "SpikingLayers",
        "Weights",
        "annotations",
        "cross_entropy",
        "flat",
        "focal",
        "he_uniform",
        "keras",
        "l2",
        "layers",
        "model_weights",
        "pixel",
        "scaled",
        "seed",
        "set_model_weights",
        "shortcut",
        "signed",
        "spiking",
        "squared_error",
    }
)
"""Names that the generated module uses itself and layer variables must not shadow."""


def statements(network: LogicalNetwork) -> tuple[str, ...]:
    """Return the statements from the input to the model, unindented."""
    return tuple(line.at(INDENT) for line in _Statements(network).all())


class _Statements:
    def __init__(self, network: LogicalNetwork) -> None:
        self._network = network
        layers = (layer.name for layer in network.layers)
        spec = (network.input.name, *layers, network.readout.name)
        self._variables = variables(spec, TAKEN)

    def all(self) -> Iterator[Bracket]:
        network = self._network
        if network.train.l2:
            yield call("l2 = keras.regularizers.L2", number(network.train.l2))
        model_input = self._variables[network.input.name]
        yield from self._input(network.input)
        for layer in network.in_reading_order:
            yield from self._shortcut(layer)
            if isinstance(layer.operation, Dense):
                yield from self._flatten(layer.name, layer.sources[0])
            if self._is_pixel(layer):
                yield from self._pixel(layer)
            if isinstance(layer.operation, RateCode) and layer.operation.signed:
                yield self._signed(layer)
            yield self._layer(layer)
        readout = network.readout
        output = self._variables[readout.name]
        (source,) = readout.sources
        kernel = self._kernel(readout.name, readout.l2)
        if readout.convolution is None:
            yield from self._flatten(readout.name, source)
            kind, given = "layers.Dense", [str(readout.units)]
            read = self._read_by_dense(source)
        else:
            operation, filters = readout.convolution, readout.image[-1]
            kind, given, _ = _convolution(operation, filters)
            read = self._variables[source]
        arguments = (*given, *kernel, _name(readout.name))
        yield Bracket(f"{output} = {kind}(", arguments, f")({read})")
        if readout.convolution is not None:
            name = _name(f"{readout.name}.flat")
            yield Bracket(f"{output} = layers.Flatten(", (name,), f")({output})")
        yield call("return keras.Model", model_input, output, _name(network.name))

    def _input(self, read: InputLayer) -> Iterator[Bracket]:
        """Write the input and its mapping; the variable refers to the mapped values."""
        variable = self._variables[read.name]
        yield call(f"{variable} = keras.Input", items(read.shape), _name(read.name))
        if read.scaled is None:
            return
        low, high = read.scaled
        spans = (high - low, read.high - read.low)
        divisor = "" if spans[1] == 1 else f" / {number(spans[1])}"
        scaling = [number(spans[0]) + divisor]
        if offset := low - read.low * spans[0] / spans[1]:
            scaling.append(f"offset={number(offset)}")
        scaling.append(_name(f"{read.name}.scaled"))
        self._variables[read.name] = "scaled"
        yield Bracket("scaled = layers.Rescaling(", scaling, f")({variable})")

    def _layer(self, layer: LogicalLayer) -> Bracket:
        variable = self._variables[layer.name]
        sources = [self._variables[name] for name in layer.sources]
        name = _name(layer.name)
        match layer.operation:
            case AveragePooling() | MaxPooling():
                head = f"{variable} = layers.{_pool(layer.operation)}("
                window = (*_window(layer.operation), name)
                return Bracket(head, window, f")({sources[0]})")
            case Add():
                return _call_on_list(f"{variable} = layers.Add(", name, sources)
            case Concat():
                return _call_on_list(f"{variable} = layers.Concatenate(", name, sources)
            case _:
                linear, read = self._linear(layer), sources[0]
                if self._is_pixel(layer):
                    read = "pixel"
                if isinstance(layer.operation, Dense):
                    read = self._read_by_dense(layer.sources[0])
                if isinstance(layer.operation, RateCode) and layer.operation.signed:
                    read = "signed"
                options = self._options(layer)
                return call(f"{variable} = spiking", linear, read, *options)

    def _options(self, layer: LogicalLayer) -> list[str]:
        spiking = layer.spiking
        assert spiking is not None
        options = []
        if layer.shortcut is not None:
            own = layer.shortcut.stride is not None
            added = "shortcut" if own else self._variables[layer.shortcut.source]
            options.append(f"shortcut={added}")
        operation = layer.operation
        if getattr(operation, "neuron_bias", False):
            options.append("neuron_bias=True")
        if spiking.batchnorm:
            options.append("batchnorm=True")
        if spiking.dropout:
            options.append(f"dropout={number(spiking.dropout)}")
        return options

    def _shortcut(self, layer: LogicalLayer) -> Iterator[Bracket]:
        shortcut = layer.shortcut
        if shortcut is None or shortcut.stride is None:
            return
        name, channels = f"{layer.name}.shortcut", str(layer.shape[-1])
        arguments: list[str | Bracket] = [channels]
        if shortcut.stride:
            function = f"Conv{len(shortcut.stride)}D"
            source = self._variables[shortcut.source]
            arguments += ["1", *_strides(shortcut.stride)]
        else:
            yield from self._flatten(name, shortcut.source)
            function, source = "Dense", self._read_by_dense(shortcut.source)
        arguments += ["use_bias=False", *self._kernel(name, self._l2_of(layer))]
        arguments.append(_name(name))
        yield Bracket(f"shortcut = layers.{function}(", arguments, f")({source})")

    def _linear(self, layer: LogicalLayer) -> Bracket:
        function, given, kind = _parts(layer)
        arguments: list[str | Bracket] = [*given]
        operation = layer.operation
        if not isinstance(operation, RateCode):
            # For a depthwise kernel, Keras counts all channels as inputs.
            channels = 1
            if kind == "depthwise" and isinstance(operation, Convolution):
                channels = operation.groups
            if isinstance(operation, TransposedConvolution):
                channels = prod(operation.stride)
                kind = "transposed"
            arguments += self._kernel(layer.name, self._l2_of(layer), kind, channels)
        return call(function, *arguments, _name(layer.name))

    def _flatten(self, reader: str, source: str) -> Iterator[Bracket]:
        """Flatten a dense layer's input, unless it has one axis."""
        if self._read_by_dense(source) == "flat":
            tail = f")({self._variables[source]})"
            yield Bracket("flat = layers.Flatten(", (_name(f"{reader}.flat"),), tail)

    def _is_pixel(self, layer: LogicalLayer) -> bool:
        """Return whether a transposed convolution reads features as one pixel."""
        is_transposed = isinstance(layer.operation, TransposedConvolution)
        return is_transposed and len(self._network.shape_of(layer.sources[0])) == 1

    def _pixel(self, layer: LogicalLayer) -> Iterator[Bracket]:
        source = layer.sources[0]
        shape = items((1, 1, *self._network.shape_of(source)))
        arguments = (shape, _name(f"{layer.name}.pixel"))
        tail = f")({self._variables[source]})"
        yield Bracket("pixel = layers.Reshape(", arguments, tail)

    def _signed(self, layer: LogicalLayer) -> Bracket:
        """Write the input's values and their negatives."""
        values = self._variables[layer.sources[0]]
        factor = ("-1", _name(f"{layer.name}.negative"))
        negative = Bracket("layers.Rescaling(", factor, f")({values})")
        name = _name(f"{layer.name}.signed")
        return _call_on_list("signed = layers.Concatenate(", name, (values, negative))

    def _read_by_dense(self, source: str) -> str:
        has_one_axis = len(self._network.shape_of(source)) == 1
        return self._variables[source] if has_one_axis else "flat"

    def _kernel(
        self, name: str, l2: float, kind: str = "kernel", channels: int = 1
    ) -> Iterator[str | Bracket]:
        drawn = [quote(name), "seed"]
        if kind == "transposed":
            kind = "kernel"
            drawn.append(f"outputs={channels}")
        elif channels != 1:
            drawn.append(f"channels={channels}")
        yield call(f"{kind}_initializer=he_uniform", *drawn)
        if l2 and l2 == self._network.train.l2:
            yield f"{kind}_regularizer=l2"
        elif l2:
            yield f"{kind}_regularizer=keras.regularizers.L2({number(l2)})"

    def _l2_of(self, layer: LogicalLayer) -> float:
        """Return the L2 factor for a layer's kernels; encoders use that of `train`."""
        if layer.is_encoder or layer.spiking is None:
            return self._network.train.l2
        return layer.spiking.l2


def _call_on_list(head: str, name: str, sources: Sequence[str | Bracket]) -> Bracket:
    layer = Bracket(head, (name,), ")(").at(INDENT)
    return Bracket(layer, (Bracket("[", sources, "]"),), exploded="\n" in layer)


def _parts(layer: LogicalLayer) -> tuple[str, list[str], str]:
    """Return the constructor, arguments and kernel name of the linear part."""
    channels = str(layer.shape[-1])
    match layer.operation:
        case Convolution():
            return _convolution(layer.operation, layer.shape[-1])
        case TransposedConvolution(kernel, stride, padding, bias, neuron_bias):
            given = [channels, dims(kernel), *_strides(stride)]
            if padding != "valid":
                given.append(f'padding="{padding}"')
            given += _without(bias and not neuron_bias)
            return "layers.Conv2DTranspose", given, "kernel"
        case Dense(bias):
            return "layers.Dense", [channels, *_without(bias)], "kernel"
        case RateCode(scale):
            share = "1" if scale == 1 else f"1 / {number(scale)}"
            return "layers.Rescaling", [share], "kernel"
    raise TypeError(f"{layer.kind} has no linear part")


def _convolution(operation: Convolution, filters: int) -> tuple[str, list[str], str]:
    """Return a Keras layer, its arguments and the name of its kernel.

    Keras lacks depthwise layers over three axes or with unequal strides. A convolution
    with one group per channel is equivalent.
    """
    kernel, stride, groups = operation.kernel, operation.stride, operation.groups
    given = [dims(kernel), *_strides(stride)]
    if operation.padding != "valid":
        given.append(f'padding="{operation.padding}"')
    if set(operation.dilation) != {1}:
        given.append(f"dilation_rate={dims(operation.dilation)}")
    last = _without(operation.bias and not operation.neuron_bias)
    if operation.depthwise and len(kernel) < 3 and len(set(stride)) == 1:
        if filters != groups:
            given.append(f"depth_multiplier={filters // groups}")
        return f"layers.DepthwiseConv{len(kernel)}D", [*given, *last], "depthwise"
    if groups != 1:
        given.append(f"groups={groups}")
    return f"layers.Conv{len(kernel)}D", [str(filters), *given, *last], "kernel"


def _pool(pool: AveragePooling | MaxPooling) -> str:
    kind = "Max" if isinstance(pool, MaxPooling) else "Average"
    return f"{kind}Pooling{len(pool.window)}D"


def _window(pool: AveragePooling | MaxPooling) -> list[str]:
    given = [dims(pool.window)]
    if pool.stride != pool.window:
        given.append(f"strides={dims(pool.stride)}")
    if isinstance(pool, MaxPooling) and pool.padding == "same":
        given.append('padding="same"')
    return given


def _strides(stride: Shape) -> tuple[str, ...]:
    return () if set(stride) == {1} else (f"strides={dims(stride)}",)


def _without(bias: bool) -> tuple[str, ...]:
    return () if bias else ("use_bias=False",)


def _name(name: str) -> str:
    return f"name={quote(name)}"
