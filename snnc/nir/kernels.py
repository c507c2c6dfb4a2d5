"""The weights of a graph, as a model has them: channels last, all that is folded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.importer.model import ModelWeights
from snnc.nir.convolutions import arrays_of
from snnc.nir.graph_file import Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.model import Arrays

    Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class FoldedKernel:
    """How the kernel of a layer is made of a linear node.

    Attributes
    ----------
    node, weight
        The node, and what is kept of its weight.
    read
        By what each channel that it reads is multiplied, or each value if it is flat.
    image
        What was flattened, channels first; empty if nothing was.
    gain, offset
        What comes behind it, by channels: ``gain x + offset``.
    """

    node: Node
    weight: Array
    read: Array
    image: tuple[int, ...]
    gain: Array | float = 1.0
    offset: float = 0.0


class GraphWeights(ModelWeights):
    """The kernels of a graph, channels last; those of ``NODE/raw`` as they are read."""

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
        """Nothing is open."""


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


def matrix_of(node: Node) -> Array:
    """Return the weight (out, in) of an `Affine` or `Linear` node.

    Raises
    ------
    RefusedModelError
        If it is no matrix of finite numbers, or its bias does not fit it.
    """
    weight = node.array("weight")
    if weight.ndim != 2:
        raise node.refused(f"its weight has {weight.ndim} axes", "write it anew")
    bias = node.arrays.get("bias", np.zeros(weight.shape[0]))
    if bias.shape != weight.shape[:1]:
        shape = "x".join(map(str, bias.shape)) or "a number"
        raise node.refused(
            f"its bias has the shape {shape}, for {weight.shape[0]} channels",
            "write it anew",
        )
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise node.refused("it holds NaN or infinite weights", "train it anew")
    return weight
