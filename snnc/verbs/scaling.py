"""Scale the weights of a network so that its rates are within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.results.calibration import LayerCalibration
from snnc.runtime.examples import check_budget
from snnc.runtime.keras.model import model_weights, set_model_weights
from snnc.runtime.keras.scaler import Measured, Rates, Scaler
from snnc.runtime.layout import LayoutError, Tensors
from snnc.runtime.network import Network


@dataclass(frozen=True)
class ScaledWeights:
    """Scaled weights, with each layer's scale and its rates in spikes.

    ``change`` is the largest change of an output of the Keras model, relative to the
    largest output.
    """

    tensors: Tensors
    change: float
    layers: tuple[LayerCalibration, ...]


def scale_weights(
    package: ImportedPackage, x: NDArray[np.float32], tensors: Tensors
) -> ScaledWeights:
    """Return weights that bring the spike rates for ``x`` within bounds.

    Rates out of bounds are scaled to the nearer bound. Other layers stay unchanged, and
    so do layers that share a scale with those, and LIF layers, for which no scale is
    exact. The outputs of the Keras model only change by rounding.

    Raise CannotRunError if no scale brings all layers within bounds, or if scaled
    weights exceed float32.
    """
    network = package.network
    layout = package.layout
    model = package.module("keras_model").build_model()
    set_model_weights(model, layout, tensors)
    size = network.examples_at_once
    old = model.predict(x, batch_size=size, verbose=0).astype(np.float64)
    scaler = _Calibrator(network, layout, model, x)
    activations = scaler.measure_activations()
    before = scaler.measure_spikes()
    steady = _steady_layers(network, activations, before)
    fixed = _unscalable_layers(network, activations)
    fixed = _tied_layers(scaler, steady, before) | fixed
    # With very small weights nothing spikes, so begin with activations.
    scaler.fixed = frozenset(fixed) | steady
    scaler.hold(measure=scaler.measure_activations)
    # Scaling other layers may move the spikes of a steady layer out of its range.
    scaler.fixed = frozenset(fixed)
    after = scaler.hold()
    scaled = model_weights(model, layout)
    try:
        layout.load(scaled)
    except LayoutError as error:
        what = f"exceed float32 when scaled: {str(error).removeprefix('weights: ')}"
        raise CannotRunError(f"weights are so large that they {what}") from error
    missed = scaler.broken_budgets(after)
    others = {name: line for name, line in missed.items() if name not in fixed}
    refused = [f"{n}: {_reason(scaler, name, after)}" for name, n in others.items()]
    if refused:
        raise CannotRunError("\n  ".join(refused))
    layers = tuple(
        LayerCalibration(
            name=name,
            percentile=layer.percentile,
            before=before[name].rate,
            after=after[name].rate,
            low=layer.low,
            high=layer.high,
            scale=scaler.scales[name],
            holds=name not in missed,
            not_scaled=fixed.get(name),
        )
        for name, layer in network.layers.items()
    )
    set_model_weights(model, layout, scaled)
    new = model.predict(x, batch_size=size, verbose=0)
    change = float(np.abs(new - old).max() / (np.abs(old).max() or 1))
    return ScaledWeights(scaled, change, layers)


def _unscalable_layers(network: Network, rates: Rates) -> dict[str, str]:
    """Return the reason for each layer that can't be scaled exactly."""
    reasons = {}
    for name, layer in network.layers.items():
        # An encoder neuron fires at most once per step (decision 018).
        ceiling = 1 / (network.dt * layer.high)
        if layer.encoder == "rate":
            reasons[name] = "has no weights"
        elif layer.encoder and rates[name].highest >= ceiling:
            reasons[name] = "clips its highest values"
        elif not layer.neuron.is_linear:
            reasons[name] = layer.neuron.name.upper()
    return reasons


def _steady_layers(network: Network, activations: Rates, spikes: Rates) -> set[str]:
    """Return the layers with weights whose rates need no scaling.

    Their activations must be in range too. If other layers lose spikes, the spikes of a
    layer may be in its range only until the others are scaled.
    """
    steady = set()
    for name, layer in network.layers.items():
        # The rates of a max pool, and of a rate encoder, follow from their source.
        has_weights = layer.pool is None and layer.encoder != "rate"
        in_spikes = check_budget(spikes[name].rate, layer.rate)
        in_keras = check_budget(activations[name].rate, layer.rate)
        if has_weights and in_spikes == "held" and in_keras != "missed":
            steady.add(name)
    return steady


def _tied_layers(scaler: Scaler, steady: set[str], rates: Rates) -> dict[str, str]:
    """Return the reason for each layer that shares a scale with a steady layer.

    If all layers of a group are within their ranges, none needs a reason.
    """
    layers = scaler.network.layers
    reasons: dict[str, str] = {}
    for group in scaler.groups:
        in_range = [name for name in group if name in steady]
        others = [name for name in group if name not in steady]
        verdicts = [
            check_budget(rates[name].rate, layers[name].rate) for name in others
        ]
        if not in_range or all(verdict == "held" for verdict in verdicts):
            continue
        tie = f"shares a scale with {', '.join(in_range)}, which is within its range"
        reasons |= dict.fromkeys(others, tie)
        reasons |= dict.fromkeys(in_range, "is within its range")
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
    layer = scaler.network.layers[name]
    measured = rates[name]
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
