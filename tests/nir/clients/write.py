"""Writes a small network of a tool's own: ``write.py TOOL GRAPH OUT``.

This program runs in that tool's environment, without snnc. OUT gets examples ``x``, as
the tool reads them, and ``y``, the network's outputs in rates: with ReLU instead of
neurons without a leak.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import nir
import numpy as np
import torch
from torch import nn

Made = tuple[nir.NIRGraph, Any, Any]


def train(layers: nn.Sequential, x: Any) -> nn.Sequential:
    """Learn for a moment whether the left of an example is brighter than its right."""
    half = x.shape[-1] // 2
    label = (x[..., :half].flatten(1).sum(1) > x[..., half:].flatten(1).sum(1)).long()
    optimizer = torch.optim.Adam(layers.parameters(), 1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(layers(x), label).backward()
        optimizer.step()
    return layers


def with_neurons(layers: nn.Sequential, make: Callable[[], nn.Module]) -> list[Any]:
    return [make() if isinstance(m, nn.ReLU) else m for m in layers]


def sinabs() -> Made:
    import sinabs.layers as sl
    import sinabs.nir

    x = torch.rand(64, 2, 12, 12)
    layers = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        nn.ReLU(),
        sl.SumPool2d(2),
        nn.Conv2d(4, 8, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32, 10),
        nn.ReLU(),
        nn.Linear(10, 2),
    )
    train(layers, x)
    spiking = with_neurons(layers, lambda: sl.IAFSqueeze(batch_size=1))
    net = nn.Sequential(*spiking)
    net(x[:1])
    return sinabs_graph(sinabs.nir.to_nir(net, x[:1])), x, layers(x)


def sinabs_graph(graph: nir.NIRGraph) -> nir.NIRGraph:
    graph._forward_type_inference()  # a Flatten without a shape can't be written
    return graph


def norse() -> Made:
    import norse.torch

    x = torch.rand(64, 20)
    layers = nn.Sequential(
        nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 2)
    )
    train(layers, x)
    spiking = with_neurons(layers, norse.torch.IAFCell)
    net = norse.torch.SequentialState(*spiking)
    return norse.torch.to_nir(net, x[:1]), x, layers(x)


def snntorch() -> Made:
    """Leak a tenth in a step; what that is in rates, the graph says by itself."""
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    x = torch.rand(64, 30)
    net = nn.Sequential(
        nn.Linear(30, 16),
        snn.Leaky(every(16, 0.9), threshold=every(16, 1.0), init_hidden=True),
        nn.Linear(16, 8),
        snn.Synaptic(
            every(8, 0.8), every(8, 0.9), threshold=every(8, 1.0), init_hidden=True
        ),
        nn.Linear(8, 2),
    )
    graph = export_to_nir(net, x[:1], ignore_dims=[0])
    return graph, x, torch.zeros(64, 2)


def every(neurons: int, value: float) -> Any:
    """Return a parameter of a layer's shape, without which NIR finds no types."""
    return torch.full((neurons,), value)


def main(tool: str, graph: str, out: str) -> None:
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    made, x, y = {"sinabs": sinabs, "norse": norse, "snntorch": snntorch}[tool]()
    nir.write(graph, made)
    np.savez(out, x=x.numpy(), y=y.detach().numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
