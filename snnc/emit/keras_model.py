"""Generate ``keras_model.py`` of a network."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from math import prod
from typing import NamedTuple

from snnc.emit.files import GeneratedFile, render
from snnc.emit.python import INDENT, Bracket, call, items, number, quote, variables
from snnc.ir import logical
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Shape
from snnc.language.model import TrainSpec
from snnc.language.models import fields_of
from snnc.language.properties import Focal, MeanSquaredError

CLASSES = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def _optimizer(train: TrainSpec) -> Bracket:
    """Return the optimizer with the settings that differ from the Keras defaults."""
    optimizer = train.optimizer
    rate = number(optimizer.learning_rate)
    if train.schedule == "cosine":
        rate = f"keras.optimizers.schedules.CosineDecay({rate}, steps)"
    settings = (
        f"{name}={number(value)}"
        for name, field in fields_of(type(optimizer)).items()
        if name not in ("kind", "learning_rate")
        and (value := getattr(optimizer, name)) != field.default
    )
    function = f"optimizer=keras.optimizers.{CLASSES[optimizer.kind]}"
    return call(function, rate, *settings)


def loss_code(network: LogicalNetwork) -> tuple[str, str]:
    """Return the loss for ``compile``, and the function of ``losses`` that it needs."""
    loss, labels = network.train.loss, network.readout.labels
    smoothing = network.train.label_smoothing
    given = [number(smoothing)] if smoothing else []
    if isinstance(loss, Focal):
        arguments = [f"gamma={number(loss.gamma)}", f"alpha={number(loss.alpha)}"]
        arguments += [f"smoothing={value}" for value in given]
        return f"focal({', '.join(arguments)})", "focal"
    if labels is None:
        return "keras.losses.MeanSquaredError()", ""
    if isinstance(loss, MeanSquaredError):
        return f"squared_error({''.join(given)})", "squared_error"
    if given:
        return f"cross_entropy({''.join(given)})", "cross_entropy"
    return "keras.losses.SparseCategoricalCrossentropy(from_logits=True)", ""


def keras_model(network: LogicalNetwork) -> GeneratedFile:
    """Return the module that builds, compiles, saves and loads the Keras model."""
    loss, function = loss_code(network)
    metric = 'keras.metrics.SparseCategoricalAccuracy(name="accuracy")'
    if network.readout.labels is None:
        metric = 'keras.metrics.RootMeanSquaredError(name="rmse")'
    metrics = Bracket("metrics=[", (metric,), "]")
    optimizer = _optimizer(network.train)
    compiled = call("model.compile", optimizer, f"loss={loss}", metrics)
    return render(
        "keras_model.py",
        network,
        statements=[line.at(INDENT) for line in _Statements(network).all()],
        loss=function,
        compile=compiled.at(INDENT),
    )


TAKEN = {"LAYOUT", "NETWORK", "PathLike", "SEED", "SpikingLayers", "Weights"}
TAKEN |= {"annotations", "cross_entropy", "flat", "focal", "he_uniform", "keras", "l2"}
TAKEN |= {"layers", "model_weights", "pixel", "scaled", "seed", "set_model_weights"}
TAKEN |= {"shortcut", "signed", "spiking", "squared_error"}
"""Names that the generated module uses itself and layer variables must not shadow."""


Written = Generator[Bracket, None, str]
"""Statements, and the variable with their result."""


class _Linear(NamedTuple):
    """A Keras layer: its class, its arguments, its kernel and how that is drawn."""

    layer: str
    arguments: list[str]
    kernel: str = "kernel"
    drawn: str = ""


class _Statements:
    """Writes the statements from the input to the model, one per layer of the spec."""

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
            yield from self._layer(layer)
        yield from self._readout(network.readout)
        output = self._variables[network.readout.name]
        yield call("return keras.Model", model_input, output, _name(network.name))

    def _input(self, read: logical.InputLayer) -> Iterator[Bracket]:
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

    def _readout(self, readout: logical.ReadoutLayer) -> Iterator[Bracket]:
        output, (source,) = self._variables[readout.name], readout.sources
        if readout.convolution is None:
            read = yield from self._flatten(readout.name, source)
            linear = _Linear("Dense", [str(readout.units)])
        else:
            read = self._variables[source]
            linear = _convolution(readout.convolution, readout.image[-1])
        head = f"{output} = layers.{linear.layer}("
        kernel = self._kernel(readout.name, self._network.train.l2)
        arguments = (*linear.arguments, *kernel, _name(readout.name))
        yield Bracket(head, arguments, f")({read})")
        if readout.convolution is not None:
            name = _name(f"{readout.name}.flat")
            yield Bracket(f"{output} = layers.Flatten(", (name,), f")({output})")

    def _layer(self, layer: LogicalLayer) -> Iterator[Bracket]:
        variable, name = self._variables[layer.name], _name(layer.name)
        sources = [self._variables[source] for source in layer.sources]
        match layer.operation:
            case logical.AveragePooling() | logical.MaxPooling() as pool:
                function, *window = _pooling(pool)
                head = f"{variable} = layers.{function}("
                yield Bracket(head, (*window, name), f")({sources[0]})")
            case logical.Add():
                yield _call_on_list(f"{variable} = layers.Add(", name, sources)
            case logical.Concat():
                yield _call_on_list(f"{variable} = layers.Concatenate(", name, sources)
            case _:
                assert layer.spiking is not None
                added = yield from self._shortcut(layer, layer.spiking.l2)
                read = yield from self._read(layer)
                linear = self._linear(layer, layer.spiking.l2)
                options = [f"shortcut={added}"] if added else []
                options += _options(layer, layer.spiking)
                yield call(f"{variable} = spiking", linear, read, *options)

    def _shortcut(self, layer: LogicalLayer, l2: float) -> Written:
        """Write a shortcut with a kernel; return what a shortcut adds, if any."""
        shortcut = layer.shortcut
        if shortcut is None or shortcut.stride is None:
            return "" if shortcut is None else self._variables[shortcut.source]
        name, outputs = f"{layer.name}.shortcut", layer.shape[-1]
        if stride := shortcut.stride:
            source = self._variables[shortcut.source]
            linear = _convolution(logical.pointwise(len(stride), stride), outputs)
        else:
            source = yield from self._flatten(name, shortcut.source)
            linear = _Linear("Dense", [str(outputs), *_without(bias=False)])
        arguments = (*linear.arguments, *self._kernel(name, l2), _name(name))
        yield Bracket(f"shortcut = layers.{linear.layer}(", arguments, f")({source})")
        return "shortcut"

    def _read(self, layer: LogicalLayer) -> Written:
        """Write what a layer with neurons does to its source, and return its input."""
        operation, source = layer.operation, layer.sources[0]
        variable, shape = self._variables[source], self._network.shape_of(source)
        if isinstance(operation, logical.Dense):
            return (yield from self._flatten(layer.name, source))
        if isinstance(operation, logical.TransposedConvolution) and len(shape) == 1:
            # It reads features as one pixel.
            arguments = (items((1, 1, *shape)), _name(f"{layer.name}.pixel"))
            yield Bracket("pixel = layers.Reshape(", arguments, f")({variable})")
            return "pixel"
        if isinstance(operation, logical.RateCode) and operation.signed:
            factor = ("-1", _name(f"{layer.name}.negative"))
            negative = Bracket("layers.Rescaling(", factor, f")({variable})")
            name, both = _name(f"{layer.name}.signed"), (variable, negative)
            yield _call_on_list("signed = layers.Concatenate(", name, both)
            return "signed"
        return variable

    def _flatten(self, reader: str, source: str) -> Written:
        """Flatten a dense layer's input, unless it has one axis; return the input."""
        variable = self._variables[source]
        if len(self._network.shape_of(source)) == 1:
            return variable
        name = _name(f"{reader}.flat")
        yield Bracket("flat = layers.Flatten(", (name,), f")({variable})")
        return "flat"

    def _linear(self, layer: LogicalLayer, l2: float) -> Bracket:
        """Write the Keras layer between a layer's input and its neurons."""
        name, channels = _name(layer.name), str(layer.shape[-1])
        match layer.operation:
            case logical.RateCode(scale):
                factor = "1" if scale == 1 else f"1 / {number(scale)}"
                return call("layers.Rescaling", factor, name)
            case logical.Convolution() as convolution:
                linear = _convolution(convolution, layer.shape[-1])
            case logical.TransposedConvolution(
                kernel, stride, padding, bias, neuron_bias
            ):
                given = [channels, dims(kernel), *_strides(stride)]
                if padding != "valid":
                    given.append(f'padding="{padding}"')
                given += _without(bias and not neuron_bias)
                drawn = f"outputs={prod(stride)}"
                linear = _Linear("Conv2DTranspose", given, drawn=drawn)
            case logical.Dense(bias):
                linear = _Linear("Dense", [channels, *_without(bias)])
            case _:
                raise TypeError(f"{layer.kind} has no linear part")
        drawing = self._kernel(layer.name, l2, linear.kernel, linear.drawn)
        return call(f"layers.{linear.layer}", *linear.arguments, *drawing, name)

    def _kernel(
        self, name: str, l2: float, kind: str = "kernel", drawn: str = ""
    ) -> Iterator[str | Bracket]:
        """Write the arguments that set how a kernel is drawn and penalized."""
        arguments = [quote(name), "seed", *([drawn] if drawn else [])]
        yield call(f"{kind}_initializer=he_uniform", *arguments)
        if l2 and l2 == self._network.train.l2:
            yield f"{kind}_regularizer=l2"
        elif l2:
            yield f"{kind}_regularizer=keras.regularizers.L2({number(l2)})"


def _call_on_list(head: str, name: str, sources: Sequence[str | Bracket]) -> Bracket:
    layer = Bracket(head, (name,), ")(").at(INDENT)
    return Bracket(layer, (Bracket("[", sources, "]"),), exploded="\n" in layer)


def _options(layer: LogicalLayer, spiking: logical.Spiking) -> Iterator[str]:
    """Write the settings of a layer's neurons."""
    if layer.has_neuron_bias:
        yield "neuron_bias=True"
    if spiking.batchnorm:
        yield "batchnorm=True"
    if spiking.dropout:
        yield f"dropout={number(spiking.dropout)}"


def _convolution(operation: logical.Convolution, filters: int) -> _Linear:
    """Return the Keras layer of a convolution.

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
        # For a depthwise kernel, Keras counts all channels as inputs.
        drawn = f"channels={groups}" if groups != 1 else ""
        name = f"DepthwiseConv{len(kernel)}D"
        return _Linear(name, [*given, *last], "depthwise", drawn)
    if groups != 1:
        given.append(f"groups={groups}")
    return _Linear(f"Conv{len(kernel)}D", [str(filters), *given, *last])


def _pooling(pool: logical.AveragePooling | logical.MaxPooling) -> Iterator[str]:
    """Yield the Keras layer of a pool, and its arguments."""
    kind = "Max" if isinstance(pool, logical.MaxPooling) else "Average"
    yield f"{kind}Pooling{len(pool.window)}D"
    yield dims(pool.window)
    if pool.stride != pool.window:
        yield f"strides={dims(pool.stride)}"
    if isinstance(pool, logical.MaxPooling) and pool.padding == "same":
        yield 'padding="same"'


def dims(sizes: Shape) -> str:
    """Write sizes for a Keras layer: one number if all are equal."""
    return str(sizes[0]) if len(set(sizes)) == 1 else items(sizes)


def _strides(stride: Shape) -> tuple[str, ...]:
    return () if set(stride) == {1} else (f"strides={dims(stride)}",)


def _without(bias: bool) -> tuple[str, ...]:
    return () if bias else ("use_bias=False",)


def _name(name: str) -> str:
    return f"name={quote(name)}"
