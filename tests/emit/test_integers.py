"""Kernels of the generated `_integers.py` are those that nengo-loihi stores."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest

from tests.agreement.built import Weights
from tests.agreement.networks import text
from tests.emit.test_discretize import CUTS, built, discretised, flat, package_of
from tests.support import network

pytestmark = pytest.mark.slow

CASES = [
    ("cut", "relu"),
    ("padded", "relu"),
    ("conv3d", "lif"),
    ("residual", "relu"),
    ("joins", "relu"),
    ("pool_same_odd", "lif"),
    ("hosted", "relu"),
]


def spread(layout: Any, random: np.random.Generator) -> Weights:
    """Kernels of two decades, no two weights of one too near to be told apart."""
    found = {}
    for number, tensor in enumerate(layout.TENSORS):
        size = math.prod(tensor.shape)
        places = (random.permutation(size) + number / len(layout.TENSORS)) / size
        signs = random.choice((-1, 1), size)
        scale = 0.01 if tensor.name.endswith(".bias") else 1
        values = scale * signs * 10 ** (2 * places - 2)
        found[tensor.name] = values.reshape(tensor.shape).astype(np.float32)
    return found


def kept(blocks: list[Any]) -> tuple[Any, Any]:
    """Return the weights of each connection, exact and as they are stored."""
    exact, back = [np.zeros(0)], [np.zeros(0)]
    for block in blocks:
        weights = [flat(synapse).copy() for synapse in block.synapses]
        assert discretised(block)
        info = block.compartment.discretize_info
        scale = info["w_scale"] * 2.0 ** (6 + info["w_exp"])
        for own, synapse in zip(weights, block.synapses, strict=True):
            values, first = np.unique(own, return_index=True)
            exact.append(values)
            back.append(flat(synapse)[first] / np.max(scale))
    return np.concatenate(exact), np.concatenate(back)


def means(wanted: Any, exact: Any, back: Any) -> Any:
    """Return the mean of what became of each weight that is held, else itself."""
    order = np.argsort(exact)
    exact, sums = exact[order], np.append(0, np.cumsum(back[order]))
    near = np.abs(wanted) * 1e-6
    start = np.searchsorted(exact, wanted - near)
    stop = np.searchsorted(exact, wanted + near, side="right")
    found = (sums[stop] - sums[start]) / np.maximum(stop - start, 1)
    return np.where((stop > start) & (wanted != 0), found, wanted)


def unpooled(module: Any, read: Any, change: Any) -> Any:
    """Return the change of a kernel whose pooled one is nearest to ``change``."""
    whole = read._replace(**{"rows": slice(None)} if hasattr(read, "rows") else {})
    size = math.prod(read.size)
    units = (unit.reshape(size, 1) for unit in np.eye(size))
    pooled = [module.kernel(whole, {read.tensor: unit}, 1).ravel() for unit in units]
    columns = change.reshape(len(pooled[0]), -1)
    solved, *_ = np.linalg.lstsq(np.stack(pooled, axis=1), columns, rcond=None)
    return solved.reshape(*read.size, *change.shape[3:])


def expected(module: Any, layer: Any, tensors: Weights, blocks: list[Any]) -> Weights:
    """Return a layer's kernels, each the mean over all that reads by it."""
    exact, back = kept(blocks)
    changes: dict[str, Any] = {}
    for name, read in parts(layer):
        channels = tensors[name].shape[-1]
        composed = module.kernel(read, tensors, channels)
        factor = module.factor(layer, read)
        change = means(composed * factor, exact, back) / factor - composed
        own = np.full(tensors[name].shape, np.nan)  # but for the rows of this read
        rows = getattr(read, "rows", slice(None))
        view = own.reshape(*read.size, -1, channels)
        view[..., rows, :] = unpooled(module, read, change)
        changes.setdefault(name, []).append(own)
    return {name: tensors[name] + np.nanmean(c, axis=0) for name, c in changes.items()}


def parts(layer: Any) -> list[tuple[str, Any]]:
    return [(read.tensor, read) for read in layer.reads if read.tensor is not None]


@pytest.mark.parametrize(("name", "neuron"), CASES)
def test_kernels_are_those_that_the_cores_hold(name: str, neuron: str) -> None:
    spec = network(CUTS[name], name) if name in CUTS else text(name, neuron)
    with package_of(spec, "_discretize") as (package, module):
        integers = importlib.import_module(f"{package.nengo.__package__}._integers")
        tensors = spread(package.layout, np.random.default_rng(len(name)))
        program = package.nengo.build_network(tensors)
        blocks = built(program.net, package.nengo.DT)
        found = integers.stored_kernels(tensors)
    wanted: Weights = {}
    for layer, own in module.LAYERS.items():
        names = tuple(map(str, program.layers[layer]))
        held = [block for block in blocks if block.label.startswith(names)]
        wanted.update(expected(module, own, tensors, held))
    assert sorted(found) == sorted(wanted)
    for tensor, values in wanted.items():
        largest = np.abs(tensors[tensor]).max()
        np.testing.assert_allclose(found[tensor], values, atol=1e-6 * largest)
        assert np.abs(values - tensors[tensor]).max() > 1e-4 * largest
