# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Stops a training whose loss is NaN, and names the layer."""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from ..network import Layer
from .model import with_activations
from .training import DivergedError

EVERY = 32  # batches between copies of the weights, as copying takes time
ADVICE = "a smaller learning rate may do, or another `--seed`"


class StopAtNaN(keras.callbacks.Callback):
    """Raises DivergedError after the batch whose loss is NaN or infinite.

    Such an update makes all weights NaN. Weights from some batches earlier
    show at which layer values are NaN or too large.
    """

    def __init__(self, layers: Mapping[str, Layer], x: NDArray[Any]) -> None:
        """Take the network's layers, and some examples."""
        super().__init__()
        self._layers = layers
        self._x = x
        self._epoch = 0
        self._before: list[NDArray[Any]] = []

    def on_epoch_begin(
        self,
        epoch: int,
        logs: dict[str, float] | None = None,
    ) -> None:
        """Store the epoch's number."""
        self._epoch = epoch + 1

    def on_train_batch_end(
        self,
        batch: int,
        logs: dict[str, float] | None = None,
    ) -> None:
        """Check the loss; copy the weights now and then."""
        if math.isfinite((logs or {}).get("loss", 0.0)):
            if batch % EVERY == 0:
                self._before = [w.numpy() for w in self.model.weights]
            return
        if self._before:
            pairs = zip(self.model.weights, self._before, strict=True)
            for weight, value in pairs:
                weight.assign(value)
        message = f"the loss is NaN or infinite in epoch {self._epoch}"
        raise DivergedError(f"{message}: {self._where()}; {ADVICE}")

    def _where(self) -> str:
        """Name the layer whose values are NaN, or the largest."""
        # In the phase spikes, the Keras model is an attribute of the trained
        # model.
        model = getattr(self.model, "trained", self.model)
        probed = with_activations(model, self._layers)
        output, *values = probed.predict_on_batch(self._x)
        names = [*self._layers, "the readout"]
        sizes = [float(np.abs(value).max()) for value in [*values, output]]
        for name, size in zip(names, sizes, strict=True):
            if not math.isfinite(size):
                return f"{name} is the first layer whose values are no numbers"
        largest = int(np.argmax(sizes))
        return f"{names[largest]} has the largest values, {sizes[largest]:.3g}"
