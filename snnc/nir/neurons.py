"""Neurons of a spec as those of NIR, and those of NIR as those of a spec.

Out: activation 1.0 of a layer stands for its upper rate HI. In NIR a neuron adds up
what it is given in each step and fires at 1, so that activation 1.0 is ``HI dt`` a
step, and a spike that is read is the activation ``1 / (HI dt)``. Gain, amplitude and
step are in the weights; resistance, threshold and reset are 1, 1 and 0, whatever a
reader makes of them.

In: a step of the tool is a step of the spec. A neuron that is given ``I`` in each step
fires ``r I / (v_threshold - v_reset)`` times a step without a leak (Nengo's rectified
linear neurons, whatever their upper rate), and ``dt / (tau log(1 + 1 / (J - 1)))``
times with one, where ``J = (r I + v_leak - v_reset) / (v_threshold - v_reset)``. ``IF``
of NIR says nothing of a step, so tools add ``r I`` once a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnc.ir.logical import Lif, Spiking
from snnc.nir.graph_file import Node
from snnc.runtime import network

Form = Literal["IF", "LIF", "CubaLIF"]
Neuron = Literal["if", "cubalif"]
"""What ReLU neurons become: without the filter of their synapse, or with it."""

REST = network.REST
"""The current of activation 0 of a LIF neuron: below its threshold of 1."""
NO_LEAK = 1000.0
"""Seconds: the membrane of a `CubaLIF` that stands for a neuron without a leak. It
loses a millionth of its voltage in a step of 1 ms."""
NEURONS = ("IF", "LIF", "CubaLIF")
TOP = 150.0
"""The upper rate, in Hz, that an imported spec has for its layers."""
STEP = 1e-3
"""Seconds of a step of an imported spec."""
LONGEST_LEAK = 8.19
"""Seconds: a leak above it has no integer on Loihi, so such a neuron has none."""
DIFFERS = "its {name} differs between neurons, and a layer has one value"


@dataclass(frozen=True, slots=True)
class NirNeurons:
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


def nir_neurons_of(
    spiking: Spiking, neuron: Neuron, dt: float, is_encoder: bool
) -> NirNeurons:
    """Return the neurons of a layer.

    The current of a `LIF` is ``REST`` at activation 0 and, at 1, what makes it fire at
    HI without a refractory period, which NIR has not.
    A `CubaLIF` divides what it adds by ``tau / dt``. Encoders read values, which
    nothing filters.
    """
    high, kind = spiking.rate.high, spiking.neuron
    filtered = neuron == "cubalif" and not is_encoder and spiking.synapse > 0
    synapse = spiking.synapse if filtered else 0.0
    if isinstance(kind, Lif):
        gain = network.Lif(kind.tau_rc, tau_ref=0.0).gain(high)
        form: Form = "CubaLIF" if filtered else "LIF"
        return NirNeurons(form, gain, REST, kind.tau_rc, synapse)
    if filtered:
        return NirNeurons("CubaLIF", high * NO_LEAK, 0.0, NO_LEAK, synapse)
    return NirNeurons("IF", high * dt, 0.0)


def spike_of(spiking: Spiking, dt: float) -> float:
    """Return the activation that one spike in a step stands for."""
    return 1 / (spiking.rate.high * dt)


@dataclass(frozen=True, slots=True)
class SpecNeurons:
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


def spec_neurons_of(node: Node) -> SpecNeurons:
    """Return the neurons of a node.

    Raises
    ------
    RefusedModelError
        If they have not one parameter for all, or ones that no neuron can have.
    """
    threshold = _one(node, "v_threshold")
    reset = _one(node, "v_reset", 0.0)
    resistance = _one(node, "r")
    room = threshold - reset
    if room <= 0:
        raise node.refusal(
            f"its threshold, {threshold:g}, is not above its reset, {reset:g}",
            "give it a threshold above its reset",
        )
    if node.kind == "IF":
        return SpecNeurons(resistance / room, 0.0, 1.0, (), "v_reset" in node.arrays)
    return _leaky(node, resistance, room, reset)


def _leaky(node: Node, resistance: float, room: float, reset: float) -> SpecNeurons:
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
        raise node.refusal("its input lowers its voltage", "give it an `r` above 0")
    membrane = tau * STEP / step
    if membrane > LONGEST_LEAK:
        return SpecNeurons(gain * step / tau, 0.0, 1.0, properties, resets)
    neuron = f"neuron lif {{ tau_rc {_milliseconds(node, membrane)}, tau_ref 0 ms }}"
    full = network.Lif(membrane, tau_ref=0.0).gain(TOP)
    return SpecNeurons(
        gain / full,
        ((leak - reset) / room - REST) / full,
        1 / (TOP * STEP),
        (neuron, *properties),
        resets,
    )


def _milliseconds(node: Node, seconds: float) -> str:
    if not STEP <= seconds <= LONGEST_LEAK:
        raise node.refusal(
            f"a time constant of {seconds * 1e3:g} ms is not of a step of 1 ms up to"
            " 8.19 s",
            "NIR counts seconds; Norse 1.1 writes `dt` times seconds, and sinabs"
            " writes steps: correct this and write the graph again",
        )
    return f"{float(f'{seconds * 1e3:.6g}'):g} ms"


def _one(node: Node, name: str, default: float | None = None) -> float:
    """Return a parameter that all neurons share."""
    array = node.arrays.get(name)
    if array is None or array.size == 0:
        if default is None or array is not None:
            raise node.refusal(f"it has no {name}", "write the graph again")
        return default
    first = float(array.reshape(-1)[0])
    if not np.isfinite(array).all():
        raise node.refusal(f"its {name} is not finite", "train it again")
    if not np.allclose(array, first, rtol=1e-6, atol=0):
        raise node.refusal(
            DIFFERS.format(name=name), "train it with one value for the layer"
        )
    return first
