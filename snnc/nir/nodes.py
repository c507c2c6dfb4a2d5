"""Convert the parameters of NIR nodes to those of a spec and of Keras layers.

One step of the other tool becomes one step of the spec. A neuron with input ``I`` in
each step and no leak fires ``r I / (v_threshold - v_reset)`` times per step, like
Nengo's rectified linear neurons with any upper rate. With a leak, it fires ``dt / (tau
log(1 + 1 / (J - 1)))`` times per step, where ``J = (r I + v_leak - v_reset) /
(v_threshold - v_reset)``. NIR's ``IF`` does not define a step, so tools add ``r I``
once per step. `Conv1d`, `Conv2d` and pools become the options of Keras layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.ir.logical import Shape
from snnc.nir.graph_file import AGAIN, Node
from snnc.runtime import network
from snnc.text.tables import dims

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


NEURONS = ("IF", "LIF", "CubaLIF")
TOP = 150.0
"""The upper rate of the layers of an imported spec, in Hz."""
STEP = 1e-3
"""The time step of an imported spec, in seconds."""
LONGEST_LEAK = 8.19
"""The longest time constant of a leak, in seconds. Loihi's integers can't express a
slower leak, so it is omitted."""


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
        ((leak - reset) / room - network.REST) / full,
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
    if default is not None and name not in node.arrays:
        return default
    array = node.array(name)
    first = float(array.reshape(-1)[0])
    if not np.isfinite(array).all():
        raise node.refusal(f"its {name} is not finite", "train it again")
    if not np.allclose(array, first, rtol=1e-6, atol=0):
        raise node.refusal(
            f"its {name} differs between neurons, but a layer has only one value",
            "train the network with one value per layer",
        )
    return first


def weights_of(node: Node, axes: int) -> tuple[Array, Array]:
    """Return the weight and the bias of a linear node.

    Raise RefusedModelError if the weight has another number of axes, the bias has
    another size, or a number is not finite.
    """
    weight = node.array("weight")
    if weight.ndim != axes:
        raise node.refusal(f"its weight has {weight.ndim} axes, not {axes}", AGAIN)
    bias = node.arrays.get("bias", np.zeros(len(weight)))
    if bias.shape != weight.shape[:1]:
        raise node.refusal(
            f"its bias has the shape {dims(bias.shape) or 'a number'}, for "
            f"{len(weight)} channels",
            AGAIN,
        )
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise node.refusal("it contains NaN or infinite weights", "train it again")
    return weight, bias


Pads = list[tuple[int, int]]
"""The zeros before and after each axis."""


def convolve(
    node: Node, weight: Array, read: Shape
) -> tuple[dict[str, object], Pads, Array, Shape]:
    """Convert a convolution to a Keras layer.

    Padding becomes a separate layer, which the importer folds into the kernel. NIR pads
    both ends equally; tools with uneven padding add a zero tap to the kernel.

    Returns
    -------
    tuple
        The options of the layer, the zeros that a preceding layer adds, the weight
        without taps at its ends that have no effect, and the shape of the output,
        channels first.

    Raises
    ------
    RefusedModelError
        If the node's parameters contradict each other or the shape of its input.
    """
    rank = weight.ndim - 2
    if len(read) != rank + 1:
        raise node.refusal(f"it reads {len(read)} axes, not {rank + 1}", AGAIN)
    groups = _numbers(node, "groups", 1, (1,))[0]
    outputs, inputs = weight.shape[:2]
    if inputs * groups != read[0] or outputs % groups:
        raise node.refusal(
            f"its weight is for {inputs * groups} channels in {groups} groups, but it "
            f"reads {read[0]}",
            AGAIN,
        )
    stride = _numbers(node, "stride", rank, (1,) * rank)
    dilation = _numbers(node, "dilation", rank, (1,) * rank)
    extents = [(n - 1) * d for n, d in zip(weight.shape[2:], dilation, strict=True)]
    pads = _padding(node, extents, stride)
    for axis in range(rank):
        weight, pads[axis] = _trim(
            weight, axis, read[1 + axis], stride[axis], dilation[axis], pads[axis]
        )
    taps = weight.shape[2:]
    places = [
        (n + a + b - (k - 1) * d - 1) // s + 1
        for n, (a, b), k, d, s in zip(
            read[1:], pads, taps, dilation, stride, strict=True
        )
    ]
    options = {
        "kernel_size": list(taps),
        "strides": list(stride),
        "padding": "valid",
        "dilation_rate": list(dilation),
        "use_bias": True,
        "filters": outputs,
        "groups": groups,
    }
    return options, pads if any(map(any, pads)) else [], weight, (outputs, *places)


def _trim(
    weight: Array, axis: int, size: int, stride: int, step: int, pads: tuple[int, int]
) -> tuple[Array, tuple[int, int]]:
    """Remove taps at the ends of an axis that have no effect, and their padding."""
    before, behind = pads
    taps = weight.shape[2 + axis]
    places = (size + before + behind - (taps - 1) * step - 1) // stride
    adds = [
        bool(np.take(weight, tap, 2 + axis).any())
        and (places * stride - before + tap * step >= 0)
        and (tap * step - before < size)
        for tap in range(taps)
    ]
    if not any(adds):
        return weight, pads
    first, last = adds.index(True), taps - 1 - adds[::-1].index(True)
    front = min(first, before // step)
    back = min(taps - 1 - last, behind // step)
    kept = np.arange(front, taps - back)
    return np.take(weight, kept, 2 + axis), (
        before - front * step,
        behind - back * step,
    )


def pool_of(node: Node, read: Shape) -> tuple[Mapping[str, object], Shape, int]:
    """Return an average pool's options, its output shape, and its window's size."""
    if len(read) != 3:
        raise node.refusal(f"it reads {len(read)} axes, not 3", AGAIN)
    window = _numbers(node, "kernel_size", 2, None)
    stride = _numbers(node, "stride", 2, window)
    if np.any(node.arrays.get("padding", np.zeros(2))):
        raise node.refusal(
            "it pads, so its windows at the border have fewer values",
            "remove the padding",
        )
    places = [
        (n - w) // s + 1 for n, w, s in zip(read[1:], window, stride, strict=True)
    ]
    options = {"pool_size": list(window), "strides": list(stride), "padding": "valid"}
    return options, (read[0], *places), prod(window)


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
        return [(extent // 2, extent - extent // 2) for extent in extents]
    rank = len(extents)
    return [(p, p) for p in _numbers(node, "padding", rank, (0,) * rank, least=0)]


def _numbers(
    node: Node, name: str, count: int, default: Shape | None, least: int = 1
) -> Shape:
    """Return integers, one per axis."""
    if default is not None and name not in node.arrays:
        return default
    numbers = node.array(name).reshape(-1)
    if numbers.size == 1:
        numbers = np.repeat(numbers, count)
    if len(numbers) != count or (numbers % 1 != 0).any() or (numbers < least).any():
        raise node.refusal(f"its {name} is {numbers.tolist()[:4]}", AGAIN)
    if (numbers > 2**20).any():
        raise node.refusal(
            f"its {name} is {int(numbers.max())}", "write a smaller graph"
        )
    return tuple(int(n) for n in numbers)
