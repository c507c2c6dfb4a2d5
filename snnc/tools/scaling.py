"""Scale the weights of a network so that its rates are within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.output.imported import ImportedPackage
from snnc.runtime.keras.model import model_weights, set_model_weights
from snnc.runtime.keras.scaler import Measured, Rates, Scaler
from snnc.runtime.layout import LayoutError, Tensors
from snnc.runtime.network import Network
from snnc.tools.opening import RefusedRunError


@dataclass(frozen=True)
class ScaledWeights:
    """Scaled weights, each layer's scale, and spike rates before and after scaling.

    ``change`` is the largest change of an output of the Keras model, relative to the
    largest output. ``fixed`` says why a layer can't be scaled. ``missed`` lists the
    layers whose rates are out of bounds.
    """

    tensors: Tensors
    scales: dict[str, float]
    before: Rates
    after: Rates
    change: float
    fixed: dict[str, str]
    missed: list[str]


def scale_weights(
    package: ImportedPackage, x: NDArray[np.float32], tensors: Tensors
) -> ScaledWeights:
    """Return weights that bring the spike rates for ``x`` within bounds.

    Rates out of bounds are scaled to the nearer bound. Other layers stay unchanged,
    unless they share a scale with those, and so do LIF layers, for which no scale is
    exact. The outputs of the Keras model only change by rounding.

    Raise RefusedRunError if no scale brings all layers within bounds, or if scaled
    weights exceed float32.
    """
    network, layout = package.network, package.layout
    model = package.module("keras_model").build_model()
    set_model_weights(model, layout, tensors)
    size = network.examples_at_once
    old = model.predict(x, batch_size=size, verbose=0).astype(np.float64)
    scaler = _Calibrator(network, layout, model, x)
    fixed = _unscalable_layers(network, scaler.measure_activations())
    scaler.fixed = frozenset(fixed)
    before = scaler.measure_spikes()
    scaler.hold(measure=scaler.measure_activations)
    after = scaler.hold()
    scaled = model_weights(model, layout)
    try:
        layout.load(scaled)
    except LayoutError as error:
        what = f"exceed float32 when scaled: {str(error).removeprefix('weights: ')}"
        raise RefusedRunError(f"weights are so large that they {what}") from error
    missed = scaler.broken_budgets(after)
    others = {name: line for name, line in missed.items() if name not in fixed}
    refused = [f"{n}: {_reason(scaler, name, after)}" for name, n in others.items()]
    if refused:
        raise RefusedRunError("\n  ".join(refused))
    scales = scaler.scales
    set_model_weights(model, layout, scaled)
    new = model.predict(x, batch_size=size, verbose=0)
    change = float(np.abs(new - old).max() / (np.abs(old).max() or 1))
    return ScaledWeights(scaled, scales, before, after, change, fixed, list(missed))


def _unscalable_layers(network: Network, rates: Rates) -> dict[str, str]:
    """Return the reason for each layer that can't be scaled exactly."""
    reasons = {}
    for name, layer in network.layers.items():
        ceiling = 1 / (network.dt * layer.high)
        if layer.encoder == "rate":
            reasons[name] = "has no weights"
        elif layer.encoder and rates[name].highest >= ceiling:
            reasons[name] = "clips its highest values"
        elif layer.lif is not None:
            reasons[name] = "LIF"
    return reasons


class _Calibrator(Scaler):
    """Scales all layers except those in ``fixed``."""

    fixed: frozenset[str] = frozenset()

    def bounds(
        self, name: str, measured: Measured, present: float
    ) -> tuple[float, float]:
        if name in self.fixed:
            return 1.0, 1.0
        return super().bounds(name, measured, present)


def _reason(scaler: Scaler, name: str, rates: Rates) -> str:
    """Say why no scale brings a layer to its rates, and what to change."""
    layer, measured = scaler.network.layers[name], rates[name]
    others = ", ".join(other for other in scaler.group(name) if other != name)
    if measured.highest == 0:
        return "it never fires; train longer, or remove it"
    if measured.rate == 0:
        share = f"{layer.percentile:g} % of its values are 0"
        return f"{share}; give it fewer channels, or a higher percentile"
    if others:
        return f"it shares a scale with {others}; widen the rate of one"
    if layer.encoder is not None:
        return "scaled up, its highest values would clip; widen its rate"
    return "no scale brings it there; widen its rate"
