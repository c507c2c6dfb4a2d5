"""Neurons of NIR as those of a spec: what they make of a sum, and what they are.

A tool's step is a step of the spec. A neuron that is given ``I`` in each step fires
``r I / (v_threshold - v_reset)`` times a step without a leak (Nengo's rectified linear
neurons, whatever their upper rate), and ``dt / (tau log(1 + 1 / (J - 1)))`` times with
one, where ``J = (r I + v_leak - v_reset) / (v_threshold - v_reset)``. ``IF`` of NIR
says nothing of a step, so tools add ``r I`` once a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

import numpy as np

from snnc.nir.nodes import Node
from snnc.nir.units import REST

NEURONS = ("IF", "LIF", "CubaLIF")
TOP = 150.0
"""The upper rate, in Hz, that an imported spec has for its layers."""
STEP = 1e-3
"""Seconds of a step of an imported spec."""
LONGEST_LEAK = 8.19
"""Seconds: a leak above it has no integer on Loihi, so such a neuron has none."""
DIFFERS = "its {name} differs from neuron to neuron, and a layer has one for all"


@dataclass(frozen=True, slots=True)
class Cells:
    """The neurons of a node.

    Attributes
    ----------
    gain, offset
        What makes activations of sums: ``gain x + offset``.
    spike
        The activation that a spike in each step is.
    properties
        What the layer's statement says of them.
    resets
        Whether they say that they go back to a voltage when they fire.
    """

    gain: float
    offset: float
    spike: float
    properties: tuple[str, ...]
    resets: bool


def cells_of(node: Node) -> Cells:
    """Return the neurons of a node.

    Raises
    ------
    RefusedError
        If they have not one parameter for all, or ones that no neuron can have.
    """
    threshold = _one(node, "v_threshold")
    reset = _one(node, "v_reset", 0.0)
    resistance = _one(node, "r")
    room = threshold - reset
    if room <= 0:
        raise node.refused(
            f"its threshold, {threshold:g}, is not above its reset, {reset:g}",
            "give it a threshold above its reset",
        )
    if node.kind == "IF":
        return Cells(resistance / room, 0.0, 1.0, (), "v_reset" in node.arrays)
    return _leaky(node, resistance, room, reset)


def _leaky(node: Node, resistance: float, room: float, reset: float) -> Cells:
    tau = _one(node, "tau" if node.kind == "LIF" else "tau_mem")
    leak = _one(node, "v_leak")
    # snnTorch writes r = tau / dt, at a step of 0.1 ms; whoever writes 1 means 1 ms.
    step = tau / resistance if resistance > 1 else STEP
    gain = resistance / room
    properties: tuple[str, ...] = ()
    resets = "v_reset" in node.arrays
    if node.kind == "CubaLIF":
        gain *= _one(node, "w_in", 1.0)
        synapse = _one(node, "tau_syn")
        properties = (f"synapse {_milliseconds(node, synapse * STEP / step)}",)
    if gain <= 0:
        raise node.refused("what it reads lowers its voltage", "give it an `r` above 0")
    membrane = tau * STEP / step
    if membrane > LONGEST_LEAK:
        return Cells(gain * step / tau, 0.0, 1.0, properties, resets)
    told = f"neuron lif {{ tau_rc {_milliseconds(node, membrane)}, tau_ref 0 ms }}"
    full = 1 + 1 / expm1(1 / (TOP * membrane)) - REST
    return Cells(
        gain / full,
        ((leak - reset) / room - REST) / full,
        1 / (TOP * STEP),
        (told, *properties),
        resets,
    )


def _milliseconds(node: Node, seconds: float) -> str:
    if not STEP <= seconds <= LONGEST_LEAK:
        raise node.refused(
            f"a time constant of {seconds * 1e3:g} ms is not of a step of 1 ms up to"
            " 8.19 s",
            "NIR counts seconds; Norse 1.1 writes `dt` times that, and sinabs steps:"
            " write the graph anew with that put right",
        )
    return f"{float(f'{seconds * 1e3:.6g}'):g} ms"


def _one(node: Node, name: str, default: float | None = None) -> float:
    """Return a parameter that all neurons share."""
    array = node.arrays.get(name)
    if array is None or array.size == 0:
        if default is None or array is not None:
            raise node.refused(f"it has no {name}", "write the graph anew")
        return default
    first = float(array.reshape(-1)[0])
    if not np.isfinite(array).all():
        raise node.refused(f"its {name} is not finite", "train it anew")
    if not np.allclose(array, first, rtol=1e-6, atol=0):
        raise node.refused(DIFFERS.format(name=name), "train it with one for the layer")
    return first
