"""Models of Keras that run in spikes are the chip's networks, but for rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nengo
import numpy as np
import pytest
import tensorflow as tf
from nengo_loihi.neurons import LoihiLIF, LoihiSpikingRectifiedLinear

from snnc.exact import make_engine
from snnc.exact.package import ImportedPackage, open_package
from snnc.runtime.network import Layer, Lif
from snnc.runtime.neurons import gain_and_rest
from snnc.runtime.spiking_neurons import neurons
from tests.agreement.networks import BODIES
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import network

pytestmark = pytest.mark.slow

DT, HIGH = 0.001, 150.0
LIF = Lif(tau_rc=0.02, tau_ref=0.002)
RNG = np.random.default_rng(0)
KINDS: dict[str, tuple[Layer, Any]] = {
    "encoder": (
        Layer((40,), (20, HIGH), encoder="conv"),
        nengo.SpikingRectifiedLinear(),
    ),
    "relu": (Layer((40,), (20, HIGH)), LoihiSpikingRectifiedLinear()),
    "lif": (Layer((40,), (20, HIGH), lif=LIF), LoihiLIF(LIF.tau_rc, LIF.tau_ref)),
}


@pytest.mark.parametrize("scale", [1.0, 0.6])
@pytest.mark.parametrize("kind", KINDS)
def test_neurons_fire_as_those_of_nengo(kind: str, scale: float) -> None:
    layer, oracle = KINDS[kind]
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
    ],
)
def test_layers_fire_as_the_exact_engine_says(
    tmp_path: Path, name: str, neuron: str
) -> None:
    text = network(f"defaults {{ neuron {neuron} }}\n{BODIES[name]}", name)
    package = open_package(write_package(text, tmp_path))
    weights, x = random_weights(package), random_images(package, 3)
    with make_engine(package, weights) as engine:
        spikes = engine.run(x, "row", keep=("spikes",)).spikes
    given = rates_of(package, weights, x)
    for layer, wanted in spikes.items():
        if package.network.layers[layer].pool is not None:
            continue  # a maximum is a sum: those who read it tell
        rates = np.asarray(wanted).mean(axis=1) / DT
        # Weights of 8 bits move spikes, the more the fewer a layer reads.
        assert given[layer].mean() == pytest.approx(rates.mean(), rel=0.1), layer
        assert np.corrcoef(given[layer].ravel(), rates.ravel())[0, 1] > 0.97, layer


def rates_of(
    package: ImportedPackage, weights: Any, x: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the rate in Hz of each neuron in each example of a row."""
    program = package.module("keras_model")
    model = program.build_model(aware=True)
    program.import_weights(model, weights)
    run = package.module("_runtime.spiking").SpikingRun(package.network, model)
    run.begin(1)
    step, means = tf.function(run._compute, autograph=False), []
    for example in x:
        outputs = []
        for _ in range(package.network.steps):
            run.state = step(tf.constant(example[None]), run.state)
            outputs.append(run.state.outputs)
        several = zip(*outputs, strict=True)
        means.append([np.mean(each, axis=0)[0] for each in several])
    layers = package.network.layers
    return {
        name: np.stack(of) * layer.high
        for (name, layer), of in zip(
            layers.items(), zip(*means, strict=True), strict=True
        )
    }
