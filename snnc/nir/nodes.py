"""Convert the parameters of NIR nodes: neurons in both directions, and linear nodes.

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
once per step. `Conv1d`, `Conv2d` and pools become the options of Keras layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnc.ir.logical import Spiking
from snnc.nir.graph_file import AGAIN, Node
from snnc.runtime import network
from snnc.text.tables import dims

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


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
    high, lif = spiking.rate.high, spiking.neuron
    filtered = neuron == "cubalif" and not is_encoder and spiking.synapse > 0
    synapse = spiking.synapse if filtered else 0.0
    if lif is not None:
        gain = network.Lif(lif.tau_rc, tau_ref=0.0).gain(high)
        form: Form = "CubaLIF" if filtered else "LIF"
        return NirNeurons(form, gain, REST, lif.tau_rc, synapse)
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
            f"its {name} differs between neurons, but a layer has only one value",
            "train the network with one value per layer",
        )
    return first


Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Convolved:
    """A convolution as a Keras layer.

    Attributes
    ----------
    kind, options
        The class of the layer, and its options.
    pads
        The zeros before and after each axis that a preceding layer adds; empty without.
    shape
        The shape of the output, channels first.
    weight
        The weight, without taps at its ends that are zero or only cover padding.
    """

    kind: str
    options: Mapping[str, object]
    pads: list[list[int]]
    shape: Shape
    weight: Array


def convolve(node: Node, read: Shape) -> Convolved:
    """Convert a convolution.

    Padding becomes a separate layer, which the importer folds into the kernel. NIR pads
    both ends equally; tools with uneven padding add a zero tap to the kernel.

    Raises
    ------
    RefusedModelError
        If the node's parameters contradict each other or the shape of its input.
    """
    rank = 1 if node.kind == "Conv1d" else 2
    weight = _weight(node, rank)
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
    padding, zeros = _padding(node, rank, stride)
    if padding == "valid":
        for axis in range(rank):
            weight, zeros[axis] = _trim(
                weight, axis, read[1 + axis], stride[axis], dilation[axis], zeros[axis]
            )
    taps = weight.shape[2:]
    places = [
        n if padding == "same" else (n + a + b - (k - 1) * d - 1) // s + 1
        for n, (a, b), k, d, s in zip(
            read[1:], zeros, taps, dilation, stride, strict=True
        )
    ]
    options = {
        "kernel_size": list(taps),
        "strides": list(stride),
        "padding": padding,
        "dilation_rate": list(dilation),
        "use_bias": True,
        "filters": outputs,
        "groups": groups,
    }
    pads = [list(pair) for pair in zeros] if any(map(any, zeros)) else []
    return Convolved(f"Conv{rank}D", options, pads, (outputs, *places), weight)


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


def check_finite(node: Node, weight: Array, bias: Array) -> None:
    """Refuse a node with weights that are not finite."""
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise node.refusal("it contains NaN or infinite weights", "train it again")


def _weight(node: Node, rank: int) -> Array:
    weight = node.arrays.get("weight")
    if weight is None or weight.ndim != rank + 2 or 0 in weight.shape:
        axes = "none" if weight is None else f"{weight.ndim} axes"
        raise node.refusal(f"its weight has {axes}, not {rank + 2}", AGAIN)
    bias = node.arrays.get("bias", np.zeros(weight.shape[0]))
    if bias.shape != weight.shape[:1]:
        raise node.refusal(f"it has {bias.size} biases, not {weight.shape[0]}", AGAIN)
    check_finite(node, weight, bias)
    return weight


def _padding(node: Node, rank: int, stride: Shape) -> tuple[str, list[tuple[int, int]]]:
    """Return the Keras padding, and the zeros that a preceding layer must add."""
    none = [(0, 0)] * rank
    word = node.words.get("padding")
    if word is None:
        pads = _numbers(node, "padding", rank, (0,) * rank, least=0)
        return "valid", [(p, p) for p in pads]
    if word not in ("same", "valid"):
        raise node.refusal(f"its padding is {word[:20]!r}", AGAIN)
    if word == "same" and set(stride) != {1}:
        raise node.refusal(
            "`same` with a stride has a different meaning in each tool",
            "write the padding as numbers",
        )
    return word, none


def _numbers(
    node: Node, name: str, count: int, default: Shape | None, least: int = 1
) -> Shape:
    """Return integers, one per axis."""
    array = node.arrays.get(name)
    if array is None or array.size == 0:
        if default is None:
            raise node.refusal(f"it has no {name}", AGAIN)
        return default
    numbers = np.broadcast_to(array.reshape(-1), (count,)) if array.size == 1 else array
    numbers = numbers.reshape(-1)
    is_whole = numbers.dtype.kind in "biu" or bool((numbers == np.floor(numbers)).all())
    if len(numbers) != count or not is_whole or (numbers < least).any():
        raise node.refusal(f"its {name} is {numbers.tolist()[:4]}", AGAIN)
    if (numbers > 2**20).any():
        raise node.refusal(
            f"its {name} is {int(numbers.max())}", "write a smaller graph"
        )
    return tuple(int(n) for n in numbers)


def matrix_of(node: Node) -> Array:
    """Return the weight (out, in) of an `Affine` or `Linear` node.

    Raise RefusedModelError if the weight is not a matrix of finite numbers, or the bias
    has another size.
    """
    weight = node.array("weight")
    if weight.ndim != 2:
        raise node.refusal(f"its weight has {weight.ndim} axes", AGAIN)
    bias = node.arrays.get("bias", np.zeros(weight.shape[0]))
    if bias.shape != weight.shape[:1]:
        raise node.refusal(
            f"its bias has the shape {dims(bias.shape) or 'a number'}, for "
            f"{weight.shape[0]} channels",
            AGAIN,
        )
    check_finite(node, weight, bias)
    return weight
