"""Generate ``keras_model.py`` of a network."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from snnc.emit.files import GeneratedFile, render
from snnc.emit.python import INDENT, Bracket, call, items, number, quote, variables
from snnc.ir import logical
from snnc.ir.logical import LogicalLayer, LogicalNetwork
from snnc.ir.operation import KerasLayer, OneOver, Operation
from snnc.ir.shapes import Shape
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
    arguments = [rate]
    for name, field in fields_of(type(optimizer)).items():
        value = getattr(optimizer, name)
        if name not in ("kind", "learning_rate") and value != field.default:
            arguments.append(f"{name}={number(value)}")
    head = f"optimizer=keras.optimizers.{CLASSES[optimizer.kind]}("
    return Bracket(head, arguments)


def loss_code(network: LogicalNetwork) -> tuple[str, str]:
    """Return the loss for ``compile``, and the function of ``losses`` that it needs."""
    loss = network.train.loss
    labels = network.readout.labels
    smoothing = network.train.label_smoothing
    smoothings = [number(smoothing)] if smoothing else []
    if isinstance(loss, Focal):
        arguments = [f"gamma={number(loss.gamma)}", f"alpha={number(loss.alpha)}"]
        arguments += [f"smoothing={value}" for value in smoothings]
        return f"focal({', '.join(arguments)})", "focal"
    if labels is None:
        return "keras.losses.MeanSquaredError()", ""
    if isinstance(loss, MeanSquaredError):
        return f"squared_error({''.join(smoothings)})", "squared_error"
    # Keras's own loss of integer labels doesn't smooth them.
    if smoothings:
        return f"cross_entropy({''.join(smoothings)})", "cross_entropy"
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


_TAKEN = """
LAYOUT NETWORK PathLike SEED SpikingLayers Weights annotations cross_entropy flat
focal he_uniform keras l2 layers model_weights pixel scaled seed set_model_weights
shortcut signed spiking squared_error
"""
TAKEN = frozenset(_TAKEN.split())
"""Names that the generated module uses itself and layer variables must not shadow."""


Written = Generator[Bracket, None, str]
"""Statements, and the variable with their result."""


class _Statements:
    """Writes the statements from the input to the model, one per layer of the spec.

    Users read and change this program, so it is plain Keras (decision 019).
    """

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
        # A quotient such as 1 / 255 says more than 0.0039.
        divisor = "" if spans[1] == 1 else f" / {number(spans[1])}"
        scaling = [number(spans[0]) + divisor]
        if offset := low - read.low * spans[0] / spans[1]:
            scaling.append(f"offset={number(offset)}")
        scaling.append(_name(f"{read.name}.scaled"))
        self._variables[read.name] = "scaled"
        yield Bracket("scaled = layers.Rescaling(", scaling, f")({variable})")

    def _readout(self, readout: logical.ReadoutLayer) -> Iterator[Bracket]:
        """Yield the readout, and the layer that flattens the image of a convolution."""
        output, (source,) = self._variables[readout.name], readout.sources
        operation = readout.operation
        read = yield from self._read(readout.name, operation, source)
        layer = operation.keras_layer(readout.image or readout.shape)
        linear = self._linear(readout.name, layer, self._network.train.l2)
        head = f"{output} = {linear.head}"
        yield replace(linear, head=head, tail=f")({read})")
        if readout.image:
            name = _name(f"{readout.name}.flat")
            yield Bracket(f"{output} = layers.Flatten(", (name,), f")({output})")

    def _layer(self, layer: LogicalLayer) -> Iterator[Bracket]:
        variable = self._variables[layer.name]
        sources = [self._variables[source] for source in layer.sources]
        operation = layer.operation
        if operation.has_weights or layer.is_encoder:
            l2 = layer.neuron_settings.training.l2 or 0.0
            added = yield from self._shortcut(layer, l2)
            read = yield from self._read(layer.name, operation, layer.sources[0])
            linear = self._linear(layer.name, operation.keras_layer(layer.shape), l2)
            options = [f"shortcut={added}"] if added else []
            options += _options(layer, layer.neuron_settings)
            yield Bracket(f"{variable} = spiking(", (linear, read, *options))
            return
        keras_layer = operation.keras_layer(layer.shape)
        head = f"{variable} = layers.{keras_layer.name}("
        if operation.joins:
            yield _call_on_list(head, _name(layer.name), sources)
        else:
            arguments = (*_arguments(keras_layer), _name(layer.name))
            yield Bracket(head, arguments, f")({sources[0]})")

    def _shortcut(self, layer: LogicalLayer, l2: float) -> Written:
        """Write a shortcut with a kernel; return what a shortcut adds, if any."""
        shortcut = layer.shortcut
        if shortcut is None:
            return ""
        if shortcut.operation is None:
            return self._variables[shortcut.source]
        name = f"{layer.name}.shortcut"
        source = yield from self._read(name, shortcut.operation, shortcut.source)
        linear = self._linear(name, shortcut.operation.keras_layer(layer.shape), l2)
        head = f"shortcut = {linear.head}"
        yield replace(linear, head=head, tail=f")({source})")
        return "shortcut"

    def _read(self, reader: str, operation: Operation, source: str) -> Written:
        """Write how a layer prepares its source, and return its input."""
        variable = self._variables[source]
        shape = self._network.shape_of(source)
        prepared = operation.keras_input(shape)
        # No name in a spec has a dot, so it never collides with a layer (decision 003).
        name = _name(f"{reader}.{prepared}")
        match prepared:
            case "":
                return variable
            case "flat":
                yield Bracket("flat = layers.Flatten(", (name,), f")({variable})")
            case "pixel":
                arguments = (items((1, 1, *shape)), name)
                yield Bracket("pixel = layers.Reshape(", arguments, f")({variable})")
            case "signed":
                factor = ("-1", _name(f"{reader}.negative"))
                negative = Bracket("layers.Rescaling(", factor, f")({variable})")
                both = (variable, negative)
                yield _call_on_list("signed = layers.Concatenate(", name, both)
            case _:
                raise ValueError(f"Keras has no input {prepared!r} for {reader}")
        return prepared

    def _linear(self, name: str, layer: KerasLayer, l2: float) -> Bracket:
        """Write the Keras layer between a layer's input and its neurons."""
        drawing = self._kernel(name, layer, l2) if layer.kernel else ()
        arguments = (*_arguments(layer), *drawing, _name(name))
        return Bracket(f"layers.{layer.name}(", arguments)

    def _kernel(
        self, name: str, layer: KerasLayer, l2: float
    ) -> Iterator[str | Bracket]:
        """Write the arguments that set how a kernel is drawn and penalized."""
        kind = layer.kernel
        # A seed depends on the name, so new layers change no others (decision 019).
        arguments = [quote(name), "seed"]
        arguments += [f"{key}={value}" for key, value in layer.drawn]
        yield Bracket(f"{kind}_initializer=he_uniform(", arguments)
        # The common penalty is a variable, so that a change of it changes one line.
        if l2 and l2 == self._network.train.l2:
            yield f"{kind}_regularizer=l2"
        elif l2:
            yield f"{kind}_regularizer=keras.regularizers.L2({number(l2)})"


def _call_on_list(head: str, name: str, sources: Sequence[str | Bracket]) -> Bracket:
    layer = Bracket(head, (name,), ")(").at(INDENT)
    return Bracket(layer, (Bracket("[", sources, "]"),), exploded="\n" in layer)


def _options(layer: LogicalLayer, spiking: logical.Spiking) -> Iterator[str]:
    """Write the settings of a layer's neurons."""
    if layer.operation.neuron_bias:
        yield "neuron_bias=True"
    training = spiking.training
    if training.batchnorm:
        yield "batchnorm=True"
    if training.dropout:
        yield f"dropout={number(training.dropout)}"


def _arguments(layer: KerasLayer) -> Iterator[str]:
    """Write the arguments of a Keras layer."""
    for key, value in layer.arguments:
        yield (f"{key}=" if key else "") + _value(value)


def _value(value: int | bool | str | Shape | OneOver) -> str:
    if isinstance(value, OneOver):
        return f"1 / {number(value.divisor)}"
    if isinstance(value, tuple):
        return dims(value)
    return quote(value) if isinstance(value, str) else str(value)


def dims(sizes: Shape) -> str:
    """Write sizes for a Keras layer: one number if all are equal."""
    return str(sizes[0]) if len(set(sizes)) == 1 else items(sizes)


def _name(name: str) -> str:
    return f"name={quote(name)}"
