"""Where the neurons of an encoder begin: all at rest, or spread over a spike."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.agreement.built import import_package
from tests.support import network, sound

EVEN = """
    timing {{ present 40 ms }}
    input image 8x8x4 in 0..1
    encode {encoder} {{ {properties} }}
    dense d {{ units 2 }}
    readout y {{ classes 2 }}
"""
PERIOD = 8  # steps from spike to spike at 125 Hz

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def spikes(encoder: str, properties: str, mode: str = "spiking") -> NDArray[Any]:
    """Return an encoder's spikes for an even image at half of full brightness."""
    spec = network(EVEN.format(encoder=encoder, properties=properties))
    with import_package(sound(spec, "emit")) as package:
        shapes = {t.name: t.shape for t in package.layout.TENSORS}
        weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        if "e.kernel" in weights:
            weights["e.kernel"] += 0.25
        images = np.full((1, *package.network.input.shape), 0.5)
        built = package.nengo.build_network(weights, images, mode, ("e",))
        with nengo.Simulator(built.net, progress_bar=False) as sim:
            sim.run_steps(5 * PERIOD)
            values = built.layer_values(sim, "e")
    return values.reshape(len(values), -1) * 0.25  # 250 Hz in steps of 1 ms


@pytest.mark.parametrize("encoder", ["rate e", "conv e"])
def test_neurons_that_begin_at_rest_spike_in_step(encoder: str) -> None:
    fired = spikes(encoder, "start rest")
    steps = np.arange(1, len(fired) + 1)
    assert np.array_equal(fired.all(axis=1), steps % PERIOD == 0)
    assert np.array_equal(fired.any(axis=1), steps % PERIOD == 0)


@pytest.mark.parametrize(
    ("encoder", "properties"), [("rate e", ""), ("conv e", "filters 4, ")]
)
def test_neurons_that_are_spread_spike_in_all_steps_alike(
    encoder: str, properties: str
) -> None:
    fired = spikes(encoder, f"{properties}start spread")
    neurons = fired.shape[1]
    assert neurons == 256
    assert (fired.sum(axis=0) == 5).all()  # no rate is lost
    # Of 256 neurons each step has an eighth: 32, and 6 standard deviations of 5.3.
    assert np.abs(fired.sum(axis=1) - neurons / PERIOD).max() < 32
    assert (np.diff(np.flatnonzero(fired[:, 0])) == PERIOD).all()


def test_rates_have_no_start() -> None:
    found = spikes("rate e", "start spread", "rate")
    assert np.array_equal(found, spikes("rate e", "start rest", "rate"))
    assert np.allclose(found, 0.125)
