"""Convert neurons of a spec to NIR neurons, and back.

Export: an activation of 1.0 means a layer's upper rate HI. A NIR neuron sums its input
in each step and fires at 1. So an activation of 1.0 corresponds to an input of ``HI
dt`` per step, and one spike corresponds to an activation of ``1 / (HI dt)``. The
weights include gain, amplitude and step. Resistance, threshold and reset are 1, 1 and
0, which all tools interpret equally.

Import: one step of the other tool becomes one step of the spec. A neuron with input
``I`` in each step and no leak fires ``r I / (v_threshold - v_reset)`` times per step,
like Nengo's rectified linear neurons with any upper rate. With a leak, it fires ``dt /
(tau log(1 + 1 / (J - 1)))`` times per step, where ``J = (r I + v_leak - v_reset) /
(v_threshold - v_reset)``. NIR's ``IF`` does not define a step, so tools add ``r I``
once per step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnc.ir.logical import LifNeuron, Spiking
from snnc.nir.graph_file import AGAIN, Node
from snnc.runtime import network

Form = Literal["IF", "LIF", "CubaLIF"]
Neuron = Literal["if", "cubalif"]
"""The NIR neuron for ReLU, without or with the synaptic filter."""

REST = network.REST
"""The current of a LIF neuron at activation 0, below its threshold of 1."""
NO_LEAK = 1000.0
"""The membrane time constant, in seconds, of a `CubaLIF` that replaces a neuron without
a leak. It loses a millionth of its voltage in a step of 1 ms."""
NEURONS = ("IF", "LIF", "CubaLIF")
TOP = 150.0
"""The upper rate of the layers of an imported spec, in Hz."""
STEP = 1e-3
"""The time step of an imported spec, in seconds."""
LONGEST_LEAK = 8.19
"""The longest time constant of a leak, in seconds. Loihi's integers can't express a
slower leak, so it is omitted."""
DIFFERS = "its {name} differs between neurons, but a layer has only one value"


@dataclass(frozen=True, slots=True)
class NirNeurons:
    """The neurons of a layer in NIR.

    Attributes
    ----------
    form
        The kind of node.
    gain, rest
        The input per step for an activation ``x`` is ``gain x + rest``.
    membrane, synapse
        Time constants in seconds; 0 if this kind of node lacks one.
    """

    form: Form
    gain: float
    rest: float
    membrane: float = 0.0
    synapse: float = 0.0


def nir_neurons_of(
    spiking: Spiking, neuron: Neuron, dt: float, is_encoder: bool
) -> NirNeurons:
    """Return the NIR neurons of a layer.

    The current of a `LIF` at activation 0 is ``REST``. At activation 1, the current
    makes the neuron fire at HI without a refractory period, which NIR lacks. A
    `CubaLIF` divides its input by ``tau / dt``. Encoders read unfiltered values.
    """
    high, kind = spiking.rate.high, spiking.neuron
    filtered = neuron == "cubalif" and not is_encoder and spiking.synapse > 0
    synapse = spiking.synapse if filtered else 0.0
    if isinstance(kind, LifNeuron):
        gain = network.Lif(kind.tau_rc, tau_ref=0.0).gain(high)
        form: Form = "CubaLIF" if filtered else "LIF"
        return NirNeurons(form, gain, REST, kind.tau_rc, synapse)
    if filtered:
        return NirNeurons("CubaLIF", high * NO_LEAK, 0.0, NO_LEAK, synapse)
    return NirNeurons("IF", high * dt, 0.0)


@dataclass(frozen=True, slots=True)
class SpecNeurons:
    """The neurons of a node, as properties of a spec.

    Attributes
    ----------
    gain, offset
        An input sum ``x`` is the activation ``gain x + offset``.
    spike
        The activation that one spike per step represents.
    properties
        The properties in the layer's statement.
    """

    gain: float
    offset: float
    spike: float
    properties: tuple[str, ...]


def spec_neurons_of(node: Node) -> SpecNeurons:
    """Convert the neurons of a node to properties of a spec.

    Raises
    ------
    RefusedModelError
        If parameters differ between neurons, or are impossible.
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
        return SpecNeurons(resistance / room, 0.0, 1.0, ())
    return _leaky(node, resistance, room, reset)


def _leaky(node: Node, resistance: float, room: float, reset: float) -> SpecNeurons:
    tau = _one(node, "tau" if node.kind == "LIF" else "tau_mem")
    leak = _one(node, "v_leak")
    # snnTorch writes r = tau / dt with a step of 0.1 ms; other tools write 1, for 1 ms.
    step = tau / resistance if resistance > 1 else STEP
    gain = resistance / room
    properties: tuple[str, ...] = ()
    if node.kind == "CubaLIF":
        gain *= _one(node, "w_in", 1.0)
        synapse = _one(node, "tau_syn")
        properties = (f"synapse {_milliseconds(node, synapse * STEP / step)}",)
    if gain <= 0:
        raise node.refusal("its input lowers its voltage", "give it an `r` above 0")
    membrane = tau * STEP / step
    if membrane > LONGEST_LEAK:
        return SpecNeurons(gain * step / tau, 0.0, 1.0, properties)
    neuron = f"neuron lif {{ tau_rc {_milliseconds(node, membrane)}, tau_ref 0 ms }}"
    full = network.Lif(membrane, tau_ref=0.0).gain(TOP)
    return SpecNeurons(
        gain / full,
        ((leak - reset) / room - REST) / full,
        1 / (TOP * STEP),
        (neuron, *properties),
    )


def _milliseconds(node: Node, seconds: float) -> str:
    if not STEP <= seconds <= LONGEST_LEAK:
        raise node.refusal(
            f"a time constant of {seconds * 1e3:g} ms is not between one step of 1 ms "
            "and 8.19 s",
            "NIR uses seconds, but Norse 1.1 writes `dt` times seconds, and sinabs "
            "writes steps: correct the unit and write the graph again",
        )
    return f"{float(f'{seconds * 1e3:.6g}'):g} ms"


def _one(node: Node, name: str, default: float | None = None) -> float:
    """Return a parameter that must be equal for all neurons."""
    array = node.arrays.get(name)
    if array is None or array.size == 0:
        if default is None or array is not None:
            raise node.refusal(f"it has no {name}", AGAIN)
        return default
    first = float(array.reshape(-1)[0])
    if not np.isfinite(array).all():
        raise node.refusal(f"its {name} is not finite", "train it again")
    if not np.allclose(array, first, rtol=1e-6, atol=0):
        raise node.refusal(
            DIFFERS.format(name=name), "train the network with one value per layer"
        )
    return first
