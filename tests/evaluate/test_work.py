"""Compare the work of spikes on the chip with a count of nengo-loihi's axons."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.exact import make_engine
from snnc.exact.engine import build
from snnc.loihi import profile
from snnc.loihi.profile import read_profile
from snnc.loihi.timing import loads_of
from snnc.output.imported import open_package
from snnc.verbs.evaluate.measures import work_of
from tests.evaluate.conftest import SMALL, Make
from tests.exact.proof import random_weights
from tests.support import network

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def follow_spikes(model: Any) -> tuple[int, int]:
    """Return the weights and the cores that one spike of every source reaches."""
    weights = cores = 0
    for owner in (*model.inputs, *model.blocks):
        for axon in owner.axons:
            for spike in axon.map_spikes(np.arange(owner.n_neurons)):
                synapse = axon.target
                if (
                    spike is None
                    or synapse.axon_compartment_base(spike.axon_idx) is None
                ):
                    continue
                reached, _ = synapse.axon_weights_indices(spike.axon_idx, spike.atom)
                weights += reached.size
                cores += 1
    return weights, cores


@pytest.mark.parametrize("name", ["small", "regression"])
def test_a_spike_of_every_neuron_takes_what_its_axons_reach(
    case: Make, name: str
) -> None:
    made = case(name, 1)
    described = made.package.network
    layers = described.layers
    with build(made.package, made.weights, None).simulator as simulator:
        model = simulator.model
        operations, arrivals = follow_spikes(model)
        neurons = sum(block.n_neurons for block in model.blocks)
    once = {layer: float(np.prod(layers[layer].shape)) for layer in layers}
    energy = read_profile().energy
    for steps in (7, 20):
        found = work_of(described, once, steps, energy)
        assert found is not None
        assert found.synaptic_operations == operations > 0
        picojoules = operations * energy.synaptic_operation + arrivals * energy.spike
        picojoules += steps * neurons * energy.active_update
        assert found.energy_joules == pytest.approx(picojoules * 1e-12)


def follow_cores(model: Any) -> list[list[int]]:
    """Return the messages and weights that reach each core if every source fires."""
    cores = {s: i for i, block in enumerate(model.blocks) for s in block.synapses}
    reached = [[0, 0] for _ in model.blocks]
    for owner in (*model.inputs, *model.blocks):
        for axon in owner.axons:
            synapse = axon.target
            for spike in axon.map_spikes(np.arange(owner.n_neurons)):
                if spike is None:
                    continue
                if synapse.axon_compartment_base(spike.axon_idx) is None:
                    continue
                weights, _ = synapse.axon_weights_indices(spike.axon_idx, spike.atom)
                reached[cores[synapse]][0] += 1
                reached[cores[synapse]][1] += weights.size
    return reached


SPLIT = """
    timing { present 20 ms }
    input image 9x9x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 3, padding same, block 4x5x3 }
    maxpool p0
    conv2d c1 { filters 4, block 2x1x4 }
    readout y { classes 3 }
"""
AFTER_HOST = """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv { filters 2 }
    conv2d h { filters 3, place host }
    dense d0 { units 5 }
    readout y { classes 3 }
"""


BEFORE_HOST = """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 3 }
    dense h { units 5, place host }
    readout y { classes 3 }
"""


@pytest.mark.parametrize("text", [SMALL, SPLIT, AFTER_HOST, BEFORE_HOST])
def test_the_work_of_each_core_is_what_its_axons_take(
    text: str, tmp_path: Path
) -> None:
    spec = tmp_path / "net.snn"
    spec.write_text(network(text, "net"))
    loaded = snnc.load(spec)
    package = loaded.build(tmp_path / "models").opened
    weights = random_weights(package, bias=0.3)
    assert loaded.routed is not None
    with (
        make_engine(package, weights) as engine,
        build(package, weights, None).simulator as simulator,
    ):
        work = engine.work
        spikes = {n: np.ones((2, *at.shape)) for n, at in work.places.items()}
        counts = work.count(spikes)
        reached = np.array(follow_cores(simulator.model))
        assert np.array_equal(counts[2:].T, 2 * reached)
        # A spike of one neuron only reaches what its own axons lead to.
        one = {name: np.zeros_like(each) for name, each in spikes.items()}
        total = np.zeros_like(counts)
        for each in one.values():
            for place in np.ndindex(each.shape[1:]):
                each[(0, *place)] = 1
                total += work.count(one)
                each[:] = 0
        assert (2 * total == counts).all()
    # The compiler predicts the same work of each core, without a build.
    loads = loads_of(loaded.routed)
    assert [load.neurons for load in loads] == [*work.neurons]
    dt = package.network.dt
    high = {name: layer.high for name, layer in package.network.layers.items()}
    busy = {n: each[:1] * high[n] * dt for n, each in spikes.items()}
    predicted = np.array(
        [[d.spikes, d.sent, d.received, d.operations] for d in loads]
    ).T
    measured = work.count(busy)
    assert predicted[:3] == pytest.approx(measured[:3])
    assert predicted[3].sum() == pytest.approx(measured[3].sum())
    assert predicted[3].max() == pytest.approx(measured[3].max(), rel=0.15)


def test_energy_is_that_of_the_device_of_the_package(tmp_path: Path) -> None:
    shipped = Path(profile.__file__).with_name("loihi1.toml").read_text()
    assert "spike = 1.7" in shipped
    device = tmp_path / "other.toml"
    device.write_text(shipped.replace("spike = 1.7", "spike = 9.0"))
    (tmp_path / "pyproject.toml").touch()
    spec = tmp_path / "small.snn"
    spec.write_text(network(SMALL, "small"))
    built = snnc.load(spec, str(device)).build(tmp_path / "models").opened
    assert built.device is not None
    assert built.device.energy.spike == 9.0
    device.unlink()
    read_profile.cache_clear()
    assert open_package(tmp_path / "models" / "small").device is None
