"""The integers of one core are those of nengo-loihi."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nengo.exceptions import BuildError
from nengo_loihi.block import Compartment, Synapse, SynapseConfig
from nengo_loihi.builder import discretize

from snnc.graph.logical import Lif, Rate, Relu, Spiking
from snnc.weights import scale
from snnc.weights.scale import cell_of, grid_of, largest_weight

DT = 0.001
SYNAPSES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.1)
NEURONS = (Relu(), Lif(0.02, 0.002), Lif(0.005, 0.0))


def spiking(neuron: Relu | Lif, synapse: float) -> Spiking:
    rate = Rate(20.0, 150.0, 99.9)
    return Spiking(neuron, rate, False, 0.0, 0.0, "chip", synapse, None)


def compartment(neuron: Relu | Lif, synapse: float, dt: float) -> Compartment:
    made = Compartment(1)
    if isinstance(neuron, Lif):
        made.configure_lif(tau_rc=neuron.tau_rc, tau_ref=neuron.tau_ref, dt=dt)
    else:
        made.configure_relu(vth=1 / dt, dt=dt)
    made.configure_filter(synapse, dt=dt)
    return made


magnitudes = st.one_of(
    st.floats(2**-14, 10, width=32), st.floats(1, 1e7, width=32), st.just(0.0)
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(NEURONS),
    st.sampled_from(SYNAPSES),
    st.sampled_from([0.001, 0.0005, 0.002]),
    magnitudes,
    st.one_of(st.just(0.0), st.floats(2**-20, 5000, width=32)),
)
def test_a_core_is_discretised_as_nengo_loihi_does(
    neuron: Relu | Lif, synapse: float, dt: float, weight: float, bias: float
) -> None:
    grid = grid_of(cell_of(spiking(neuron, synapse), dt), weight, bias)
    made = compartment(neuron, synapse, dt)
    made.bias[:] = bias
    try:
        info = discretize.discretize_compartment(made, np.float32(weight))
    except (AssertionError, BuildError):
        assert not grid.fits
        return
    assert grid.fits
    assert (grid.exponent or 0) == info["w_exp"]
    stored = round(grid.threshold / scale.THRESHOLD_UNIT) * scale.THRESHOLD_UNIT
    assert abs(stored - int(made.vth[0])) <= scale.THRESHOLD_UNIT
    assert grid.bias == pytest.approx(int(made.bias[0]), rel=1e-3, abs=1)


def test_the_limits_are_those_of_nengo_loihi() -> None:
    assert scale.THRESHOLD_MOST == discretize.VTH_MAX == 8_388_544
    assert scale.BIAS_MOST == discretize.BIAS_MAX == 524_160


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize(("weight", "bias"), [(1e-6, 0.0), (1e-3, 1e3), (1.0, 1e4)])
def test_what_would_do_is_just_enough(
    neuron: Relu | Lif, weight: float, bias: float
) -> None:
    cell = cell_of(spiking(neuron, 0.005), DT)
    grid = grid_of(cell, weight, bias)
    assert not grid.fits
    wanted = weight * max(grid.threshold_share, grid.bias_share)
    assert grid_of(cell, wanted * 1.0001, bias).fits
    assert not grid_of(cell, wanted * 0.9999, bias).fits


@pytest.mark.parametrize("neuron", NEURONS)
def test_beside_the_largest_weight_the_threshold_does_not_vanish(
    neuron: Relu | Lif,
) -> None:
    cell = cell_of(spiking(neuron, 0.005), DT)
    most = largest_weight(cell)
    assert grid_of(cell, most, 0.0).fits
    assert not grid_of(cell, most * 1.05, 0.0).fits


@pytest.mark.filterwarnings("ignore:Lost")
@pytest.mark.parametrize("ratio", [1.0, 30.0, 100.0, 130.0, 300.0, 900.0])
@pytest.mark.parametrize("largest", [1000.0, 0.1])
def test_weights_get_too_strong_as_nengo_loihi_stores_them(
    ratio: float, largest: float
) -> None:
    made = compartment(Relu(), 0.005, DT)
    info = discretize.discretize_compartment(made, np.float32(largest))
    synapse = Synapse(1)
    synapse.set_weights(np.full((1, 1), largest / ratio))
    exact = info["w_scale"] * largest / ratio * 2.0 ** (6 + info["w_exp"])
    discretize.discretize_synapse(
        synapse, np.float32(largest), info["w_scale"], info["w_exp"]
    )
    grid = grid_of(cell_of(spiking(Relu(), 0.005), DT), largest, 0.0)
    excess = grid.excess(largest, largest / ratio)
    stored = float(synapse.weights[0][0, 0] / exact)
    assert 0.7 * excess <= stored <= 1.2 * excess  # two bits are left
    bits = grid.weight_bits(largest, largest / ratio)
    levels = {level >> 6 for level in _stored_levels(synapse.synapse_cfg)}
    assert len(levels) == 2**bits


def _stored_levels(config: SynapseConfig) -> set[int]:
    """All positive integers that weights of a connection may become."""
    weights = np.arange(256, dtype=np.float32)
    levels = discretize.discretize_weights(config, weights)
    return {int(level) for level in levels}
