"""Graphs of NIR in rates, by numpy alone: what no reader of NIR agrees with another on.

A neuron gives what it fires in a step in the mean, its input held for ever.
"""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]


def rates(graph: nir.NIRGraph, values: Array, dt: float = 1e-3) -> dict[str, Array]:
    """Return what each node gives for one input, nodes in the order of the file."""
    found: dict[str, Array] = {}
    for name, node in graph.nodes.items():
        read = [found[source] for source, target in graph.edges if target == name]
        found[name] = values if isinstance(node, nir.Input) else given(node, read, dt)
    return found


def given(node: nir.NIRNode, read: list[Array], dt: float) -> Array:
    x: Array = np.sum(read, axis=0)
    if isinstance(node, nir.Conv2d):
        return convolved(node, x)
    if isinstance(node, nir.Affine):
        return node.weight.astype(float) @ x + node.bias
    if isinstance(node, nir.Flatten):
        assert node.start_dim == 0
        return x.reshape(-1)
    if isinstance(node, nir.IF):
        return np.maximum(x, 0)
    if isinstance(node, nir.LIF):
        with np.errstate(divide="ignore", invalid="ignore"):
            period = node.tau * np.log1p(1 / (x - 1))
        return np.where(x > 1, dt / period, 0)
    return x


def convolved(node: nir.Conv2d, x: Array) -> Array:
    weight = node.weight.astype(float)
    pads = [(int(p), int(p)) for p in node.padding]
    padded = np.pad(x, [(0, 0), *pads])
    windows = sliding_window_view(padded, (1, *weight.shape[2:]))[:, :, :, 0]
    rows, columns = (int(s) for s in node.stride)
    strided = windows[:, ::rows, ::columns]
    return np.einsum("chwij,ocij->ohw", strided, weight) + node.bias[:, None, None]
