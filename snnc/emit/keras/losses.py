"""The loss of a network, as an expression and, where Keras has none, a function."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.emit.environment import render
from snnc.emit.python import number
from snnc.graph.logical import Network
from snnc.spec.training import CrossEntropy, Focal, MeanSquaredError

FUNCTIONS = "keras/templates/losses.py.jinja"


@dataclass(frozen=True, slots=True)
class LossCode:
    """What ``compile`` takes as its loss, and the function's text if it is our own."""

    expression: str
    function: str = ""


def loss_code(network: Network) -> LossCode:
    """Return the code of the network's loss, chosen by the readout if not written."""
    train = network.train
    classified = network.readout.labels is not None
    loss = train.loss or (CrossEntropy() if classified else MeanSquaredError())
    if isinstance(loss, CrossEntropy) and not train.label_smoothing:
        return LossCode("keras.losses.SparseCategoricalCrossentropy(from_logits=True)")
    if isinstance(loss, MeanSquaredError) and not classified:
        return LossCode("keras.losses.MeanSquaredError()")
    function = render(
        FUNCTIONS,
        kind=loss.kind,
        units=network.readout.units,
        smoothing=number(train.label_smoothing) if train.label_smoothing else "",
        **_focal(loss, network.readout.units),
    )
    return LossCode(loss.kind if loss.kind != "mse" else "squared_error", function)


def _focal(loss: CrossEntropy | Focal | MeanSquaredError, units: int) -> dict[str, str]:
    if not isinstance(loss, Focal):
        return {}
    alpha = number(loss.alpha)
    # The paper balances two classes; with more, alpha is one factor for all.
    balanced = f"tf.constant([1 - {alpha}, {alpha}])" if units == 2 else alpha
    return {"alpha": balanced, "gamma": number(loss.gamma)}
