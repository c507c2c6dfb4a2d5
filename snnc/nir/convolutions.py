"""Convert NIR's `Conv1d`, `Conv2d` and pools to layers with channels-last kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.model import KerasLayer, ModelWeights
from snnc.nir.graph_file import Node

if TYPE_CHECKING:
    from snnc.importer.model import Arrays
    from snnc.runtime.examples import Array


Shape = tuple[int, ...]
ANEW = "write the graph again"


@dataclass(frozen=True, slots=True)
class Convolved:
    """The layers of a convolution, its output shape, and its weight.

    ``weight`` omits taps at its ends that are zero or only cover padding.
    """

    layers: tuple[KerasLayer, ...]
    shape: Shape
    weight: Array


def convolve(node: Node, source: str, read: Shape) -> Convolved:
    """Convert a convolution to layers.

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
        raise node.refusal(f"it reads {len(read)} axes, not {rank + 1}", ANEW)
    groups = _numbers(node, "groups", 1, (1,))[0]
    outputs, inputs, *taps = weight.shape
    if inputs * groups != read[0] or outputs % groups:
        raise node.refusal(
            f"its weight is for {inputs * groups} channels in {groups} groups, but it "
            f"reads {read[0]}",
            ANEW,
        )
    stride = _numbers(node, "stride", rank, (1,) * rank)
    dilation = _numbers(node, "dilation", rank, (1,) * rank)
    padding, zeros = _padding(node, rank, stride)
    if padding == "valid":
        for axis in range(rank):
            weight, zeros[axis] = _trim(
                weight, axis, read[1 + axis], stride[axis], dilation[axis], zeros[axis]
            )
        taps = list(weight.shape[2:])
    extent = [(k - 1) * d + 1 for k, d in zip(taps, dilation, strict=True)]
    layers = []
    if any(map(any, zeros)):
        pads = [list(pair) for pair in zeros]
        name = f"{node.name}_pad"
        layers.append(
            KerasLayer(name, f"ZeroPadding{rank}D", {"padding": pads}, (source,))
        )
        source = name
    given = [
        n if padding == "same" else (n + a + b - e) // s + 1
        for n, (a, b), e, s in zip(read[1:], zeros, extent, stride, strict=True)
    ]
    options = {
        "kernel_size": taps,
        "strides": list(stride),
        "padding": padding,
        "dilation_rate": list(dilation),
        "use_bias": True,
    }
    if groups > 1 and groups == read[0]:
        kind = f"DepthwiseConv{rank}D"
        options["depth_multiplier"] = outputs // groups
    else:
        kind = f"Conv{rank}D"
        options |= {"filters": outputs, "groups": groups}
    layers.append(KerasLayer(node.name, kind, options, (source,)))
    return Convolved(tuple(layers), (outputs, *given), weight)


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


def arrays_of(
    node: Node, weight: Array, bias: Array, read: Array, gain: Array
) -> Arrays:
    """Return the kernel of a convolution in the Keras layout.

    Parameters
    ----------
    weight : (out, in of a group, *taps)
    bias : (out,)
        Already scaled.
    read : (in,)
        The factor of each input channel.
    gain : (out,)
        The factor of each output channel.
    """
    outputs, inputs, *taps = weight.shape
    groups = int(np.max(node.arrays.get("groups", np.array(1))))
    factor = np.broadcast_to(read, (inputs * groups,)).reshape(groups, 1, inputs)
    grouped = weight.reshape(groups, -1, inputs, prod(taps))
    grouped = grouped * factor[..., None] * gain.reshape(groups, -1, 1, 1)
    whole = grouped.reshape(outputs, inputs, *taps)
    kernel = np.moveaxis(whole, (0, 1), (-1, -2))
    name = "kernel"
    if groups > 1 and inputs == 1:
        kernel = kernel.reshape(*taps, groups, outputs // groups)
        name = "depthwise_kernel"
    return {name: kernel.astype("f4"), "bias": bias.astype("f4")}


def pool_of(node: Node, source: str, read: Shape) -> tuple[KerasLayer, Shape, int]:
    """Return an average pool, its output shape, and the size of its window."""
    if len(read) != 3:
        raise node.refusal(f"it reads {len(read)} axes, not 3", ANEW)
    window = _numbers(node, "kernel_size", 2, None)
    stride = _numbers(node, "stride", 2, window)
    if np.any(node.arrays.get("padding", np.zeros(2))):
        raise node.refusal(
            "it pads, so its windows at the border have fewer values",
            "remove the padding",
        )
    given = [(n - w) // s + 1 for n, w, s in zip(read[1:], window, stride, strict=True)]
    options = {
        "pool_size": list(window),
        "strides": list(stride),
        "padding": "valid",
    }
    layer = KerasLayer(node.name, "AveragePooling2D", options, (source,))
    return layer, (read[0], *given), prod(window)


def _weight(node: Node, rank: int) -> Array:
    weight = node.arrays.get("weight")
    if weight is None or weight.ndim != rank + 2 or 0 in weight.shape:
        axes = "none" if weight is None else f"{weight.ndim} axes"
        raise node.refusal(f"its weight has {axes}, not {rank + 2}", ANEW)
    bias = node.arrays.get("bias", np.zeros(weight.shape[0]))
    if bias.shape != weight.shape[:1]:
        raise node.refusal(f"it has {bias.size} biases, not {weight.shape[0]}", ANEW)
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise node.refusal("it contains NaN or infinite weights", "train it again")
    return weight


def _padding(node: Node, rank: int, stride: Shape) -> tuple[str, list[tuple[int, int]]]:
    """Return the Keras padding, and the zeros that a preceding layer must add."""
    none = [(0, 0)] * rank
    word = node.words.get("padding")
    if word is None:
        pads = _numbers(node, "padding", rank, (0,) * rank, least=0)
        return "valid", [(p, p) for p in pads]
    if word not in ("same", "valid"):
        raise node.refusal(f"its padding is {word[:20]!r}", ANEW)
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
            raise node.refusal(f"it has no {name}", ANEW)
        return default
    numbers = np.broadcast_to(array.reshape(-1), (count,)) if array.size == 1 else array
    numbers = numbers.reshape(-1)
    is_whole = numbers.dtype.kind in "biu" or bool((numbers == np.floor(numbers)).all())
    if len(numbers) != count or not is_whole or (numbers < least).any():
        raise node.refusal(f"its {name} is {numbers.tolist()[:4]}", ANEW)
    if (numbers > 2**20).any():
        raise node.refusal(
            f"its {name} is {int(numbers.max())}", "write a smaller graph"
        )
    return tuple(int(n) for n in numbers)


@dataclass(frozen=True, slots=True)
class FoldedKernel:
    """A layer's kernel that was made from a linear node.

    Attributes
    ----------
    node, weight
        The node, and its weight without unused taps.
    read
        The factor of each input channel, or of each value if the input is flat.
    image
        The shape before flattening, channels first; empty if nothing was flattened.
    gain, offset
        The operation after the node, per channel: ``gain x + offset``.
    """

    node: Node
    weight: Array
    read: Array
    image: tuple[int, ...]
    gain: Array | float = 1.0
    offset: float = 0.0


class GraphWeights(ModelWeights):
    """The kernels of a graph, channels last; ``NODE/raw`` names an unscaled kernel."""

    def __init__(self, kernels: Mapping[str, FoldedKernel]) -> None:
        self._kernels = kernels

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        name, _, raw = layer.partition("/")
        kernel = self._kernels.get(name)
        if kernel is None:
            return {}
        if raw:
            weight = kernel.node.arrays["weight"]
            kernel = FoldedKernel(kernel.node, weight, np.ones(1), kernel.image)
        return _arrays(kernel)

    def close(self) -> None:
        """Do nothing, because no file is open."""


def _arrays(kernel: FoldedKernel) -> Arrays:
    node = kernel.node
    weight = kernel.weight.astype(float)
    outputs = weight.shape[0]
    bias = node.arrays.get("bias", np.zeros(outputs)).astype(float)
    gain = np.broadcast_to(kernel.gain, (outputs,))
    bias = bias * gain + kernel.offset
    if weight.ndim == 2:
        matrix = weight.T * np.reshape(kernel.read, (-1, 1)) * gain
        if kernel.image:
            planes = matrix.reshape(*kernel.image, outputs)
            matrix = np.moveaxis(planes, 0, -2).reshape(-1, outputs)
        return {"kernel": matrix.astype("f4"), "bias": bias.astype("f4")}
    return arrays_of(node, weight, bias, kernel.read, gain)
