"""The numbers of each core, and the verdict on it, match nengo-loihi's."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from snnc.weight_files.chip import round_layer
from snnc.weight_files.cores import PlacedLayer, placed_layers
from tests.agreement.built import import_package, is_built, simulate
from tests.agreement.networks import text
from tests.support import compile_text, network
from tests.weights.files import Weights

pytestmark = pytest.mark.slow

CASES = [
    ("conv3d", "relu", 3e-4),
    ("conv3d_same", "lif", 3e-2),
    ("residual3d", "relu", 3e-4),
    ("pool_same_odd", "relu", 3e-4),
    ("joins", "lif", 1e-2),
    ("split", "relu", 3e-4),
    ("residual", "relu", 1e-4),
    ("features", "relu", 3e-4),
    ("hosted", "relu", 1e-4),
    ("conv1d", "lif", 2e-2),
    ("upsampled_series", "relu", 3e-4),
    ("upsampled_clip", "lif", 1e-2),
]
SPLIT = """
    target loihi { chips 1 }
    timing { present 20 ms }
    input clip 3x6x5x2 in 0..1
    encode conv { filters 3 }
    conv3d c0 { filters 4, padding same, block 2x4x3x5 }
    conv3d c1 { filters 4, stride 2, padding same, shortcut c0, block 2x2x3x5 }
    dense d0 { units 5, block 3 }
    readout y { classes 4 }
"""
SYNAPSES = ("1 ms", "5 ms", "20 ms")


def draw_weights(layout: Any, scale: float, random: np.random.Generator) -> Weights:
    """Draw weights that some cores can't store: each tensor has its own size."""
    weights = {}
    for t in layout.TENSORS:
        values = scale * 10 ** random.uniform(-1, 1) * random.normal(size=t.shape)
        weights[t.name] = (0 if t.zeros else values) * np.ones(t.shape, np.float32)
    return {name: values.astype(np.float32) for name, values in weights.items()}


@pytest.mark.parametrize(("name", "neuron", "scale"), CASES)
def test_every_core_is_judged_as_nengo_loihi_judges_it(
    name: str, neuron: str, scale: float
) -> None:
    random = np.random.default_rng(len(name))
    body = network(SPLIT) if name == "split" else text(name, neuron)
    verdicts: list[bool] = []
    for synapse in SYNAPSES:
        spec = body.replace("present 20 ms", f"synapse {synapse}")
        results, report = compile_text(spec)
        assert not report.errors
        with import_package(results.modules) as package:
            for factor in (0.1, 1.0, 1e8):
                weights = draw_weights(package.layout, factor * scale, random)
                built = package.nengo.build_network(weights)
                layers = {p.name: p for p in placed_layers(results.mapped, weights)}
                placed = [layers[name] for name in built.layers if name in layers]
                verdicts += compare(built.net, package.network.dt, placed)
    assert 0 < sum(verdicts) < len(verdicts)


def compare(net: Any, dt: float, layers: list[PlacedLayer]) -> Iterator[bool]:
    """Compare each core with nengo-loihi's block; give the verdicts."""
    with simulate(net, dt, target="simreal") as sim:
        found = list(sim.model.blocks)
    cores = [(placed, core) for placed in layers for core in placed.cores]
    for block, (placed, core) in zip(found, cores, strict=True):
        weights = [float(synapse.max_abs_weight()) for synapse in block.synapses]
        assert sorted(s.weight for s in core.synapses) == pytest.approx(
            sorted(weights), rel=1e-6
        )
        largest = float(np.abs(block.compartment.bias).max())
        assert core.bias == pytest.approx(largest, rel=1e-6)
        one = placed.blocks.take(core.number)
        assert is_built(block) != one.failures
        if not one.failures:
            assert one.exponent == block.compartment.discretize_info["w_exp"]
        yield not one.failures


DENSE = network(
    """
    timing { present 20 ms }
    input values 30 in 0..1
    encode rate
    dense d { units 12, block 5 }
    readout y { classes 2 }
    """
)


@pytest.mark.parametrize("scale", [0.01, 0.3])
def test_rounding_changes_what_nengo_loihi_stores(scale: float) -> None:
    results, _ = compile_text(DENSE)
    random = np.random.default_rng(3)
    with import_package(results.modules) as package:
        weights = draw_weights(package.layout, scale, random)
        weights["d.bias"] *= 0
        (placed,) = placed_layers(results.mapped, weights)
        found = list(round_layer(placed))
        built = package.nengo.build_network(weights)
        with simulate(built.net, package.network.dt, target="simreal") as sim:
            stored = list(sim.model.blocks)
    assert [each.core for each in found] == [0, 1, 2]
    for each, block in zip(found, stored, strict=True):
        (synapse,) = block.synapses
        exact = np.concatenate([np.copy(part) for part in synapse.weights], axis=None)
        assert is_built(block)
        info = block.compartment.discretize_info
        integers = np.concatenate(synapse.weights, axis=None)
        back = integers / (info["w_scale"] * 2.0 ** (6 + info["w_exp"]))
        whole = np.sqrt(np.square(back - exact).sum() / np.square(exact).sum())
        error = pytest.approx(whole, rel=1e-4)
        assert each.error > whole if each.median else each.error == error
