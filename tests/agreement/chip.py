"""A layer of rectified linear neurons in the chip's integers, by matrices alone.

It computes as nengo-loihi does (``builder/discretize.py``, and ``update`` in
``emulator/interface.py``), without blocks, axons and synapses. All weights have one
scale, as on cores whose largest weights agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_THRESHOLD = (2**17 - 1) * 2**6
LARGEST_VOLTAGE = 2**23 - 1
BIAS_MANTISSA = 2**12 - 1
ONE = 2**12
"""A decay of 1."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Discrete:
    """Weights (sources, neurons), biases (neurons,), threshold and current's decay."""

    weights: Integers
    biases: Integers
    threshold: int
    decay: int


def discretise(
    weights: NDArray[Any], biases: NDArray[Any], tau: float, dt: float
) -> Discrete:
    """Give a layer in integers.

    Parameters
    ----------
    weights
        Current of a spike, by source and neuron: kernel x gain x amplitude / dt.
    biases
        Current of each neuron, in the same unit.
    tau, dt
        The synapse's time constant, and a step, in seconds.
    """
    decay = round(-np.expm1(-dt / tau) * (ONE - 1) - 1)
    scale = 255 / np.abs(weights).max()
    exponent = 0
    while round(_volts(scale, exponent, decay) / dt) > LARGEST_THRESHOLD:
        exponent -= 1
    volts = _volts(scale, exponent, decay)
    halves = np.round(weights * scale / 2).clip(-127, 127).astype(np.int64)
    return Discrete(
        weights=halves << (7 + exponent),
        biases=_biases(np.round(biases * volts)),
        threshold=round(round(volts / dt) / 64) * 64,
        decay=decay,
    )


def _volts(scale: float, exponent: int, decay: int) -> float:
    """Return what a current of 1 for one step adds to the voltage while it decays."""
    return _sum_of_decay(decay) * scale * 2.0 ** (6 + exponent)


def _sum_of_decay(decay: int, start: float = 2.0**21, loss: float = 0.494) -> float:
    """Return the sum of a decaying current, rounded down at each step, per unit."""
    left = (ONE - 1 - decay) / ONE
    steps = -np.log1p(start * (1 - left) / loss) / np.log(left)
    whole = (1 - left ** (steps + 1)) / (1 - left)
    lost = loss / ((1 - left) * start) * (steps + 1 - whole)
    return float(whole - lost)


def _biases(values: NDArray[Any]) -> Integers:
    """Round to a mantissa of 12 bits and an exponent."""
    size = np.maximum(np.abs(values) / BIAS_MANTISSA, 1)
    step = 2.0 ** np.ceil(np.log2(size))
    return np.asarray(np.round(values / step) * step, dtype=np.int64)


def spikes(layer: Discrete, arriving: NDArray[Any]) -> NDArray[np.bool_]:
    """Run a layer on what its sources fired.

    Parameters
    ----------
    arriving
        Spikes of the sources, 0 or 1, (steps, sources); they arrive a step later.

    Returns
    -------
    ndarray
        Spikes of the neurons, (steps, neurons).
    """
    current = np.zeros(len(layer.biases), np.int64)
    voltage = np.zeros_like(current)
    fired = np.zeros((len(arriving), len(current)), bool)
    late = np.zeros_like(arriving)
    late[1:] = arriving[:-1]
    for step, came in enumerate(late):
        kept = np.abs(current) * (ONE - 1 - layer.decay) >> 12
        current = np.sign(current) * kept + came @ layer.weights
        voltage = (voltage + current + layer.biases).clip(0, LARGEST_VOLTAGE)
        fired[step] = voltage > layer.threshold
        voltage[fired[step]] = 0
    return fired
