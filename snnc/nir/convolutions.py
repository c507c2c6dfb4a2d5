"""Convert NIR's `Conv1d`, `Conv2d` and pools to the options of Keras layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.nir.graph_file import AGAIN, Node

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


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
