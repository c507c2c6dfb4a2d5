# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The neurons that Nengo lacks."""

# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class _Clipped:
    """Neurons with at most one spike per step, the chip's limit."""

    def step(self, dt: float, current: Array, *out: Any, **state: Any) -> None:
        """Compute one step with currents clipped at 1 / dt."""
        parent: Any = super()
        parent.step(dt, np.minimum(current, 1 / dt), *out, **state)


class ClippedRectifiedLinear(_Clipped, nengo.RectifiedLinear):
    """Rate neurons, clipped."""


class ClippedSpikingRectifiedLinear(_Clipped, nengo.SpikingRectifiedLinear):
    """Spiking neurons, clipped."""


class ChipSpikingRectifiedLinear(nengo.SpikingRectifiedLinear):
    """Spiking neurons as on the chip, in every simulator.

    A negative input lowers the voltage, but not below 0. A neuron fires at
    most once per step, and its voltage is then 0. Nengo's own neurons ignore
    negative inputs, so networks that were trained for the chip fire too much.
    """

    def step(self, dt: float, j: Array, out: Array, voltage: Array) -> None:
        """Compute a step with currents ``j``; set ``out`` and ``voltage``."""
        np.maximum(voltage + j * dt, 0, out=voltage)
        fires = voltage > 1
        out[:] = fires * (self.amplitude / dt)
        voltage[fires] = 0
