"""ReLU neurons of a chip layer fire in Nengo as on the chip."""

from typing import Any

import nengo
import numpy as np
import pytest
from nengo_loihi.neurons import LoihiSpikingRectifiedLinear

from snnc.runtime.nengo.neuron_types import ChipSpikingRectifiedLinear
from snnc.runtime.nengo.neurons import neuron_type
from snnc.runtime.network import Cut, Layer

DT, HIGH, COUNT, STEPS = 0.001, 250.0, 50, 400


def spikes_of(kind: Any, currents: np.ndarray) -> np.ndarray:
    """Return the spikes of neurons with given currents, of shape (steps, neurons)."""
    with nengo.Network() as net:
        source = nengo.Node(lambda t: currents[round(t / DT) - 1])
        ensemble = nengo.Ensemble(
            COUNT, 1, gain=np.ones(COUNT), bias=np.zeros(COUNT), neuron_type=kind
        )
        nengo.Connection(source, ensemble.neurons, synapse=None)
        probe = nengo.Probe(ensemble.neurons)
    with nengo.Simulator(net, dt=DT, progress_bar=False) as simulator:
        simulator.run_steps(len(currents))
        return np.asarray(simulator.data[probe] > 0)


def test_they_fire_as_the_neurons_of_nengo_loihi() -> None:
    currents = np.random.default_rng(0).normal(50, 400, (STEPS, COUNT))
    start = {"initial_state": {"voltage": nengo.dists.Choice([0])}}
    ours = spikes_of(ChipSpikingRectifiedLinear(**start), currents)
    theirs = spikes_of(LoihiSpikingRectifiedLinear(**start), currents)
    assert ours.mean() > 0.05
    assert np.array_equal(ours, theirs)
    assert not np.array_equal(
        ours, spikes_of(nengo.SpikingRectifiedLinear(**start), currents)
    )


@pytest.mark.parametrize(
    ("cut", "kind"),
    [
        (Cut(block_shape=(COUNT,)), ChipSpikingRectifiedLinear),
        (Cut(), nengo.SpikingRectifiedLinear),
    ],
    ids=["chip", "host"],
)
def test_only_layers_on_the_chip_have_them(cut: Cut, kind: type) -> None:
    layer = Layer(shape=(COUNT,), rate=(20.0, HIGH), cut=cut)
    assert type(neuron_type(layer, spiking=True)) is kind
    assert type(neuron_type(layer, spiking=False)) is nengo.RectifiedLinear
