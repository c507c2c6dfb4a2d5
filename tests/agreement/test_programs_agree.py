"""The generated programs agree: Keras with Nengo's rate mode, costs with nengo-loihi.

Oracles: Keras itself, and the blocks that nengo-loihi builds.
"""

import os
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import nengo
import numpy as np
import pytest

from snnc.verbs.evaluate.measures import with_activations
from tests.agreement.built import count_blocks, predicted_blocks
from tests.agreement.networks import BODIES, text
from tests.agreement.specs import draw_specs, name_of
from tests.fuzz.harness import TIMES
from tests.support import QUIET, SPECS, network

Package = Callable[[str], SimpleNamespace]
DRAWN = int(os.environ.get("SNNC_DRAWN", "8"))
EXAMPLES = 3
TOLERANCE = 1e-4

pytestmark = [pytest.mark.slow, QUIET]


def examples(made: SimpleNamespace) -> np.ndarray:
    read = made.network.input
    random = np.random.default_rng(1)
    shape = (EXAMPLES, *read.shape)
    return random.uniform(read.low, read.high, shape).astype(np.float32)


def difference(got: np.ndarray, want: np.ndarray) -> float:
    """Return the largest difference, relative to the largest value; 0 for zeros."""
    largest = np.abs(want).max()
    return float(np.abs(got - want).max() / (largest if largest > 0 else 1))


def activations(made: SimpleNamespace, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what Keras's neurons of each layer give, and its logits as ``""``."""
    # Called, not asked to predict, which would compile a function for this one time.
    found = with_activations(made.model, made.network)(x)
    names = ["", *made.network.layers]
    return {n: np.asarray(values) for n, values in zip(names, found, strict=True)}


# Each body has one of the two neurons; drawn specs have both.
@pytest.mark.parametrize(
    ("name", "neuron"), zip(BODIES, cycle(["relu", "lif"]), strict=False)
)
def test_keras_and_rate_mode_agree(package: Package, name: str, neuron: str) -> None:
    made = package(text(name, neuron))
    check(made)
    for layer, values in activations(made, examples(made)).items():
        assert values.max() > 0 or not layer, f"{layer} is silent"


@pytest.mark.parametrize(
    # The forum's network takes 40 s: `make fuzz` runs it.
    "spec",
    [spec for spec in SPECS if TIMES > 1 or spec.stem != "forum"],
    ids=lambda spec: spec.stem,
)
def test_the_example_specs_agree(package: Package, spec: Path) -> None:
    made = package(spec.read_text(encoding="utf-8"))
    check(made)


PADDED = network(
    """
    target loihi { chips 1 }
    timing { present 10 ms }
    input image 6x6x2 in 0..1
    encode conv e { filters 4 }
    avgpool all { window all }
    conv2d c { filters 4, kernel 2, padding same, dilation 2, groups 2 }
    conv2d d from e { filters 4, kernel 6, shortcut c }
    readout y { classes 2 }
    """,
    "padded",
)
"""Taps that all lie in the padding connect nothing."""


@pytest.mark.parametrize("spec", [PADDED, *draw_specs(DRAWN)], ids=name_of)
def test_drawn_specs_agree(package: Package, spec: str) -> None:
    check(package(spec))


def check(made: SimpleNamespace) -> None:
    """Compare Nengo's rate mode with Keras, and the blocks with nengo-loihi's."""
    x = examples(made)
    steps = made.network.steps
    layers = tuple(made.network.layers)
    built = made.nengo.build_network(made.weights, x, "rate", layers)
    with nengo.Simulator(built.net, dt=made.network.dt, progress_bar=False) as sim:
        sim.run_steps(EXAMPLES * steps)
    rows = np.asarray(sim.data[built.output]).reshape(EXAMPLES, steps, -1)
    want = activations(made, x)
    given = {**want, **maxima(made, x)}
    for row in (0, steps - 1):
        assert difference(rows[:, row], want[""]) <= TOLERANCE
    for layer in layers:
        shape = made.network.layers[layer].shape
        values = built.layer_values(sim, layer)
        assert values.shape == (EXAMPLES * steps, *shape)
        assert difference(values[::steps], given[layer]) <= TOLERANCE
        neurons = built.neuron_values(sim, layer)[::steps]
        assert difference(neurons, want[layer].reshape(EXAMPLES, -1)) <= TOLERANCE
    built = made.nengo.build_network(made.weights, x)
    counted = count_blocks(built.net, made.network.dt)
    assert counted == predicted_blocks(made.mapped, built.layers)


def maxima(made: SimpleNamespace, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what Keras's max pools give."""
    from tensorflow import keras

    layers, model = made.network.layers, made.model
    pools = {n: model.get_layer(n).output for n in layers if layers[n].pool is not None}
    found = keras.Model(model.input, pools)(x) if pools else {}
    return {name: np.asarray(values) for name, values in found.items()}
