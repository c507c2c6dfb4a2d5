"""The statements of ``build_model``: one for each layer of the spec."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.emit.python import (
    INDENT,
    WIDTH,
    argument,
    bracket,
    call,
    dims,
    exploded,
    items,
    number,
    quote,
    variables,
)
from snnc.ir.logical import (
    Add,
    AveragePool,
    Concat,
    Convolution,
    Dense,
    Input,
    Layer,
    MaxPool,
    Network,
    Rectify,
    Shape,
)
from snnc.ir.paths import reading_order

TAKEN = frozenset(
    {
        "LAYOUT",
        "NETWORK",
        "PathLike",
        "Rectify",
        "SEED",
        "SpikingLayers",
        "Weights",
        "annotations",
        "aware",
        "cross_entropy",
        "focal",
        "keras",
        "layers",
        "model_weights",
        "scaled",
        "seed",
        "set_model_weights",
        "shortcut",
        "spiking",
        "squared_error",
    }
)
"""Names that the generated module uses itself: no layer's variable hides them."""


def statements(network: Network) -> tuple[str, ...]:
    """Return the statements from the input to the model, without their indent."""
    return _Statements(network).all()


class _Statements:
    def __init__(self, network: Network) -> None:
        self._network = network
        layers = (layer.name for layer in network.layers)
        spec = (network.input.name, *layers, network.readout.name)
        self._variables = variables(spec, TAKEN)

    def all(self) -> tuple[str, ...]:
        network = self._network
        model_input = self._variables[network.input.name]
        reads = {layer.name: layer.reads for layer in network.layers}
        lines = self._input(network.input)
        for name in reading_order(reads):
            layer = network.by_name[name]
            lines += [*self._shortcut(layer), self._layer(layer)]
        readout = network.readout
        output = self._variables[readout.name]
        dense = ("layers.Dense", (str(readout.units), _name(readout.name)))
        source = self._variables[readout.sources[0]]
        options = self._l2(readout.l2)
        lines.append(_applied(output, "spiking.linear", dense, [source, *options]))
        ends = (model_input, output, _name(network.name))
        lines.append(bracket("return keras.Model(", ends, ")", INDENT))
        return tuple(lines)

    def _input(self, read: Input) -> list[str]:
        """Write the input and its mapping, whose variable then is the input's."""
        variable = self._variables[read.name]
        arguments = (items(read.shape), _name(read.name))
        lines = [call(f"{variable} = keras.Input", arguments, INDENT)]
        if read.scaled is None:
            return lines
        low, high = read.scaled
        spans = (high - low, read.high - read.low)
        divisor = "" if spans[1] == 1 else f" / {number(spans[1])}"
        scaling = [number(spans[0]) + divisor]
        if offset := low - read.low * spans[0] / spans[1]:
            scaling.append(f"offset={number(offset)}")
        scaling.append(_name(f"{read.name}.scaled"))
        head = "scaled = layers.Rescaling("
        lines.append(bracket(head, scaling, f")({variable})", INDENT))
        self._variables[read.name] = "scaled"
        return lines

    def _layer(self, layer: Layer) -> str:
        variable = self._variables[layer.name]
        sources = [self._variables[name] for name in layer.sources]
        name = _name(layer.name)
        match layer.operation:
            case AveragePool():
                head = f"{variable} = layers.{_pool(layer.operation)}"
                arguments = (*_window(layer.operation), name)
                return bracket(f"{head}(", arguments, f")({sources[0]})", INDENT)
            case MaxPool():
                pool = f"layers.{_pool(layer.operation)}"
                options = [*_window(layer.operation), name]
                return _applied(variable, "spiking.maxpool", (pool, options), sources)
            case Add():
                return _joined(f"{variable} = layers.Add(", name, sources)
            case Concat():
                return _joined(f"{variable} = layers.Concatenate(", name, sources)
            case _:
                function, given = _linear(layer)
                linear = function, (*given, name)
                return _applied(
                    variable, "spiking", linear, [sources[0], *self._options(layer)]
                )

    def _options(self, layer: Layer) -> list[str]:
        spiking = layer.spiking
        assert spiking is not None
        options = []
        if layer.shortcut is not None:
            own = layer.shortcut.stride is not None
            added = "shortcut" if own else self._variables[layer.shortcut.source]
            options.append(f"shortcut={added}")
        operation = layer.operation
        if isinstance(operation, Convolution) and operation.neuron_bias:
            options.append("neuron_bias=True")
        if spiking.batchnorm:
            options.append("batchnorm=True")
        if spiking.dropout:
            options.append(f"dropout={number(spiking.dropout)}")
        return options + self._l2(self._l2_of(layer))

    def _shortcut(self, layer: Layer) -> list[str]:
        """Write the kernel that a shortcut has of its own, if it has one."""
        shortcut = layer.shortcut
        if shortcut is None or shortcut.stride is None:
            return []
        source = self._variables[shortcut.source]
        channels = str(layer.shape[-1])
        function, arguments = "layers.Dense", [channels]
        if shortcut.stride:
            function = f"layers.Conv{len(shortcut.stride)}D"
            arguments = [channels, "1", *_strides(shortcut.stride)]
        arguments += ["use_bias=False", _name(f"{layer.name}.shortcut")]
        given = [source, *self._l2(self._l2_of(layer))]
        linear = function, arguments
        return [_applied("shortcut", "spiking.linear", linear, given)]

    def _l2(self, l2: float) -> list[str]:
        """Return the L2 of a kernel as an argument where it is not that of all."""
        return [] if l2 == self._network.train.l2 else [f"l2={number(l2)}"]

    def _l2_of(self, layer: Layer) -> float:
        """Return the L2 of a layer's kernels; an encoder's is the training's."""
        if layer.is_encoder or layer.spiking is None:
            return self._network.train.l2
        return layer.spiking.l2


Call = tuple[str, Sequence[str]]
"""A function and its arguments."""


def _applied(variable: str, function: str, layer: Call, others: Sequence[str]) -> str:
    """Write the statement that applies a layer of Keras to its source."""
    head = f"{variable} = {function}("
    built = f"{layer[0]}({', '.join(layer[1])})"
    line = f"{head}{', '.join((built, *others))})"
    if INDENT + len(line) <= WIDTH:
        return line
    return exploded(head, [argument(*layer, INDENT * 2), *others], ")", INDENT)


def _joined(head: str, name: str, sources: Sequence[str]) -> str:
    line = f"{head}{name})([{', '.join(sources)}])"
    if INDENT + len(line) <= WIDTH:
        return line
    constructor = bracket(head, [name], ")(", INDENT)
    listed = bracket("[", sources, "]", 2 * INDENT)
    return f"{constructor}\n{' ' * 2 * INDENT}{listed},\n{' ' * INDENT})"


def _linear(layer: Layer) -> tuple[str, list[str]]:
    """Return the constructor of a layer's linear part, and its arguments."""
    channels = str(layer.shape[-1])
    match layer.operation:
        case Convolution():
            function, arguments = _convolution(layer.operation, layer.shape[-1])
            return f"layers.{function}", arguments
        case Dense(bias):
            return "layers.Dense", [channels, *_without(bias)]
        case Rectify(scale, signed):
            return "Rectify", [number(scale), *(["signed=True"] if signed else [])]
    raise TypeError(f"{layer.kind} has no linear part")


def _convolution(operation: Convolution, filters: int) -> tuple[str, list[str]]:
    """Return a layer of Keras and its arguments.

    Keras has no depthwise layer over three axes, nor one of unequal strides; a
    convolution of as many groups as channels is the same.
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
        return f"DepthwiseConv{len(kernel)}D", [*given, *last]
    if groups != 1:
        given.append(f"groups={groups}")
    return f"Conv{len(kernel)}D", [str(filters), *given, *last]


def _pool(pool: AveragePool | MaxPool) -> str:
    kind = "Max" if isinstance(pool, MaxPool) else "Average"
    return f"{kind}Pooling{len(pool.window)}D"


def _window(pool: AveragePool | MaxPool) -> list[str]:
    given = [dims(pool.window)]
    if pool.stride != pool.window:
        given.append(f"strides={dims(pool.stride)}")
    if isinstance(pool, MaxPool) and pool.padding == "same":
        given.append('padding="same"')
    return given


def _strides(stride: Shape) -> tuple[str, ...]:
    return () if set(stride) == {1} else (f"strides={dims(stride)}",)


def _without(bias: bool) -> tuple[str, ...]:
    return () if bias else ("use_bias=False",)


def _name(name: str) -> str:
    return f"name={quote(name)}"
