# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates spiking neurons with Numba, if it is installed.

On a CPU this takes a tenth of the time of XLA, which computes earlier steps
again. Each operation is the same as in `neurons`, in the same order.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network import Layer
from ..neurons import GAP, SOFT_LEAST, SOFTNESS, Lif, Relu

try:
    import numba
except ImportError:
    numba = None  # then `spiking` simulates the neurons

Values = NDArray[np.float32]  # of all neurons and simulations
Constants = tuple[np.float32, ...]

BLOCK = 1024  # neurons whose state stays in the cache for all steps
ZERO = np.float32(0)
ONE = np.float32(1)
THRESHOLD = np.float32(GAP)
SOFT = np.float32(SOFTNESS)
FAR = np.float32(20)  # from the threshold, so that it is as good as hard
LEAST = np.float32(SOFT_LEAST)


class Loop(NamedTuple):
    """A function of arrays that takes these constants last.

    A step takes more before them: the shares that the synapse keeps and
    takes, and the amplitude of a spike.
    """

    function: Any
    constants: Constants


class Loops(NamedTuple):
    """What Numba computes for a layer's neurons: a step, and slopes."""

    step: Loop
    slopes: Loop


def loops_of(layer: Layer, scale: float, dt: float) -> Loops | None:
    """Return the loops for a layer, or None if `spiking` has to simulate it.

    `neurons` describes the steps, of ``dt`` seconds, and the slopes.
    """
    if numba is None or layer.pool is not None:
        return None
    neuron = layer.neuron
    if layer.encoder is not None or isinstance(neuron, Relu):
        return Loops(_relu_step(layer, scale, dt), Loop(_write_signs, ()))
    if isinstance(neuron, Lif) and layer.on_chip:
        step = _lif_step(neuron, layer.high, scale, dt)
        return Loops(step, _lif_slopes(neuron, layer.high, scale))
    return None


def _relu_step(layer: Layer, scale: float, dt: float) -> Loop:
    drive = unit_of(layer, scale, dt)
    if layer.on_chip:
        return Loop(_FIRE_CHIP, (drive,))
    most = np.inf if layer.encoder is None else 1
    return Loop(_FIRE_HOST, (drive, np.float32(most)))


def _lif_step(neuron: Lif, high: float, scale: float, dt: float) -> Loop:
    share = neuron.share_replaced(dt)
    gain = np.float32(neuron.gain(high) * share) * np.float32(scale)
    rest = np.float32(neuron.rest * share)
    refractory = np.float32(neuron.steps_to_wait(dt))
    constants = (gain, rest, np.float32(1 - share), refractory)
    return Loop(_FIRE_CHIP_LIF, constants)


def _lif_slopes(neuron: Lif, high: float, scale: float) -> Loop:
    gain = neuron.gain(high)
    constants = (
        np.float32(gain * scale),
        np.float32(gain * neuron.tau_rc / high),
        np.float32(neuron.tau_rc),
        np.float32(neuron.tau_ref),
    )
    return Loop(_WRITE_LIF_SLOPES, constants)


def unit_of(layer: Layer, scale: float, dt: float) -> np.float32:
    """Return the spikes per step at activation 1."""
    return np.float32(layer.high * dt) * np.float32(scale)


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
    """Advance neurons by the steps of ``outputs``, which it writes.

    If ``inputs`` have only one step, it is the input of every step.
    """
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


def _write_signs(
    currents: Values,
    slopes: Values,
    constants: Constants,
) -> None:
    np.greater(currents, 0, out=slopes)


_ADD = _compile(_add)
ADVANCE = _compile(_advance)
_WRITE_LIF_SLOPES = _compile(_write_lif_slopes)
_FIRE_CHIP = _compile(_fire_chip)
_FIRE_HOST = _compile(_fire_host)
_FIRE_CHIP_LIF = _compile(_fire_chip_lif)
