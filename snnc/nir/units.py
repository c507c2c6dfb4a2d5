"""From activations to spikes of 1 and thresholds of 1.

Activation 1.0 of a layer stands for its upper rate HI. In NIR a neuron adds up what it
is given in each step and fires at 1, so that activation 1.0 is ``HI dt`` a step, and a
spike that is read is the activation ``1 / (HI dt)``. Gain, amplitude and step are in
the weights; resistance, threshold and reset are 1, 1 and 0, whatever a reader makes of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1
from typing import Literal

from snnc.ir.logical import Lif, Spiking

Form = Literal["IF", "LIF", "CubaLIF"]
Neuron = Literal["if", "cubalif"]
"""What ReLU neurons become: without the filter of their synapse, or with it."""

REST = 63 / 64
"""The current of activation 0 of a LIF neuron: below its threshold of 1."""
NO_LEAK = 1000.0
"""Seconds: the membrane of a `CubaLIF` that stands for a neuron without a leak. It
loses a millionth of its voltage in a step of 1 ms."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The neurons of a layer in NIR.

    Attributes
    ----------
    form
        The kind of node.
    gain, rest
        What activations 1.0 and 0.0 of the sum that they are given are: ``gain x +
        rest``, in a step.
    membrane, synapse
        Time constants in seconds, 0 where a form has none.
    """

    form: Form
    gain: float
    rest: float
    membrane: float = 0.0
    synapse: float = 0.0


def cell_of(spiking: Spiking, neuron: Neuron, dt: float, is_encoder: bool) -> Cell:
    """Return the neurons of a layer.

    The current of a `LIF` is ``REST`` at activation 0 and, at 1, what makes it fire at
    HI without a refractory period, which NIR has not: ``1 + 1 / expm1(1 / (HI tau))``.
    A `CubaLIF` divides what it adds by ``tau / dt``. Encoders read values, which
    nothing filters.
    """
    high, kind = spiking.rate.high, spiking.neuron
    filtered = neuron == "cubalif" and not is_encoder and spiking.synapse > 0
    synapse = spiking.synapse if filtered else 0.0
    if isinstance(kind, Lif):
        gain = 1 + 1 / expm1(1 / (high * kind.tau_rc)) - REST
        form: Form = "CubaLIF" if filtered else "LIF"
        return Cell(form, gain, REST, kind.tau_rc, synapse)
    if filtered:
        return Cell("CubaLIF", high * NO_LEAK, 0.0, NO_LEAK, synapse)
    return Cell("IF", high * dt, 0.0)


def spike_of(spiking: Spiking, dt: float) -> float:
    """Return the activation that one spike in a step stands for."""
    return 1 / (spiking.rate.high * dt)
