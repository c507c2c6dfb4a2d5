"""Models of Keras that run in spikes are the chip's networks, but for rounding.

nengo-loihi's emulator can run without rounding too, and then fires the same spikes.
"""

from pathlib import Path
from typing import Any

import nengo
import numpy as np
import pytest
import tensorflow as tf
from nengo_loihi.neurons import LoihiLIF, LoihiSpikingRectifiedLinear

from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.keras.spiking_neurons import make_step
from snnc.runtime.nengo.simulators import run_examples
from snnc.runtime.network import Cut, Layer
from snnc.runtime.neurons import Lif
from tests.agreement.built import simulate
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
    "lif": ({"neuron": LIF, "cut": CHIP}, LoihiLIF(LIF.tau_rc, LIF.tau_ref)),
    "relu on the host": ({}, RELU),
    "lif on the host": ({"neuron": LIF}, NENGO_LIF),
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
    "pools_of_pools": """
        input image 10x10x1 in 0..1
        encode conv { filters 3 }
        maxpool m { window 2, stride 1 }
        maxpool n { window 2 }
        conv2d c { filters 4, kernel 2, shortcut m }
        avgpool a from m { window 2 }
        maxpool o { window 2, stride 1 }
        concat j from c, o
        dense d { units 8 }
        readout y { classes 3 }
    """,
    "deep": """
        input image 8x8x1 in 0..1
        encode conv e { filters 3 }
        conv2d c0 { filters 4, padding same }
        conv2d c1 { filters 4, padding same, shortcut c0, batchnorm on }
        conv2d c2 { filters 4, padding same, shortcut c1 }
        conv2d c3 { filters 4, padding same, shortcut c2 }
        dense d { units 8 }
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
    gain = layer.neuron.gain(layer.high)
    rest = layer.neuron.rest
    state = oracle.make_state(40, np.random.RandomState(0))
    for name in state:
        state[name] = np.zeros(40)
    output, advance = np.zeros(40), make_step(layer, scale, DT)
    own = [tf.zeros(40)] * 2
    fired, wanted = [], []
    for current in currents:
        given, *own = advance(tf.constant(current), *own)
        fired.append(np.asarray(given) * (HIGH * scale * DT))
        oracle.step(DT, rest + gain * scale * current, output, **state)
        wanted.append(output * DT)
    np.testing.assert_allclose(fired, wanted, atol=1e-5)
    assert np.sum(wanted) > 100


def test_a_voltage_on_the_chip_has_to_exceed_the_threshold() -> None:
    # One spike charges a neuron of a max pool just up to the threshold.
    advance = make_step(Layer((1,), (20, 250.0), cut=CHIP), 1.0, DT)
    own, fired = [tf.zeros(1)] * 2, []
    for _ in range(10):
        given, *own = advance(tf.ones(1), *own)
        fired.append(bool(given[0] > 0))
    assert np.flatnonzero(fired).tolist() == [4, 9]


@pytest.mark.parametrize(
    ("name", "neuron"),
    [
        ("pools_of_pools", "relu"),
        ("deep", "relu"),
        ("maxpool2d", "relu"),
        ("maxpool3d", "lif"),
        ("hosted3d", "relu"),
        ("hosted3d", "lif"),
    ],
)
def test_layers_fire_as_a_chip_that_does_not_round(
    tmp_path: Path, name: str, neuron: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"timing {{ present 40 ms }}\ndefaults {{ neuron {neuron} }}\n"
    text = network(text + {**BODIES, **MORE}[name], f"net_{name}")
    compare_without_rounding(text, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("layers", "synapse", "of_readout"),
    [
        ("conv2d pre { filters 4, place host }\nconv2d c { filters 6 }", 0, 0),
        (
            "conv2d c { filters 6 }\nconv2d a { filters 4, place host }\n"
            "conv2d b { filters 4, place host }",
            0,
            4,
        ),
        ("conv2d c { filters 6 }\nconv2d post { filters 4, place host }", 1, 0),
    ],
    ids=["before the chip", "after the chip", "readout"],
)
def test_spikes_reach_the_host_earlier_without_a_filter(
    tmp_path: Path,
    layers: str,
    synapse: int,
    of_readout: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = f"""
        timing {{ present 40 ms, synapse {synapse} ms }}
        input image 8x8x2 in 0..1
        encode conv e {{ filters 3 }}
        {layers}
        readout y {{ classes 3, synapse {of_readout} ms }}
    """
    compare_without_rounding(network(text, "unfiltered"), tmp_path, monkeypatch)


def compare_without_rounding(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare rates and outputs with an emulator that does not round."""
    package = open_package(write_package(text, folder))
    library = package.module("_runtime.neurons")
    # The decay of this emulator's voltages has no 12 bits either.
    monkeypatch.setattr(library, "round", lambda value: value, raising=False)
    weights, x = random_weights(package), random_images(package, 3)
    wanted, outputs = chip_rates(package, weights, x)
    run = spiking_run(package, weights)
    given = rates_of(package, run, x)
    assert any(rates.any() for rates in wanted.values())
    for layer, rates in wanted.items():
        apart = np.abs(given[layer].reshape(rates.shape) - rates)
        # Sums of spikes in single precision may reach a threshold a step later.
        assert apart.sum() <= 0.005 * rates.sum(), layer
    own = run.predict(x, 1)
    np.testing.assert_allclose(own, outputs, atol=1e-3 * np.abs(outputs).max())


@pytest.mark.parametrize(
    ("name", "neuron"),
    [
        ("residual", "lif"),
        ("causal_pools", "relu"),
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
    given = rates_of(package, spiking_run(package, weights), x)
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
    given = rates_of(package, spiking_run(package, weights), x)
    for name, layer in described.layers.items():
        if layer.pool is not None:
            continue
        wanted = found.spikes[name] / described.present
        # Nengo's filters pass a value on in the step in which it arrives.
        slack = 2.5 / described.present
        apart = np.abs(given[name].reshape(3, -1) - wanted)
        assert wanted.max() > 20, name
        assert np.mean(apart > slack) < 0.01, name


def chip_rates(
    package: ImportedPackage, weights: Any, x: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what `rates_of` returns, and outputs, on an emulator with real numbers."""
    layers, steps = package.network.layers, package.network.steps
    build = package.module("nengo_network").build_network
    built, rates = build(weights, x, probe=tuple(layers)), {}
    with simulate(built.net, package.network.dt, target="simreal") as simulator:
        simulator.run_steps(len(x) * steps)
        for name, layer in layers.items():
            values = built.neuron_values(simulator, name)
            each = values.reshape(len(x), steps, -1).mean(axis=1)
            rates[name] = each * layer.high
        rows = simulator.data[built.output].reshape(len(x), steps, -1)
    return rates, rows[:, steps // 2 :].mean(axis=1)


def spiking_run(package: ImportedPackage, weights: Any) -> Any:
    """Return the run of a model with these weights."""
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, weights)
    library: Any = package.module("_runtime.keras.spiking")
    library.CHUNK = 2  # to trace a graph of more steps takes longer than to run it
    return library.SpikingRun(package.network, model)


def rates_of(
    package: ImportedPackage, run: Any, x: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the rate in Hz of each neuron in each example of a row."""
    firing, layers = run.firing(x, 1), package.network.layers
    return {name: firing[name] * layer.high for name, layer in layers.items()}
