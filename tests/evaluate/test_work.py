"""Compare the work of spikes on the chip with a count of nengo-loihi's axons."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.exact.engine import build
from snnc.loihi import profile
from snnc.loihi.profile import read_profile
from snnc.output.imported import open_package
from snnc.tools.evaluate.measures import work_of
from tests.evaluate.conftest import SMALL, Make
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


def test_energy_is_that_of_the_device_of_the_package(tmp_path: Path) -> None:
    shipped = Path(profile.__file__).with_name("loihi1.toml").read_text()
    assert "spike = 1.7" in shipped
    device = tmp_path / "other.toml"
    device.write_text(shipped.replace("spike = 1.7", "spike = 9.0"))
    (tmp_path / "pyproject.toml").touch()
    spec = tmp_path / "small.snn"
    spec.write_text(network(SMALL, "small"))
    built = snnc.load(spec, str(device)).build(tmp_path / "models").opened
    assert built.energy is not None
    assert built.energy.spike == 9.0
    device.unlink()
    read_profile.cache_clear()
    assert open_package(tmp_path / "models" / "small").energy is None
