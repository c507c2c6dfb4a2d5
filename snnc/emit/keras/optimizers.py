"""The ``compile`` statement: optimizer, loss and metrics."""

from __future__ import annotations

from snnc.emit.python import INDENT, bracket, call, number
from snnc.graph.logical import Network
from snnc.spec.training import Adam, AdamW, Optimizer, Sgd, TrainSpec

CLASSES = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def compile_code(network: Network, loss: str) -> str:
    """Return the statement that compiles ``model``, indented for a function."""
    classified = network.readout.labels is not None
    metric = (
        'keras.metrics.SparseCategoricalAccuracy(name="accuracy")'
        if classified
        else 'keras.metrics.RootMeanSquaredError(name="rmse")'
    )
    inner = 2 * INDENT
    arguments = (
        _optimizer(network.train, inner),
        f"loss={loss}",
        bracket("metrics=[", (metric,), "]", inner),
    )
    return call("model.compile", arguments, INDENT)


def _optimizer(train: TrainSpec, indent: int) -> str:
    optimizer = train.optimizer
    rate = number(optimizer.learning_rate)
    if train.schedule == "cosine":
        rate = f"keras.optimizers.schedules.CosineDecay({rate}, steps)"
    function = f"optimizer=keras.optimizers.{CLASSES[optimizer.kind]}"
    return call(function, (rate, *_settings(optimizer)), indent)


def _settings(optimizer: Optimizer) -> tuple[str, ...]:
    """Return the settings that are not Keras's own defaults."""
    usual = _usual(optimizer).model_dump()
    written = optimizer.model_dump(exclude={"kind", "learning_rate"})
    return tuple(
        f"{key}={number(value)}"
        for key, value in written.items()
        if value != usual[key]
    )


def _usual(optimizer: Optimizer) -> Optimizer:
    match optimizer:
        case Adam():
            return Adam()
        case AdamW():
            return AdamW()
        case Sgd():
            return Sgd()
