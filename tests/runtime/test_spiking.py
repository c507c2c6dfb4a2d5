"""Models of Keras that run in spikes are the chip's networks, but for rounding."""

from pathlib import Path
from typing import Any

import nengo
import numpy as np
import pytest
import tensorflow as tf
from nengo_loihi.neurons import LoihiLIF, LoihiSpikingRectifiedLinear

from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.keras.spiking_neurons import neurons
from snnc.runtime.nengo.neurons import gain_and_rest
from snnc.runtime.nengo.simulators import run_examples
from snnc.runtime.network import Cut, Layer, Lif
from tests.agreement.networks import BODIES
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import network

pytestmark = pytest.mark.slow

DT, HIGH = 0.001, 150.0
LIF = Lif(tau_rc=0.02, tau_ref=0.002)
CHIP = Cut(block_shape=(40,))
RNG = np.random.default_rng(0)
RELU, NENGO_LIF = nengo.SpikingRectifiedLinear(), nengo.LIF(LIF.tau_rc, LIF.tau_ref)
KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "encoder": ({"encoder": "conv"}, RELU),
    "relu": ({"cut": CHIP}, LoihiSpikingRectifiedLinear()),
    "lif": ({"lif": LIF, "cut": CHIP}, LoihiLIF(LIF.tau_rc, LIF.tau_ref)),
    "relu on the host": ({}, RELU),
    "lif on the host": ({"lif": LIF}, NENGO_LIF),
}


MORE = {
    "spread": """
        input image 9x9x2 in 0..1
        encode conv e { filters 4, start spread }
        conv2d c { filters 6 }
        maxpool m { window 2 }
        dense d { units 20, neuron lif }
        readout y { classes 3 }
    """,
    "pools_between_hosts": """
        input image 12x12x2 in 0..1
        encode rate e { start spread }
        conv2d pre { filters 4, place host }
        maxpool m { window 2 }
        conv2d c { filters 6 }
        conv2d post { filters 4, place host, padding same, shortcut c }
        readout y { classes 3 }
    """,
}


@pytest.mark.parametrize("scale", [1.0, 0.6])
@pytest.mark.parametrize("kind", KINDS)
def test_neurons_fire_as_those_of_nengo(kind: str, scale: float) -> None:
    settings, oracle = KINDS[kind]
    layer = Layer((40,), (20, HIGH), **settings)
    currents = RNG.uniform(-0.5, 3.0, (200, 40)).astype("f4")
    currents[:, 20:] = currents[0, 20:]
    gain, rest = gain_and_rest(layer)
    state = oracle.make_state(40, np.random.RandomState(0))
    for name in state:
        state[name] = np.zeros(40)
    output, advance = np.zeros(40), neurons(layer, scale, DT)
    own = [tf.zeros(40)] * 2
    fired, wanted = [], []
    for current in currents:
        given, *own = advance(tf.constant(current), *own)
        fired.append(np.asarray(given) * (HIGH * scale * DT))
        oracle.step(DT, rest + gain * scale * current, output, **state)
        wanted.append(output * DT)
    np.testing.assert_allclose(fired, wanted, atol=1e-5)
    assert np.sum(wanted) > 100


@pytest.mark.parametrize(
    ("name", "neuron"),
    [
        ("residual", "lif"),
        ("causal_pools", "relu"),
        ("maxpool2d", "relu"),
        ("maxpool3d", "lif"),
        ("hosted3d", "lif"),
        ("depthwise2d", "relu"),
        ("spread", "relu"),
        ("pools_between_hosts", "relu"),
    ],
)
def test_layers_fire_as_the_exact_engine_says(
    tmp_path: Path, name: str, neuron: str
) -> None:
    body = {**BODIES, **MORE}[name]
    text = network(f"defaults {{ neuron {neuron} }}\n{body}", f"net_{name}")
    package = open_package(write_package(text, tmp_path))
    weights, x = random_weights(package), random_images(package, 3)
    with make_engine(package, weights) as engine:
        spikes = engine.run(x, "row", keep=("spikes",)).spikes
    given = rates_of(package, weights, x)
    for layer, wanted in spikes.items():
        if package.network.layers[layer].pool is not None:
            continue  # a maximum is a sum: its readers are compared
        rates = np.asarray(wanted).mean(axis=1) / DT
        # Weights of 8 bits move spikes, the more the fewer a layer reads.
        assert given[layer].mean() == pytest.approx(rates.mean(), rel=0.1), layer
        assert np.corrcoef(given[layer].ravel(), rates.ravel())[0, 1] > 0.97, layer


def test_a_network_for_nengo_fires_as_its_simulator_says(tmp_path: Path) -> None:
    text = network(f"target nengo\n{MORE['spread']}", "hosted")
    package = open_package(write_package(text, tmp_path))
    weights, x = random_weights(package), random_images(package, 3)
    described, build = package.network, package.module("nengo_network").build_network
    (found,) = run_examples(build, described, weights, x, "nengo", "row")
    given = rates_of(package, weights, x)
    for name, layer in described.layers.items():
        if layer.pool is not None:
            continue
        wanted = found.spikes[name] / described.present
        # Nengo's filters pass a value on in the step in which it arrives.
        slack = 2.5 / described.present
        apart = np.abs(given[name].reshape(3, -1) - wanted)
        assert wanted.max() > 20, name
        assert np.mean(apart > slack) < 0.01, name


def rates_of(
    package: ImportedPackage, weights: Any, x: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the rate in Hz of each neuron in each example of a row."""
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, weights)
    library: Any = package.module("_runtime.keras.spiking")
    library.CHUNK = 2  # to trace a graph of more steps takes longer than to run it
    firing = library.SpikingRun(package.network, model).firing(x, 1)
    layers = package.network.layers
    return {name: firing[name] * layer.high for name, layer in layers.items()}
