# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Ensembles whose neurons fire at the rates that activations stand for."""

# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray

from .network import Layer


class ClippedRectifiedLinear(nengo.RectifiedLinear):
    """Rate neurons of at most one spike a step: the chip takes no more."""

    def step(self, dt: float, current: Any, output: Any) -> None:
        """Compute the rates of one step, with currents clipped at 1 / dt."""
        super().step(dt, np.minimum(current, 1 / dt), output)


class ClippedSpikingRectifiedLinear(nengo.SpikingRectifiedLinear):
    """Spiking neurons of at most one spike a step: the chip takes no more."""

    def step(
        self,
        dt: float,
        current: Any,
        output: Any,
        voltage: Any,
    ) -> None:
        """Fire for one step, with currents clipped at 1 / dt."""
        super().step(dt, np.minimum(current, 1 / dt), output, voltage)


def ensemble_of(
    layer: Layer,
    label: str,
    size: int,
    bias: NDArray[Any] | None,
    spiking: bool,
) -> nengo.Ensemble:
    """Return ``size`` neurons of a layer.

    ``bias`` has a value a channel, or a value a neuron.
    """
    gain, rest = gain_and_rest(layer)
    current = np.full(size, rest)
    if bias is not None:
        current += gain * np.tile(bias, size // len(bias))
    return nengo.Ensemble(
        size,
        # Connections join neurons: what an ensemble encodes is of no account.
        dimensions=1,
        encoders=np.ones((size, 1)),
        gain=np.full(size, gain),
        bias=current,
        neuron_type=neuron_type(layer, spiking),
        label=label,
    )


def gain_and_rest(layer: Layer) -> tuple[float, float]:
    """Return the current from activation 0.0 to 1.0, and that of 0.0.

    A LIF neuron fires at 1 / (tau_ref + tau_rc log(1 + 1 / (J - 1))) Hz.
    Activation 0.0 stands for J = 63/64, below threshold on the chip too.
    """
    if layer.lif is None:
        return layer.high, 0.0
    rest = 63 / 64
    period = (1 / layer.high - layer.lif.tau_ref) / layer.lif.tau_rc
    return 1 + 1 / float(np.expm1(period)) - rest, rest


def neuron_type(layer: Layer, spiking: bool) -> nengo.neurons.NeuronType:
    """Return neurons whose spike has the amplitude 1 / ``layer.high``."""
    settings: dict[str, Any] = {"amplitude": 1 / layer.high}
    if spiking:
        # Nengo would draw voltages; those of the chip start at 0.
        settings["initial_state"] = {"voltage": nengo.dists.Choice([0])}
    if layer.encoder is not None:
        encoders = (ClippedRectifiedLinear, ClippedSpikingRectifiedLinear)
        return encoders[spiking](**settings)
    if layer.lif is not None:
        lif = nengo.LIF if spiking else nengo.LIFRate
        taus = {"tau_rc": layer.lif.tau_rc, "tau_ref": layer.lif.tau_ref}
        return lif(**taus, **settings)
    relu = nengo.SpikingRectifiedLinear if spiking else nengo.RectifiedLinear
    return relu(**settings)
