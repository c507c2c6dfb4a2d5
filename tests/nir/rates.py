"""Graphs of NIR in rates, by numpy alone: what no reader of NIR agrees with another on.

A neuron gives what it fires in a step in the mean, its input held for ever.
"""

from graphlib import TopologicalSorter
from typing import Any

import nir
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]


def rates(graph: nir.NIRGraph, values: Array, dt: float = 1e-3) -> dict[str, Array]:
    """Return what each node gives for one input."""
    found: dict[str, Array] = {}
    before = {n: {a for a, b in graph.edges if b == n} for n in graph.nodes}
    for name in TopologicalSorter(before).static_order():
        node = graph.nodes[name]
        read = [found[source] for source, target in graph.edges if target == name]
        found[name] = (
            values if isinstance(node, nir.Input) else node_output(node, read, dt)
        )
    return found


def node_output(node: nir.NIRNode, read: list[Array], dt: float) -> Array:
    x: Array = np.sum(read, axis=0)
    if isinstance(node, nir.Conv2d):
        return convolve(node, x)
    if isinstance(node, nir.Affine):
        return node.weight.astype(float) @ x + node.bias
    if isinstance(node, nir.Linear):
        return node.weight.astype(float) @ x
    if isinstance(node, nir.Flatten):
        assert node.start_dim == 0
        return x.reshape(-1)
    if isinstance(node, nir.SumPool2d | nir.AvgPool2d):
        return pool(node, x)
    if isinstance(node, nir.Scale):
        return x * node.scale
    if isinstance(node, nir.IF):
        return np.maximum(x * node.r / (node.v_threshold - node.v_reset), 0)
    if isinstance(node, nir.LIF):
        return leaky(node, x, node.tau, dt)
    if isinstance(node, nir.CubaLIF):
        return leaky(node, x * node.w_in, node.tau_mem, dt)
    return x


def leaky(node: nir.NIRNode, x: Array, tau: Array, dt: float) -> Array:
    """Return rates by the solution of NIR's equation between two spikes."""
    room = node.v_threshold - node.v_reset
    current = (node.r * x + node.v_leak - node.v_reset) / room
    with np.errstate(divide="ignore", invalid="ignore"):
        period = tau * np.log1p(1 / (current - 1))
    return np.where(current > 1, dt / period, 0)


def pool(node: nir.NIRNode, x: Array) -> Array:
    rows, columns = (int(n) for n in node.kernel_size)
    windows = sliding_window_view(x, (1, rows, columns))[:, :, :, 0]
    steps = [int(s) for s in node.stride]
    strided = windows[:, :: steps[0], :: steps[1]]
    average = isinstance(node, nir.AvgPool2d)
    return strided.mean((-1, -2)) if average else strided.sum((-1, -2))


def convolve(node: nir.Conv2d, x: Array) -> Array:
    weight = node.weight.astype(float)
    words = {"valid": (0, 0), "same": [(k - 1) // 2 for k in weight.shape[2:]]}
    padding = words[node.padding] if isinstance(node.padding, str) else node.padding
    pads = [(int(p), int(p)) for p in padding]
    padded = np.pad(x, [(0, 0), *pads])
    windows = sliding_window_view(padded, (1, *weight.shape[2:]))[:, :, :, 0]
    rows, columns = (int(s) for s in node.stride)
    strided = windows[:, ::rows, ::columns]
    outputs, groups = weight.shape[0], int(node.groups)
    apart = strided.reshape(groups, -1, *strided.shape[1:])
    own = weight.reshape(groups, outputs // groups, *weight.shape[1:])
    summed = np.einsum("gchwij,gocij->gohw", apart, own)
    return summed.reshape(outputs, *summed.shape[2:]) + node.bias[:, None, None]
