# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Scales the weights of a network so that each layer keeps to its rates."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from .data import DataSpec, check_input
from .folding import scaled
from .layout import Layout, Tensors, Weights
from .model import driven, fired, set_model_weights
from .network import Layer, Network
from .scaling import CalibrationError, Measured, Scaling
from .statistics import Ranked, ranked
from .wiring import wiring_of

ROUNDS = 10  # one is enough, unless layers read discrete rates


class BuildModel(Protocol):
    """``keras_model.build_model`` of a package."""

    def __call__(self, aware: bool = ...) -> keras.Model:
        """Return a model."""


@dataclass(frozen=True)
class Calibration:
    """Scaled weights, the scale of each layer, and what was measured.

    ``change`` is by how much an output of the smooth model changes at most, as
    a share of the largest. ``fixed`` says of layers why they have no scale,
    ``missed`` names those whose rates are out of bounds.
    """

    tensors: Tensors
    scales: dict[str, float]
    before: dict[str, Measured]
    after: dict[str, Measured]
    change: float
    fixed: dict[str, str]
    missed: list[str]


@dataclass(frozen=True)
class Calibrator:
    """Scales the weights of one network on data."""

    network: Network
    layout: Layout
    build_model: BuildModel

    def calibrate(self, x: NDArray[Any], weights: Weights) -> Calibration:
        """Return weights with which each layer keeps to its rates.

        ``x`` is (examples, *the input's shape): the more, the truer the
        percentiles. A layer that keeps to
        its rates already has scale 1, unless it shares one; any other goes to
        the nearer bound. What the smooth model computes stays as it is, but
        for rounding. An encoder is scaled only as far as none of its values
        clips; LIF layers are left as they are, as no scale of them is exact.

        Raises DataError if the data do not fit, LayoutError if the weights do
        not, CalibrationError if no scale brings all layers to their rates.
        """
        x = check_input(x, DataSpec.of(self.network))
        tensors = self.layout.read(weights)
        layers = self.network.layers
        model = self.build_model(aware=self.network.aware)
        wiring = wiring_of(model, self.layout, tuple(layers))
        scaling = Scaling(self.network, wiring.groups)
        probed = self._probed(model, scaling)
        scales = dict.fromkeys(layers, 1.0)
        before = after = self._measure(probed, x, tensors, scaling)
        fixed = scaling.fixed(before)
        for _ in range(ROUNDS):
            steps = scaling.rescale(after, fixed)
            if all(step == 1 for step in steps.values()):
                break
            scales = {name: scales[name] * steps[name] for name in layers}
            final = scaled(tensors, scales, wiring)
            after = self._measure(probed, x, final, scaling)
        else:
            raise CalibrationError(scaling.not_settled(after, fixed, ROUNDS))
        final = scaled(tensors, scales, wiring)
        change = self._change(x, tensors, final)
        missed = scaling.missed(after)
        return Calibration(final, scales, before, after, change, fixed, missed)

    def _probed(self, model: keras.Model, scaling: Scaling) -> keras.Model:
        """Return a model of what scales are found from."""
        ends = []
        for name, layer in self.network.layers.items():
            find = driven if scaling.discrete(layer) else fired
            ends.append(find(model, name, layer))
        return keras.Model(model.input, [model.output, *ends])

    def _measure(
        self,
        probed: keras.Model,
        x: NDArray[np.float32],
        tensors: Tensors,
        scaling: Scaling,
    ) -> dict[str, Measured]:
        """Return what numpy.percentile would, without holding all values."""
        set_model_weights(probed, self.layout, tensors)
        layers, percentiles = self.network.layers, self.network.percentiles
        ranks = ranked(percentiles, lambda: self._activations(probed, x))
        return {n: _measured(layers[n], r, scaling) for n, r in ranks.items()}

    def _activations(
        self,
        probed: keras.Model,
        x: NDArray[np.float32],
    ) -> Iterator[list[NDArray[np.float32]]]:
        for batch in self._batches(x):
            _, *values = probed.predict_on_batch(batch)
            yield values

    def _batches(
        self,
        x: NDArray[np.float32],
    ) -> Iterator[NDArray[np.float32]]:
        size = self.network.examples_at_once
        for start in range(0, len(x), size):
            yield x[start : start + size]

    def _change(
        self,
        x: NDArray[np.float32],
        before: Tensors,
        after: Tensors,
    ) -> float:
        """Return the largest change of an output, over the largest."""
        old, new = self.build_model(aware=False), self.build_model(aware=False)
        set_model_weights(old, self.layout, before)
        set_model_weights(new, self.layout, after)
        change = largest = 0.0
        for batch in self._batches(x):
            outputs = np.asarray(old.predict_on_batch(batch), np.float64)
            changed = np.asarray(new.predict_on_batch(batch), np.float64)
            change = max(change, float(np.abs(changed - outputs).max()))
            largest = max(largest, float(np.abs(outputs).max()))
        return change / largest if largest else change


def with_activations(
    model: keras.Model,
    layers: Mapping[str, Layer],
) -> keras.Model:
    """Return a model of the outputs, then of what layers of neurons give."""
    neurons = [fired(model, name, layer) for name, layer in layers.items()]
    return keras.Model(model.input, [model.output, *neurons])


def _measured(layer: Layer, ranks: Ranked, scaling: Scaling) -> Measured:
    low, high, share = ranks.around()
    currents = layer.high * low, layer.high * high
    rates = currents
    if scaling.discrete(layer):
        rates = scaling.chip_rate(currents[0]), scaling.chip_rate(currents[1])
    rate = rates[0] + (rates[1] - rates[0]) * share
    return Measured(rate, currents, ranks.highest())
