"""The chip's integers are those that nengo-loihi makes."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nengo_loihi.block import LoihiBlock, Synapse
from nengo_loihi.builder import discretize

from snnc.loihi.integers import (
    BIAS_MANTISSA,
    Blocks,
    ChipNeurons,
    decode_weights,
    discretize_blocks,
    discretize_weights,
    largest_weight,
    neurons_of,
    weight_exponents,
)
from tests.agreement.built import is_built

pytestmark = pytest.mark.slow

DTS = (0.001, 0.0005, 0.002, 0.0003)
SYNAPSES = (None, 0.001, 0.002, 0.005, 0.01, 0.1, 1.0)
LEAKS = (None, 0.02, 0.005, 0.0002, 1.0)
NEURONS = [neurons_of(0.001, 0.005, tau_rc) for tau_rc in LEAKS[:3]]

sizes = st.one_of(
    st.just(0.0),
    st.floats(2**-14, 10, width=32),
    st.floats(1, 2**23, width=32),
    st.floats(2**-60, 1, width=32),
    st.sampled_from([1e-8, 1e-16, 1.1e-8, 1.1e-16, 1e-30, 1e30, 3e38]),
)
signs = st.sampled_from([-1.0, 1.0])
values = st.builds(lambda size, sign: np.float32(sign * size), sizes, signs)
connections = st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=3)
currents = st.one_of(sizes, st.floats(2**-20, 5000, width=32))
bias = st.builds(lambda size, sign: np.float32(sign * size), currents, signs)
biases = st.lists(bias, min_size=3, max_size=3)


def block(
    dt: float,
    synapse: float | None,
    tau_rc: float | None,
    weights: list[list[float]],
    bias: list[float],
) -> LoihiBlock:
    """Return a block of nengo-loihi with one axon for each connection."""
    made = LoihiBlock(len(bias))
    if tau_rc is None:
        made.compartment.configure_relu(vth=1 / dt, dt=dt)
    else:
        made.compartment.configure_lif(tau_rc=tau_rc, dt=dt)
    made.compartment.configure_filter(synapse or 0, dt=dt)
    made.compartment.bias[:] = bias
    for each in weights:
        connection = Synapse(1)
        connection.set_weights(np.array([each], np.float32))
        made.add_synapse(connection)
    return made


@settings(max_examples=1000)
@given(
    st.sampled_from(DTS),
    st.sampled_from(SYNAPSES),
    st.sampled_from(LEAKS),
    connections,
    biases,
)
@example(0.001, 0.005, None, [[0.0, 0.0, 0.0]], [0.0, 0.0, 0.0])
@example(0.001, 0.005, None, [[0.0, 0.0, 0.0]], [0.5, 900.0, 0.0])
@example(0.001, 0.005, None, [[2.0, 2.0, 2.0], [2.0, -2.0, 2.0]], [0.0, 0.0, 0.0])
@example(0.001, 0.005, None, [[1e-9, 5e-9, 0.0], [1e-17, 0, 0]], [3.0, 2000.0, 4.0])
@example(0.001, 0.005, None, [[255.0, -255.0, 254.0], [2.0, 1.0, 1.9]], [1.0, 2.0, 3.0])
def test_a_block_is_discretised_as_nengo_loihi_does(
    dt: float,
    synapse: float | None,
    tau_rc: float | None,
    weights: list[list[float]],
    bias: list[float],
) -> None:
    arrays = np.array(weights, np.float32)
    largest = [np.abs(arrays).max()]
    neurons = neurons_of(dt, synapse, tau_rc)
    blocks = discretize_blocks(neurons, largest, [np.abs(bias).max()])
    exponents = [weight_exponents(blocks, [np.abs(each).max()]) for each in arrays]
    refused = blocks.failures[0] or any(each.failures[0] for each in exponents)
    made = block(dt, synapse, tau_rc, weights, bias)
    assert is_built(made) != refused
    if refused:
        return
    compare(made, blocks, arrays)


def compare(made: LoihiBlock, blocks: Blocks, arrays: Any) -> None:
    """Compare the numbers of one block with nengo-loihi's."""
    info = made.compartment.discretize_info
    assert blocks.exponent[0] == info["w_exp"]
    assert (made.compartment.vth == blocks.threshold_mantissa[0] * 2**6).all()
    unit = np.exp2(np.ceil(np.log2(max(blocks.bias[0] / BIAS_MANTISSA, 1))))
    stored = np.round(blocks.bias[0] / unit) * unit
    assert np.abs(made.compartment.bias).max() == stored
    for array, synapse in zip(arrays, made.synapses, strict=True):
        found = discretize_weights(blocks, array[np.newaxis])
        assert np.array_equal(found[0], synapse.weights[0][0])
        exponents = weight_exponents(blocks, [np.abs(array).max()])
        assert exponents.stored[0] == synapse.synapse_cfg.weight_exp


@given(st.lists(st.tuples(sizes, sizes), min_size=1, max_size=9))
def test_blocks_do_not_depend_on_each_other(pairs: list[tuple[float, float]]) -> None:
    weights, bias = np.array(pairs, np.float32).T
    together = discretize_blocks(NEURONS[0], weights, bias)
    for i in range(len(pairs)):
        alone = discretize_blocks(NEURONS[0], weights[i : i + 1], bias[i : i + 1])
        for one, several in zip(alone, together, strict=True):
            assert one[0] == several[i]


@pytest.mark.parametrize("neurons", NEURONS)
@pytest.mark.parametrize(("weight", "bias"), [(1e-6, 0.0), (1e-3, 1e3), (1.0, 1e4)])
def test_what_would_do_is_just_enough(
    neurons: ChipNeurons, weight: float, bias: float
) -> None:
    blocks = discretize_blocks(neurons, [weight], [bias])
    assert blocks.failures[0]
    wanted = weight * max(blocks.threshold_share[0], blocks.bias_share[0])
    bounds = discretize_blocks(neurons, [wanted * 1.0001, wanted * 0.9999], [bias] * 2)
    assert bounds.failures.tolist() == [False, True]


@pytest.mark.parametrize("neurons", NEURONS)
def test_beside_the_largest_weight_the_threshold_does_not_vanish(
    neurons: ChipNeurons,
) -> None:
    most = largest_weight(neurons)
    blocks = discretize_blocks(neurons, [most, most * 1.05], [0.0, 0.0])
    assert blocks.failures.tolist() == [False, True]


@pytest.mark.parametrize("ratio", [1.0, 30.0, 100.0, 130.0, 300.0, 900.0])
@pytest.mark.parametrize("largest", [1000.0, 0.1])
def test_weights_that_get_too_strong_are_told(ratio: float, largest: float) -> None:
    weights = np.full((1, 1), largest / ratio, np.float32)
    blocks = discretize_blocks(NEURONS[0], [largest], [0.0])
    exponents = weight_exponents(blocks, weights[0])
    times = decode_weights(blocks, discretize_weights(blocks, weights)) / weights
    assert 0.7 * exponents.excess <= times <= 1.2 * exponents.excess  # 2 bits are left
    made = Synapse(1)
    made.set_weights(weights)
    made.format(weight_exp=int(exponents.stored[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        levels = discretize.discretize_weights(
            made.synapse_cfg, np.arange(256, dtype=np.float32)
        )
    assert len(np.unique(levels)) == 2 ** exponents.bits[0]
