"""The integers of the generated `_discretize.py` are those that nengo-loihi stores."""

from __future__ import annotations

import importlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nengo_loihi
import numpy as np
import pytest
from nengo.exceptions import BuildError
from nengo_loihi.builder.discretize import BIAS_MAX, VTH_MAX, discretize_block

from tests.agreement.built import Weights, imported
from tests.agreement.networks import text
from tests.support import network, sound

# Small blocks, whose cores hold different parts of the kernels.
CUT = """
    target loihi { chips 1 }
    timing { present 20 ms }
    input clip 3x6x5x2 in 0..1
    encode conv { filters 3 }
    conv3d c0 { filters 4, padding same, block 2x2x1x5 }
    conv3d c1 { filters 4, stride 2, padding same, shortcut c0, block 2x1x3x5 }
    dense d0 { units 5, block 3 }
    readout y { classes 4 }
"""
# Zeros in front of the kernel, which a tile of one row does not see.
PADDED = """
    target loihi { chips 1 }
    timing { present 20 ms }
    input image 12x12x2 in 0..1
    encode conv { filters 2 }
    avgpool { window 2 }
    conv2d c0 { filters 3, kernel 2, padding same, block 1x6x3 }
    readout y { classes 4 }
"""
CUTS = {"cut": CUT, "padded": PADDED}
CASES = [
    ("cut", "relu"),
    ("padded", "relu"),
    ("conv3d", "lif"),
    ("conv3d_same", "relu"),
    ("residual", "lif"),
    ("joins", "relu"),
    ("pools", "relu"),
    ("pool_same_odd", "lif"),
    ("features", "lif"),
    ("hosted", "relu"),
]


def drawn(layout: Any, layer_bias: float, random: np.random.Generator) -> Weights:
    """Kernels of long tails; with large biases, they keep few bits."""
    found = {}
    for tensor in layout.TENSORS:
        values = random.standard_t(3, tensor.shape) * 10 ** random.uniform(-2.5, 0)
        if tensor.name.endswith(".bias"):
            values = layer_bias * random.uniform(-1, 1, tensor.shape)
        found[tensor.name] = np.asarray(values, np.float32)
    return found


@contextmanager
def package_of(spec: str, module: str) -> Iterator[tuple[Any, Any]]:
    """Write a package; give it and one of its other modules."""
    with imported(sound(spec, "emit")) as package:
        yield package, importlib.import_module(f"{package.nengo.__package__}.{module}")


def built(net: Any, dt: float) -> list[Any]:
    """Return nengo-loihi's blocks, split but of real numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulator = nengo_loihi.Simulator(
            net, dt=dt, target="simreal", progress_bar=False
        )
        with simulator as sim:
            return list(sim.model.blocks)


def discretised(block: Any) -> bool:
    """Discretise a block in place, and tell whether nengo-loihi can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            discretize_block(block)
    except (AssertionError, BuildError):
        return False
    return True


def integers(weights: Any, values: Any) -> tuple[int, ...]:
    """Return the integers of all weights that differ, smallest weight first."""
    _, first = np.unique(weights, return_index=True)
    there = first[weights[first] != 0]
    return tuple(int(value) for value in values[there])


def flat(synapse: Any) -> Any:
    return np.concatenate([np.ravel(weights) for weights in synapse.weights])


def stored(block: Any) -> Any:
    """Return all that is stored of a block, or None if it can't be."""
    exact = [flat(synapse).copy() for synapse in block.synapses]
    if not discretised(block):
        return None
    kernels = (
        integers(weights, flat(synapse))
        for weights, synapse in zip(exact, block.synapses, strict=True)
    )
    compartment = block.compartment
    return (
        compartment.discretize_info["w_exp"],
        int(compartment.vth.max()),
        tuple(sorted(kernel for kernel in kernels if kernel)),
    )


def predicted(module: Any, name: str, core: Any, tensors: Weights) -> Any:
    """Return the same by the generated module."""
    layer = module.LAYERS[name]
    bias = tensors[f"{name}.bias"]
    kernels = [module.kernel(read, tensors, len(bias)) for read in layer.reads]
    grid, weights = module.use(layer, core, kernels, bias)
    if grid.refused:
        return None
    most = max(np.abs(part).max() for part in weights)
    kernels = (
        integers(part, module.stored(part, most, grid.exponent)[0]) for part in weights
    )
    threshold = round(grid.threshold / 64) * 64
    return (
        grid.exponent,
        threshold,
        tuple(sorted(kernel for kernel in kernels if kernel)),
    )


pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("name", "neuron"), CASES)
def test_every_core_stores_what_nengo_loihi_stores(name: str, neuron: str) -> None:
    spec = network(CUTS[name], name) if name in CUTS else text(name, neuron)
    random = np.random.default_rng(len(name))
    kept = refused = 0
    with package_of(spec, "_discretize") as (package, module):
        for bias in (0.1, 10.0, 300.0, 1e3, 1e8):
            tensors = drawn(package.layout, bias, random)
            net = package.nengo.build_network(tensors).net
            found = Counter(stored(block) for block in built(net, package.nengo.DT))
            expected: Counter[Any] = Counter()
            for layer, of in module.LAYERS.items():
                for core in of.cores:
                    key = predicted(module, layer, core, tensors)
                    expected[key] += core.copies
            assert found == expected
            refused += found[None]
            kept += found.total() - found[None]
    assert kept
    assert refused


def test_numbers_of_a_layer_are_those_of_nengo_loihis_weights() -> None:
    """Shares and errors, of whole kernels on one core each."""
    with package_of(text("conv2d", "lif"), "_precision") as (package, module):
        tensors = drawn(package.layout, 0.1, np.random.default_rng(3))
        tensors["c1.kernel"][..., 0, 0] *= 40
        tensors["c0.kernel"][0] = 0
        blocks = built(package.nengo.build_network(tensors).net, package.nengo.DT)
        precision = module.precision(tensors)
    for block, kept in zip(blocks, precision.values(), strict=True):
        (synapse,) = block.synapses
        exact, first = np.unique(flat(synapse), return_index=True)
        assert discretised(block)
        info = block.compartment.discretize_info
        values = flat(synapse)[first]
        back = values / (info["w_scale"] * 2.0 ** (6 + info["w_exp"]))
        some = exact != 0
        assert kept.exponent == info["w_exp"]
        assert kept.lost == pytest.approx(np.mean(values[some] == 0))
        rms = np.sqrt(np.square(exact[some]).mean())
        changed = np.sqrt(np.square(back - exact)[some].mean())
        assert kept.error == pytest.approx(changed / rms, rel=1e-4)
        assert kept.threshold_share == pytest.approx(
            block.compartment.vth.max() / VTH_MAX, abs=64 / VTH_MAX
        )
        largest = np.abs(block.compartment.bias).max()
        assert kept.bias_share == pytest.approx(largest / BIAS_MAX, rel=1e-3)


def change(name: str) -> dict[str, Any]:
    """Return factors of tensors of ``features``, and of some of their weights."""
    return {
        "fine": {},
        "one large weight": {"d0.kernel": (3, 3, 30.0)},
        "one large channel": {"d0.kernel": (slice(None), 3, 30.0)},
        "large bias": {"d0.bias": (slice(None), slice(None), 2000.0)},
    }[name]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fine", r"^$"),
        ("one large weight", r"^rounding changes d0\.kernel by \d"),
        ("one large channel", r"weights of channel 3 reach .*, those of others 0\.5"),
        ("large bias", r"\d of 7 bits are left, as its bias .* is large beside"),
    ],
)
def test_why_a_layer_loses_bits_is_told(name: str, told: str) -> None:
    with package_of(text("features", "relu"), "_precision") as (package, module):
        random = np.random.default_rng(0)
        tensors = {
            tensor.name: random.uniform(-0.5, 0.5, tensor.shape).astype(np.float32)
            for tensor in package.layout.TENSORS
        }
        for tensor, (row, column, factor) in change(name).items():
            place = (row, column)[-tensors[tensor].ndim :]
            tensors[tensor][place] *= factor
        loses = module.precision(tensors)["d0"].loses
    assert re.search(told, loses), loses
