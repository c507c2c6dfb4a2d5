"""The loss of a network, as an expression."""

from __future__ import annotations

from typing import NamedTuple

from snnc.emit.python import number
from snnc.graph.logical import Network
from snnc.spec.training import CrossEntropy, Focal, MeanSquaredError


class LossCode(NamedTuple):
    """What ``compile`` takes as its loss, and what that needs of ``losses``."""

    expression: str
    function: str = ""


def loss_code(network: Network) -> LossCode:
    """Return the code of the network's loss, chosen by the readout if not written."""
    train = network.train
    classified = network.readout.labels is not None
    loss = train.loss or (CrossEntropy() if classified else MeanSquaredError())
    smoothing = [number(train.label_smoothing)] if train.label_smoothing else []
    if isinstance(loss, Focal):
        arguments = [f"gamma={number(loss.gamma)}", f"alpha={number(loss.alpha)}"]
        arguments += [f"smoothing={value}" for value in smoothing]
        return LossCode(f"focal({', '.join(arguments)})", "focal")
    if isinstance(loss, MeanSquaredError):
        if not classified:
            return LossCode("keras.losses.MeanSquaredError()")
        return LossCode(f"squared_error({''.join(smoothing)})", "squared_error")
    if smoothing:
        return LossCode(f"cross_entropy({''.join(smoothing)})", "cross_entropy")
    return LossCode("keras.losses.SparseCategoricalCrossentropy(from_logits=True)")
