# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Fits a trained model's readout to the spikes that the chip will show it.

What a readout weighs are filtered spikes of an example that follows another.
Their noise is not that of any one layer, and no layer behind takes it back.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from .network import VALUES_AT_ONCE, Network
from .scores import decide
from .spiking import SpikingRun

LEAST, MOST = 200, 2048  # examples that a readout is fitted to
ROW = 32  # examples in a row, of which the first begins at rest
READINGS = 3  # of an example that is decided by its end, in its last quarter
HELD_OUT = 4  # a fourth tells whether it is worth it
RATE, BATCH, UPDATES = 0.03, 256, 200
# Of a kernel's squared distance from the trained one, for each value.
COST = 2e-4
# Of the most varied value: what a value is divided by at least.
FAINTEST = 0.01

Pair = tuple[NDArray[np.float32], NDArray[Any]]


@dataclass(frozen=True)
class ReadoutFit:
    """Fits readouts of a network's models to ``count`` examples.

    ``sample`` is what they are drawn from, x of (examples, *shape) and y;
    ``class_weight`` is what an example of each class counts.
    """

    network: Network
    sample: Pair
    count: int
    class_weight: dict[int, float] | None = None

    def fit(self, model: keras.Model) -> str:
        """Fit a model's readout; say what came of it.

        The model runs with the scales that it has. Its readout stays as it is
        where there are too few examples, or none of some class, or where the
        loss of those held out becomes no less.
        """
        readout = model.get_layer(self.network.readout.name)
        values = readout.input.shape[-1]
        most = min(self.count, MOST, VALUES_AT_ONCE // (READINGS * values))
        order = np.random.RandomState(0).permutation(len(self.sample[0]))
        x, y = (whole[order[:most]] for whole in self.sample)
        if reason := self._reason(y):
            return f"readout as trained: {reason}"
        shown, labels = spikes_of(self.network, model, x, y)
        loss, weight = model.loss, self.class_weight
        before, after, weights = _fitted(readout, loss, shown, labels, weight)
        if not after < before:
            return "readout as trained: a fit to spikes is no better"
        readout.set_weights(weights)
        losses = f"loss of others {after:.3g}, before {before:.3g}"
        return f"readout fitted to spikes of {len(x)} examples: {losses}"

    def _reason(self, y: NDArray[Any]) -> str:
        """Say what keeps it from being fitted to examples of labels ``y``."""
        if self.count < LEAST:
            return "so short a training is not worth a fit to spikes"
        if len(y) < LEAST:
            return f"{len(y)} examples are too few to fit it to spikes"
        classes = set(range(self.network.readout.units))
        lack = classes - {*y.tolist()} if self.network.readout.classes else ()
        if lack:
            return f"no example of class {min(lack)} to fit it to spikes"
        return ""


def spikes_of(
    network: Network,
    model: keras.Model,
    x: NDArray[np.float32],
    y: NDArray[Any],
) -> Pair:
    """Return what a readout gets to see of examples, and their labels.

    It is (readings, values); examples that began at rest are left out.
    """
    run, shown, labels = SpikingRun(network, model), [], []
    values = model.get_layer(network.readout.name).input.shape[-1]
    room = min(
        network.examples_at_once,
        VALUES_AT_ONCE // (network.steps * values),
    )
    streams = max(1, min(len(x) // ROW, room))
    run.begin(streams)
    for start in range(0, len(x) - streams + 1, streams):
        part = slice(start, start + streams)
        readings = _readings(network, run.present(x[part]))
        if start:
            shown += readings
            labels += [y[part]] * len(readings)
    return np.concatenate(shown), np.concatenate(labels)


def _readings(
    network: Network,
    steps: NDArray[np.float32],
) -> list[NDArray[np.float32]]:
    """Return what decides of an example, or might as well.

    ``steps`` are (steps, streams, values), each reading (streams, values).
    """
    readout = network.readout
    if readout.decide == "mean":
        return [decide(steps.swapaxes(0, 1), "mean")]
    # What a filter shows a time constant before is another draw of the noise.
    # Long before the end it is still that of the example before.
    apart = max(1, round((readout.synapse or 0.0) / network.dt))
    count = min(READINGS, 1 + len(steps) // 4 // apart)
    return list(steps[::-1][::apart][:count])


class _Head(NamedTuple):
    """A readout on values of one size, which makes all weights as quick to learn.

    It begins as the readout is, and ``kernel``, (values, units), is what it is
    kept near to.
    """

    kernel: NDArray[np.float32]
    bias: list[NDArray[np.float32]]
    loss: Any
    class_weight: dict[int, float] | None

    def loss_of(
        self,
        values: NDArray[np.float32],
        labels: NDArray[Any],
    ) -> float:
        """Return its loss as it is."""
        model = self._model(values)
        model.compile(loss=self.loss)
        return float(model.evaluate(values, labels, verbose=0))

    def fitted(
        self,
        values: NDArray[np.float32],
        labels: NDArray[Any],
    ) -> _Head:
        """Return it fitted to values, (readings, values)."""
        model = self._model(values)
        each = -(-len(values) // BATCH)
        epochs = -(-UPDATES // each)
        falling = keras.optimizers.schedules.CosineDecay(RATE, epochs * each)
        model.compile(keras.optimizers.Adam(falling), loss=self.loss)
        model.fit(
            values,
            labels,
            batch_size=BATCH,
            epochs=epochs,
            class_weight=self.class_weight,
            shuffle=False,  # they are; Keras would draw by no seed of ours
            verbose=0,
        )
        kernel, *bias = model.get_weights()
        return self._replace(kernel=kernel, bias=bias)

    def _model(self, values: NDArray[np.float32]) -> keras.Model:
        dense = keras.layers.Dense(
            self.kernel.shape[1],
            use_bias=bool(self.bias),
            kernel_initializer="zeros",
            kernel_regularizer=self._distance,
        )
        inputs = keras.Input(values.shape[1:])
        model = keras.Model(inputs, dense(inputs))
        dense.set_weights([self.kernel, *self.bias])
        return model

    def _distance(self, kernel: Any) -> Any:
        # The more values, the more of them stray by chance.
        cost = COST * len(self.kernel)
        return cost * tf.reduce_sum(tf.square(kernel - self.kernel))


def _fitted(
    readout: keras.layers.Layer,
    loss: Any,
    shown: NDArray[np.float32],
    labels: NDArray[Any],
    class_weight: dict[int, float] | None,
) -> tuple[float, float, list[NDArray[np.float32]]]:
    """Return what others lose before and after, and the readout's weights."""
    kernel, *bias = readout.get_weights()
    spread = shown.std(axis=0)
    spread = np.maximum(spread, max(FAINTEST * spread.max(), 1e-9))
    mean = shown.mean(axis=0) if bias else np.zeros_like(spread)
    values = (shown - mean) / spread
    shifted = [own + mean @ kernel for own in bias]
    head = _Head(kernel * spread[:, None], shifted, loss, class_weight)
    first = len(values) - len(values) // HELD_OUT
    others = values[first:], labels[first:]
    part = head.fitted(values[:first], labels[:first])
    before, after = head.loss_of(*others), part.loss_of(*others)
    best = head.fitted(values, labels)
    kernel = best.kernel / spread[:, None]
    weights = [kernel, *(own - mean @ kernel for own in best.bias)]
    return before, after, weights
