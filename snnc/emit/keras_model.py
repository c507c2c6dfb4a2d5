"""Generate ``keras_model.py`` and ``train.py`` of a network."""

from __future__ import annotations

from typing import NamedTuple

from snnc.emit.files import Module, render
from snnc.emit.keras_statements import statements
from snnc.emit.python import (
    INDENT,
    Bracket,
    call,
    docstring,
    items,
    number,
    quote,
)
from snnc.ir.logical import LogicalNetwork, Shape
from snnc.language.model import TrainSpec
from snnc.language.models import fields_of
from snnc.language.properties import Focal, MeanSquaredError, Optimizer
from snnc.language.readers import PHASES

CLASSES = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def compile_code(network: LogicalNetwork, loss: str) -> str:
    """Return the statement that compiles ``model``, indented for a function."""
    classified = network.readout.labels is not None
    metric = (
        'keras.metrics.SparseCategoricalAccuracy(name="accuracy")'
        if classified
        else 'keras.metrics.RootMeanSquaredError(name="rmse")'
    )
    metrics = Bracket("metrics=[", (metric,), "]")
    optimizer = _optimizer(network.train)
    return call("model.compile", optimizer, f"loss={loss}", metrics).at(INDENT)


def _optimizer(train: TrainSpec) -> Bracket:
    optimizer = train.optimizer
    rate = number(optimizer.learning_rate)
    if train.schedule == "cosine":
        rate = f"keras.optimizers.schedules.CosineDecay({rate}, steps)"
    function = f"optimizer=keras.optimizers.{CLASSES[optimizer.kind]}"
    return call(function, rate, *_optimizer_settings(optimizer))


def _optimizer_settings(optimizer: Optimizer) -> tuple[str, ...]:
    """Return the settings that differ from the Keras defaults."""
    return tuple(
        f"{name}={number(value)}"
        for name, field in fields_of(type(optimizer)).items()
        if name not in ("kind", "learning_rate")
        and (value := getattr(optimizer, name)) != field.default
    )


class LossCode(NamedTuple):
    """The loss for ``compile``, and the function that it needs from ``losses``."""

    expression: str
    function: str = ""


def loss_code(network: LogicalNetwork) -> LossCode:
    """Return the code of the network's loss; the default depends on the readout."""
    train = network.train
    classified = network.readout.labels is not None
    smoothing = [number(train.label_smoothing)] if train.label_smoothing else []
    loss = train.loss
    if isinstance(loss, Focal):
        arguments = [f"gamma={number(loss.gamma)}", f"alpha={number(loss.alpha)}"]
        arguments += [f"smoothing={value}" for value in smoothing]
        return LossCode(f"focal({', '.join(arguments)})", "focal")
    if isinstance(loss, MeanSquaredError) or not (loss or classified):
        if not classified:
            return LossCode("keras.losses.MeanSquaredError()")
        return LossCode(f"squared_error({''.join(smoothing)})", "squared_error")
    if smoothing:
        return LossCode(f"cross_entropy({''.join(smoothing)})", "cross_entropy")
    return LossCode("keras.losses.SparseCategoricalCrossentropy(from_logits=True)")


def keras_model(network: LogicalNetwork) -> Module:
    """Return the module that builds, compiles, saves and loads the Keras model."""
    loss = loss_code(network)
    summary = "The Keras model of {name}: its layers, its loss and its weights."
    return render(
        "keras_model.py",
        network.name,
        (summary, network.about),
        description=_description(network),
        returned="logits" if network.readout.labels is not None else "predictions",
        seed=network.train.seed,
        statements=statements(network),
        loss=loss.function,
        cosine=network.train.schedule == "cosine",
        compile=compile_code(network, loss.expression),
    )


def _description(network: LogicalNetwork) -> str:
    read, readout = network.input, network.readout
    return docstring(
        f"It reads ``{read.name}``, {_batch(read.shape)}, values in"
        f" {read.low:g}..{read.high:g}, and returns ``{readout.name}``,"
        f" {_batch(readout.shape)}. An activation of 1.0 corresponds to the upper rate"
        " of its layer.",
        indent=4,
    )


def _batch(shape: Shape) -> str:
    return items(("batch", *shape))


def train(network: LogicalNetwork) -> Module:
    """Return the module that trains the Keras model and writes its weights."""
    settings = network.train
    return render(
        "train.py",
        network.name,
        ("Train {name} and write its weights.", _command(network)),
        epochs=settings.epochs,
        batch=settings.batch,
        validation=number(settings.validation),
        seed=settings.seed,
        cosine=settings.schedule == "cosine",
        balanced=settings.class_weight == "balanced",
        phases="" if settings.phases == PHASES else items(map(quote, settings.phases)),
        data_doc=docstring(
            f"``x`` is an array {examples_shape(network)} with its ``y``,"
            f" {labels_shape(network)}, or a tf.data.Dataset of both, as single"
            " examples or batches.",
            indent=4,
        ),
    )


def _command(network: LogicalNetwork) -> str:
    return (
        f"``python -m {network.name}.train --data data.npz --weights w.safetensors``,"
        f" where data.npz contains ``x``, {examples_shape(network)}, and ``y``,"
        f" {labels_shape(network)}."
    )


def examples_shape(network: LogicalNetwork) -> str:
    """Write the shape of examples."""
    return items(("examples", *network.input.shape))


def labels_shape(network: LogicalNetwork) -> str:
    """Describe the labels or targets of examples."""
    if network.readout.labels is None:
        return f"values (examples, {network.readout.units})"
    return f"labels (examples,), integers below {network.readout.units}"
