"""Convert the parameters of NIR nodes to those of a spec and of Keras layers.

One step of the other tool becomes one step of the spec. A neuron with input ``I`` in
each step and no leak fires ``r I / (v_threshold - v_reset)`` times per step, like
Nengo's rectified linear neurons with any upper rate. With a leak, it fires ``dt / (tau
log(1 + 1 / (J - 1)))`` times per step, where ``J = (r I + v_leak - v_reset) /
(v_threshold - v_reset)``. NIR's ``IF`` does not define a step, so tools add ``r I``
once per step. `Conv1d`, `Conv2d` and pools become the options of Keras layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnc.ir.shapes import Shape
from snnc.language.editions import EDITIONS, NEWEST
from snnc.nir.graph_file import AGAIN, Node
from snnc.runtime.examples import Array
from snnc.runtime.neurons import REST, Lif

NEURONS = ("IF", "LIF", "CubaLIF")
TOP = EDITIONS[NEWEST].rate[1]
"""The upper rate of the layers of an imported spec, in Hz."""
STEP = 1e-3
"""The time step of an imported spec, in seconds."""
SPIKE = 1 / (TOP * STEP)
"""The activation of a neuron that fires in every step."""
LONGEST_LEAK = 8.19
"""The longest time constant of a leak, in seconds. Loihi's integers can't express a
slower leak, so it is omitted."""


@dataclass(frozen=True, slots=True)
class SpecNeurons:
    """The neurons of a node, as properties of a layer's statement.

    An input sum ``x`` is the activation ``gain x + offset``, and one spike per step is
    the activation ``spike``.
    """

    gain: float
    offset: float
    spike: float
    properties: tuple[str, ...]


def neurons_of(node: Node) -> SpecNeurons:
    """Convert neurons, or refuse parameters that differ or are impossible."""
    threshold = node.number("v_threshold")
    reset = node.number("v_reset", 0.0)
    resistance = node.number("r")
    room = threshold - reset
    if room <= 0:
        raise node.refusal(
            f"its threshold, {threshold:g}, is not above its reset, {reset:g}",
            "give it a threshold above its reset",
        )
    gain = resistance / room
    if node.kind == "IF":
        return SpecNeurons(gain * SPIKE, 0.0, SPIKE, ())
    tau = node.number("tau" if node.kind == "LIF" else "tau_mem")
    leak = node.number("v_leak")
    # snnTorch writes r = tau / dt with a step of 0.1 ms; other tools write 1, for 1 ms.
    step = tau / resistance if resistance > 1 else STEP
    properties: tuple[str, ...] = ()
    if node.kind == "CubaLIF":
        gain *= node.number("w_in", 1.0)
        synapse = node.number("tau_syn")
        properties = (f"synapse {_milliseconds(node, synapse * STEP / step)}",)
    if gain <= 0:
        raise node.refusal("its input lowers its voltage", "give it an `r` above 0")
    membrane = tau * STEP / step
    if membrane > LONGEST_LEAK:
        return SpecNeurons(gain * step / tau * SPIKE, 0.0, SPIKE, properties)
    neuron = f"neuron lif {{ tau_rc {_milliseconds(node, membrane)}, tau_ref 0 ms }}"
    full = Lif(membrane, tau_ref=0.0).gain(TOP)
    offset = ((leak - reset) / room - REST) / full
    return SpecNeurons(gain / full, offset, SPIKE, (neuron, *properties))


def _milliseconds(node: Node, seconds: float) -> str:
    if not STEP <= seconds <= LONGEST_LEAK:
        raise node.refusal(
            f"a time constant of {seconds * 1e3:g} ms is not between one step of 1 ms "
            "and 8.19 s",
            "NIR uses seconds, but Norse 1.1 writes `dt` times seconds, and sinabs "
            "writes steps: correct the unit and write the graph again",
        )
    return f"{float(f'{seconds * 1e3:.6g}'):g} ms"


Pads = list[tuple[int, int]]
"""The zeros before and after each axis."""


def convolve(
    node: Node, weight: Array, read: Shape
) -> tuple[dict[str, object], Pads, Array, Shape]:
    """Convert a convolution to a Keras layer.

    Padding becomes a separate layer, which the importer folds into the kernel. NIR pads
    both ends equally; tools with uneven padding add a zero tap to the kernel.

    Return the options of the layer, the zeros that a preceding layer adds, the weight
    without taps at its ends that have no effect, and the shape of the output, channels
    first. Refuse parameters that contradict each other or the input.
    """
    rank = weight.ndim - 2
    if len(read) != rank + 1:
        raise node.refusal(f"it reads {len(read)} axes, not {rank + 1}", AGAIN)
    groups = node.numbers("groups", 1, (1,))[0]
    outputs, inputs = weight.shape[:2]
    if inputs * groups != read[0] or outputs % groups:
        raise node.refusal(
            f"its weight is for {inputs * groups} channels in {groups} groups, but it "
            f"reads {read[0]}",
            AGAIN,
        )
    stride = node.numbers("stride", rank, (1,) * rank)
    dilation = node.numbers("dilation", rank, (1,) * rank)
    extents = [(n - 1) * d for n, d in zip(weight.shape[2:], dilation, strict=True)]
    pads = _padding(node, extents, stride)
    places = []
    for axis, size in enumerate(read[1:]):
        step = dilation[axis]
        weight, pads[axis] = _trim(weight, axis, size, stride[axis], step, pads[axis])
        extent = (weight.shape[2 + axis] - 1) * step + 1
        places.append((size + sum(pads[axis]) - extent) // stride[axis] + 1)
    options = {
        "kernel_size": list(weight.shape[2:]),
        "strides": list(stride),
        "dilation_rate": list(dilation),
        "use_bias": True,
        "filters": outputs,
        "groups": groups,
    }
    zeros = pads if any(map(any, pads)) else []
    return options, zeros, weight, (outputs, *places)


def _trim(
    weight: Array, axis: int, size: int, stride: int, step: int, pads: tuple[int, int]
) -> tuple[Array, tuple[int, int]]:
    """Remove taps at the ends of an axis that have no effect, and their padding.

    ``axis`` is a spatial axis of ``weight`` (filters, channels, *taps), which slides
    over ``size`` positions, with ``step`` positions between taps (the dilation).
    ``pads`` are the zeros before and after them.
    """
    before, behind = pads
    taps = weight.shape[2 + axis]
    extent = (taps - 1) * step + 1
    first_start = -before
    last_start = (size + before + behind - extent) // stride * stride - before
    # Tools that pad unevenly add a tap of zeros, which would make the kernel larger.
    has_effect = [
        bool(np.take(weight, tap, 2 + axis).any())
        and (last_start + tap * step >= 0)
        and (first_start + tap * step < size)
        for tap in range(taps)
    ]
    if not any(has_effect):
        return weight, pads
    front = min(has_effect.index(True), before // step)
    back = min(has_effect[::-1].index(True), behind // step)
    trimmed = np.take(weight, range(front, taps - back), 2 + axis)
    return trimmed, (before - front * step, behind - back * step)


def _padding(node: Node, extents: list[int], stride: Shape) -> Pads:
    """Return the zeros around each axis; a kernel reaches over ``extents``."""
    word = node.words.get("padding", "valid")
    if word not in ("same", "valid"):
        raise node.refusal(f"its padding is {word[:20]!r}", AGAIN)
    if word == "same" and set(stride) != {1}:
        raise node.refusal(
            "`same` with a stride has a different meaning in each tool",
            "write the padding as numbers",
        )
    if word == "same":
        # As in PyTorch, the end gets the larger half.
        return [(extent // 2, extent - extent // 2) for extent in extents]
    rank = len(extents)
    return [(p, p) for p in node.numbers("padding", rank, (0,) * rank, least=0)]
