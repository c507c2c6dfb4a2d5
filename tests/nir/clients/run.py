"""Runs a graph of NIR in a tool that reads it: ``run.py TOOL GRAPH DATA OUT``.

This program runs in that tool's environment, without snnc. DATA has ``x``, (examples,
*the input's shape), each held for all steps. GRAPH's metadata or ``steps`` says how
many there are. OUT gets ``outputs`` (examples, steps, units) and ``spikes.NODE`` of
each layer of neurons, summed over the steps.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import nir
import numpy as np

Step = tuple[Any, dict[str, Any]]
"""What ``output`` gives in a step, and the spikes of each layer of neurons."""
NEURONS = (nir.IF, nir.LIF, nir.CubaLIF)


def names_of_neurons(graph: nir.NIRGraph) -> list[str]:
    return [name for name, node in graph.nodes.items() if isinstance(node, NEURONS)]


def count_batch(graph: nir.NIRGraph, start: int) -> None:
    """Let flattening start after the batch axis."""
    for node in graph.nodes.values():
        if isinstance(node, nir.Flatten):
            node.start_dim = start


def norse(graph: nir.NIRGraph, x: Any, steps: int) -> Iterator[Step]:
    import norse.torch
    import torch

    count_batch(graph, 1)
    model = norse.torch.from_nir(graph, dt=1e-3)
    yield from run_executor(model, torch.from_numpy(x), steps, names_of_neurons(graph))


def sinabs(graph: nir.NIRGraph, x: Any, steps: int) -> Iterator[Step]:
    import sinabs.nir
    import torch

    # Step by step: it else runs all steps of a layer before the next layer.
    model = sinabs.nir.from_nir(graph, batch_size=len(x), num_timesteps=1)
    yield from run_executor(model, torch.from_numpy(x), steps, names_of_neurons(graph))


def run_executor(model: Any, x: Any, steps: int, names: list[str]) -> Iterator[Step]:
    """Step nirtorch's executor, which keeps what every node gives.

    It returns the value of the node that it ran last, which is not always ``output``.
    """
    state = None
    for _ in range(steps):
        _, state = model(x, state)
        yield state.cache["output"], {name: state.cache[name] for name in names}


def snntorch(graph: nir.NIRGraph, x: Any, steps: int, mend: bool = False) -> Any:
    import snntorch as snn
    import snntorch.import_nir
    import torch

    count_batch(graph, 1)
    model = snntorch.import_nir.import_from_nir(graph)
    found: dict[str, Any] = {}
    for name in names_of_neurons(graph):
        layer = model.get_submodule(name)
        if mend and isinstance(layer, snn.Leaky):
            layer.init_hidden = True
            layer.beta.fill_(1.0)
            layer.reset_mechanism = "zero"
        layer.register_forward_hook(
            lambda _, __, given, name=name: found.__setitem__(name, given)
        )
    values = torch.from_numpy(x)
    for _ in range(steps):
        output, _ = model(values)
        yield output, dict(found)


def snntorch_mended(graph: nir.NIRGraph, x: Any, steps: int) -> Iterator[Step]:
    """Run its IF without a leak, and as a module that keeps its own state."""
    yield from snntorch(graph, x, steps, mend=True)


def spyx(graph: nir.NIRGraph, x: Any, steps: int) -> Iterator[Step]:
    import jax
    import jax.numpy as jnp
    import spyx.nir
    from flax import nnx

    model = spyx.nir._build_model(graph, 1e-3, nnx.Rngs(0))
    names = [n for n in graph.nodes if n not in ("input", "output")]
    neurons = names_of_neurons(graph)
    if len(names) != len(model.layers):
        raise ValueError("Spyx follows one path of a graph")
    # Spyx has channels last, but flattens them so for weights that have them first.
    shapes = {n: graph.nodes[n].output_type["output"] for n in neurons}
    last = None
    for name, layer in zip(names, model.layers, strict=True):
        if isinstance(graph.nodes[name], nir.Flatten):
            last = tuple(int(n) for n in graph.nodes[name].input_type["input"])
        elif last is not None:
            kernel = np.asarray(layer.kernel[...]).reshape(*last, -1)
            whole = np.moveaxis(kernel, 0, 2).reshape(-1, kernel.shape[-1])
            layer.kernel[...] = jnp.array(whole)
            last = None

    @jax.jit
    def step_layers(values: Any, state: Any) -> Any:
        given: dict[str, Any] = {}
        after: list[Any] = []
        for name, layer, own in zip(names, model.layers, state, strict=True):
            if own is None:
                values = layer(values)
                after.append(None)
            else:
                values, new = layer(values, own)
                after.append(new)
                given[name] = values
        return values, given, after

    values = jnp.array(np.moveaxis(x, 1, -1) if x.ndim > 2 else x)
    state = model.initial_state(len(x))
    for _ in range(steps):
        output, given, state = step_layers(values, state)
        yield (
            np.asarray(output),
            {
                name: np.moveaxis(np.asarray(spikes), -1, 1)
                if len(shapes[name]) > 1
                else np.asarray(spikes)
                for name, spikes in given.items()
            },
        )


TOOLS: dict[str, Callable[[nir.NIRGraph, Any, int], Iterator[Step]]] = {
    "norse": norse,
    "sinabs": sinabs,
    "snntorch": snntorch,
    "snntorch-mended": snntorch_mended,
    "spyx": spyx,
}


def main(tool: str, graph: str, data: str, out: str) -> None:
    warnings.simplefilter("ignore")
    read = nir.read(graph)
    given = np.load(data)
    x = given["x"].astype(np.float32)
    known = read.metadata
    steps = int(given["steps"]) if "steps" in given else round(known["present"] / 1e-3)
    outputs: list[Any] = []
    spikes: dict[str, Any] = {}
    try:
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
    except ImportError:
        pass
    for output, fired in TOOLS[tool](read, x, steps):
        outputs.append(np.asarray(output))
        for name, values in fired.items():
            spikes[name] = spikes.get(name, 0) + np.asarray(values)
    np.savez(
        out,
        outputs=np.stack(outputs, 1),
        **{f"spikes.{name}": values for name, values in spikes.items()},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
