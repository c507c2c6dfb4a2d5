"""Generate ``keras_model.py`` of a network."""

from __future__ import annotations

from typing import NamedTuple

from snnc.emit.files import Module, render
from snnc.emit.keras_statements import statements
from snnc.emit.python import INDENT, Bracket, call, number
from snnc.ir.logical import LogicalNetwork
from snnc.language.model import TrainSpec
from snnc.language.models import fields_of
from snnc.language.properties import Focal, MeanSquaredError, Optimizer

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
    return render(
        "keras_model.py",
        network,
        statements=statements(network),
        loss=loss.function,
        compile=compile_code(network, loss.expression),
    )
