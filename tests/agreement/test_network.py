"""The generated network as an object: labels, probes, presentation and start.

The neurons of an encoder begin at rest, or spread over a spike.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import nengo
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.agreement.built import import_package, random_weights, simulate
from tests.agreement.networks import text
from tests.support import network, sound

SMALL = network(
    """
    target loihi { chips 1 }
    timing { present 20 ms }
    input clip 5x6x6x1 in 0..1
    encode conv { filters 2 }
    conv3d c0 { filters 4, kernel 2, block 2x5x5x8 }
    dense d0 { units 6 }
    readout y { classes 3 }
    """
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def small() -> Iterator[SimpleNamespace]:
    with import_package(sound(SMALL, "emit")) as package:
        yield package


def build(package: SimpleNamespace, **settings: Any) -> Any:
    weights = random_weights(package.layout)
    return package.nengo.build_network(weights, **settings)


def images(package: SimpleNamespace, count: int) -> NDArray[Any]:
    random = np.random.default_rng(0)
    return random.uniform(0, 1, (count, *package.network.input.shape))


def test_every_object_is_labelled_by_its_layer(small: SimpleNamespace) -> None:
    net = build(small, probe=("c0",)).net
    assert [e.label for e in net.all_ensembles] == [
        *(f"encode[{i}:{i + 1}]" for i in range(5)),
        "c0[0:2]",
        "c0[2:4]",
        "d0",
    ]
    assert [node.label for node in net.all_nodes] == ["clip", "y"]
    assert [probe.label for probe in net.all_probes] == ["y", "c0[0:2]", "c0[2:4]"]
    assert [c.label for c in net.all_connections] == [
        *(f"clip[{i}] to encode[{i}:{i + 1}]" for i in range(5)),
        "encode[0:1] to c0[0:2]",
        "encode[1:2] to c0[0:2]",
        "encode[2:3] to c0[0:2]",
        "encode[2:3] to c0[2:4]",
        "encode[3:4] to c0[2:4]",
        "encode[4:5] to c0[2:4]",
        "c0[0:2] to d0",
        "c0[2:4] to d0",
        "d0 to y",
    ]


def test_a_relay_is_labelled_too() -> None:
    with import_package(sound(text("hosted", "relu"), "emit")) as package:
        labels = [c.label for c in build(package).net.all_connections]
    assert len(set(labels)) == len(labels)
    assert {"c0 to c0 on host", "c0 on host to skip", "post to y"} <= set(labels)


def test_without_names_only_the_output_is_probed(small: SimpleNamespace) -> None:
    built = build(small)
    assert built.net.all_probes == [built.output]
    assert built.layer_probes == {}
    some = build(small, probe=("d0",))
    assert some.net.all_probes == [some.output, *some.layer_probes["d0"]]


def test_each_image_is_presented_for_its_time(small: SimpleNamespace) -> None:
    shown = images(small, 3)
    built = build(small, images=shown)
    steps = small.network.steps
    with built.net:
        seen = nengo.Probe(built.input)
    with nengo.Simulator(built.net, dt=small.network.dt, progress_bar=False) as sim:
        sim.run_steps(3 * steps)
    wanted = np.repeat(shown.reshape(3, -1), steps, axis=0)
    np.testing.assert_array_equal(sim.data[seen], wanted)


@pytest.mark.parametrize("name", ["small", "hosted", "hosted3d"])
def test_precomputing_changes_no_spike(name: str) -> None:
    spec = SMALL if name == "small" else text(name, "relu")
    with import_package(sound(spec, "emit")) as package:
        layers = tuple(package.network.layers)
        built = build(package, images=images(package, 2), probe=layers)
        steps = 2 * package.network.steps
        found = [spikes(built, layers, steps, how) for how in (True, False)]
    for layer in layers:
        assert found[0][layer].any(), f"{layer} is silent"
        np.testing.assert_array_equal(found[0][layer], found[1][layer], layer)
    np.testing.assert_array_equal(found[0]["output"], found[1]["output"])


def spikes(
    built: Any, layers: tuple[str, ...], steps: int, precompute: bool
) -> dict[str, NDArray[Any]]:
    with simulate(built.net, precompute=precompute) as sim:
        sim.run_steps(steps)
        found = {name: built.layer_values(sim, name) for name in layers}
        return found | {"output": np.array(sim.data[built.output])}


EVEN = """
    timing {{ present 40 ms }}
    input image 8x8x4 in 0..1
    encode {encoder} {{ {properties} }}
    dense d {{ units 2 }}
    readout y {{ classes 2 }}
"""
PERIOD = 8  # steps from spike to spike at 125 Hz


def encoder_spikes(
    encoder: str, properties: str, mode: str = "spiking"
) -> NDArray[Any]:
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
    fired = encoder_spikes(encoder, "start rest")
    steps = np.arange(1, len(fired) + 1)
    assert np.array_equal(fired.all(axis=1), steps % PERIOD == 0)
    assert np.array_equal(fired.any(axis=1), steps % PERIOD == 0)


@pytest.mark.parametrize(
    ("encoder", "properties"), [("rate e", ""), ("conv e", "filters 4, ")]
)
def test_neurons_that_are_spread_spike_in_all_steps_alike(
    encoder: str, properties: str
) -> None:
    fired = encoder_spikes(encoder, f"{properties}start spread")
    neurons = fired.shape[1]
    assert neurons == 256
    assert (fired.sum(axis=0) == 5).all()  # no rate is lost
    # Of 256 neurons each step has an eighth: 32, and 6 standard deviations of 5.3.
    assert np.abs(fired.sum(axis=1) - neurons / PERIOD).max() < 32
    assert (np.diff(np.flatnonzero(fired[:, 0])) == PERIOD).all()


def test_rates_have_no_start() -> None:
    found = encoder_spikes("rate e", "start spread", "rate")
    assert np.array_equal(found, encoder_spikes("rate e", "start rest", "rate"))
    assert np.allclose(found, 0.125)
