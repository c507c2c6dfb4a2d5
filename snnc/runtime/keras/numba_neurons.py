# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates spiking neurons with Numba, if it is installed.

On a CPU this takes a tenth of the time of XLA, which computes earlier steps
again. Each operation is the same as in `spiking_neurons`, in the same order.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Layer, Lif
from .layers import SOFTNESS
from .spiking_neurons import chip_lif

try:
    import numba
except ImportError:
    numba = None  # then `spiking` simulates the neurons

Values = NDArray[np.float32]  # of all neurons and simulations
Constants = tuple[np.float32, ...]
# From inputs (steps, neurons), outputs of this shape, currents, voltages,
# waits and sums of outputs, which it changes.
Advance = Callable[[Values, Values, Values, Values, Values, Values], None]

BLOCK = 1024  # neurons whose state stays in the cache for all steps
ZERO = np.float32(0)
ONE = np.float32(1)
THRESHOLD = np.float32(1 / 64)
SOFT = np.float32(SOFTNESS)
FAR = np.float32(20)  # from the threshold, so that it is as good as hard
LEAST = np.float32(1e-6)


def is_supported(layer: Layer) -> bool:
    """Return whether `neurons` knows a layer's neurons."""
    hosts_lif = layer.lif is not None and not layer.on_chip
    return numba is not None and layer.pool is None and not hosts_lif


def neurons(layer: Layer, scale: float, kept: float, dt: float) -> Advance:
    """Return the function that advances a layer's neurons by several steps.

    A step takes ``dt`` seconds, in which the synapse keeps the share ``kept``.
    `spiking_neurons.neurons` describes the neurons. If inputs have only one
    step, it is the input of every step.
    """
    drive = np.float32(layer.high * dt) * np.float32(scale)
    synapse = np.float32(kept), np.float32(1 - kept)
    constants: Constants
    if layer.lif is not None:
        constants = _lif_constants(layer, layer.lif, scale, dt)
        fire = _FIRE_CHIP_LIF
    elif layer.on_chip:
        constants, fire = (drive,), _FIRE_CHIP
    else:
        most = np.float32(np.inf if layer.encoder is None else 1)
        constants, fire = (drive, most), _FIRE_HOST
    constants = *synapse, 1 / drive, *constants

    def advance(
        inputs: Values,
        outputs: Values,
        current: Values,
        voltage: Values,
        wait: Values,
        total: Values,
    ) -> None:
        state = current, voltage, wait, total
        _ADVANCE(fire, inputs, outputs, *state, constants)

    return advance


def _lif_constants(
    layer: Layer,
    lif: Lif,
    scale: float,
    dt: float,
) -> Constants:
    share, refractory = chip_lif(lif, dt)
    gain = np.float32(lif.gain(layer.high) * share) * np.float32(scale)
    rest = np.float32(63 / 64 * share)
    return gain, rest, np.float32(1 - share), np.float32(refractory)


def write_slopes(
    layer: Layer,
    scale: float,
    currents: Values,
    slopes: Values,
) -> None:
    """Write the slopes of the rate curve at currents.

    `SpikingLayer.slope` describes them.
    """
    if layer.lif is None:
        np.greater(currents, 0, out=slopes)
        return
    gain = layer.lif.gain(layer.high)
    constants = (
        np.float32(gain * scale),
        np.float32(gain * layer.lif.tau_rc / layer.high),
        np.float32(layer.lif.tau_rc),
        np.float32(layer.lif.tau_ref),
    )
    _WRITE_LIF_SLOPES(currents, slopes, constants)


def _compile(function: Any) -> Any:
    """Return a function that is compiled when it is called."""
    if numba is None:
        return function
    # XLA also contracts a product and a sum to one operation.
    options = {"fastmath": {"contract", "nsz"}, "error_model": "numpy"}
    return numba.njit(**options)(function)


def _advance(
    fire: Any,
    inputs: Values,
    outputs: Values,
    current: Values,
    voltage: Values,
    wait: Values,
    total: Values,
    constants: Constants,
) -> None:
    count = current.size
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        for step in range(len(outputs)):
            fired = outputs[step, start:stop]
            fire(
                inputs[min(step, len(inputs) - 1), start:stop],
                fired,
                current[start:stop],
                voltage[start:stop],
                wait[start:stop],
                constants,
            )
            _ADD(total[start:stop], fired)


# LLVM vectorizes a loop only if it has few pairs of arrays that may overlap:
# at most four arrays of which three are written. So each loop does little.


def _add(sums: Values, values: Values) -> None:
    for i in range(sums.size):
        sums[i] += values[i]


def _fire_chip(
    inputs: Values,
    outputs: Values,
    current: Values,
    voltage: Values,
    wait: Values,
    constants: Constants,
) -> None:
    kept, taken, amplitude, drive = constants
    for i in range(inputs.size):
        current[i] = kept * current[i] + taken * inputs[i]
        moved = max(voltage[i] + current[i] * drive, ZERO)
        spike = np.float32(moved > ONE)
        voltage[i] = moved * (ONE - spike)
        outputs[i] = spike * amplitude


def _fire_host(
    inputs: Values,
    outputs: Values,
    current: Values,
    voltage: Values,
    wait: Values,
    constants: Constants,
) -> None:
    kept, taken, amplitude, drive, most = constants
    for i in range(inputs.size):
        current[i] = kept * current[i] + taken * inputs[i]
        change = min(max(current[i] * drive, ZERO), most)
        moved = voltage[i] + change
        spikes = np.floor(moved)
        voltage[i] = moved - spikes
        outputs[i] = spikes * amplitude


def _fire_chip_lif(
    inputs: Values,
    outputs: Values,
    current: Values,
    voltage: Values,
    wait: Values,
    constants: Constants,
) -> None:
    kept, taken, amplitude, gain, rest, leak, refractory = constants
    for i in range(inputs.size):
        current[i] = kept * current[i] + taken * inputs[i]
    for i in range(inputs.size):
        moved = leak * voltage[i] + (rest + gain * current[i])
        # Products instead of branches, so that it is vectorized.
        moved = max(moved, ZERO) * np.float32(wait[i] <= ZERO)
        spike = np.float32(moved > ONE)
        wait[i] = max(wait[i] - ONE, ZERO) + refractory * spike
        voltage[i] = moved * (ONE - spike)
        outputs[i] = spike * amplitude


def _write_lif_slopes(
    currents: Values,
    slopes: Values,
    constants: Constants,
) -> None:
    """Write what `layers.soft_lif_gradient` returns."""
    gain, unit, tau_rc, tau_ref = constants
    for i in range(currents.size):
        above = (gain * currents[i] - THRESHOLD) / SOFT
        if above < -FAR:
            slopes[i] = ZERO
            continue
        soft = SOFT * above
        softened = ONE
        if above < FAR:
            power = np.exp(above)
            soft = max(SOFT * np.log1p(power), LEAST)
            softened = power / (ONE + power)
        period = tau_ref + tau_rc * np.log1p(ONE / soft)
        slopes[i] = unit * softened / (soft * (soft + ONE) * period * period)


_ADD = _compile(_add)
_ADVANCE = _compile(_advance)
_WRITE_LIF_SLOPES = _compile(_write_lif_slopes)
_FIRE_CHIP = _compile(_fire_chip)
_FIRE_HOST = _compile(_fire_host)
_FIRE_CHIP_LIF = _compile(_fire_chip_lif)
