"""The variance of what drives LIF neurons, in a model of Keras."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.runtime.current_variance import CurrentVariance
from snnc.runtime.curves import spike_variance
from tests.emit.packages import importable, module
from tests.runtime.phased import Made, examples, packages

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
layers = keras.layers
HERTZ = {"one": 200.0, "two": 90.0}
SYNAPSE = 0.005
LINEAR = {
    "causal": ((9, 4), layers.Conv1D(5, 3, padding="causal", dilation_rate=2)),
    "strided": ((6, 5, 4), layers.Conv2D(3, 3, strides=2, padding="same")),
    "grouped": ((5, 5, 4), layers.Conv2D(6, 3, groups=2, use_bias=False)),
    "depthwise": (
        (6, 6, 4),
        layers.DepthwiseConv2D(3, dilation_rate=2, depth_multiplier=2),
    ),
    "depthwise1d": ((8, 4), layers.DepthwiseConv1D(3, strides=2, padding="same")),
    "volume": ((4, 5, 5, 4), layers.Conv3D(2, (2, 3, 3), strides=(1, 2, 2))),
    "dense": ((4,), layers.Dense(7)),
    "flat": ((2, 3, 4), layers.Dense(7)),
}


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("kind", LINEAR)
def test_the_variance_is_that_of_noise_that_passes_the_layers(
    kind: str, norm: bool
) -> None:
    shape, made = LINEAR[kind]
    linear = made.__class__.from_config({**made.get_config(), "name": "c"})
    values = keras.Input(shape)
    read = layers.Flatten()(values) if kind == "flat" else values
    driven = linear(read)
    made_of = [driven]
    if norm:
        scaled = layers.BatchNormalization(
            name="c.norm",
            gamma_initializer=keras.initializers.RandomUniform(0.5, 2.0, seed=1),
            moving_variance_initializer=keras.initializers.RandomUniform(1, 9, seed=2),
        )
        made_of.append(scaled(driven))
    stretches = [[["one"], 1, 1], [["two"], 2, 4], [["one", "two"], 1, 1]]
    layer = CurrentVariance(stretches, HERTZ, SYNAPSE, name="c.variance")
    both = keras.Model(values, [made_of[-1], layer(values, *made_of)])
    x = RNG.uniform(0, 1, shape).astype("f4")
    hertz = np.array([200.0, 90.0, 90.0, 90.0], "f4")  # of sums the slowest
    own = np.asarray(spike_variance(x * hertz, SYNAPSE)) / hertz**2
    own /= np.array([1.0, 4.0, 4.0, 1.0])
    noise = RNG.normal(size=(20_000, *shape)) * np.sqrt(own)
    moved = both.predict((x + noise).astype("f4"), batch_size=2000, verbose=0)[0]
    found = np.asarray(both(x[None])[1])[0]
    np.testing.assert_allclose(found, moved.var(axis=0), rtol=0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Made]]:
    found = packages(tmp_path_factory.mktemp("variance"))
    with importable(next(iter(found.values())).package):
        yield found


def program(made: dict[str, Made], name: str) -> Any:
    return module(made[name].package, "keras_model")


def test_every_path_to_lif_neurons_on_the_chip_has_its_variance(
    made: dict[str, Made],
) -> None:
    model = program(made, "lif_norm").build_model(aware=True)
    found = {
        part.name: [(one[0], one[1:]) for one in part.stretches]
        for part in model.layers
        if part.__class__.__name__ == "CurrentVariance"
    }
    assert found == {
        "c0.variance": [(["encode"], [3, 1])],
        "c1.variance": [(["c0"], [4, 1])],
        "c1.shortcut.variance": [(["c0"], [4, 1])],
        "c2.variance": [(["c1"], [4, 1])],
        "c2.shortcut.variance": [(["c0"], [4, 1])],
        "d0.variance": [(["c2"], [4, 1]), (["c1"], [4, 4])],
    }
    smooth = program(made, "lif_norm").build_model()
    others = [smooth, program(made, "relu").build_model(aware=True)]
    names = [part.name for other in others for part in other.layers]
    assert not [name for name in names if "variance" in name]


def test_kernels_are_found_again_in_a_model_that_is_loaded(
    made: dict[str, Made], tmp_path: Path
) -> None:
    model = program(made, "lif_norm").build_model(aware=True)
    assert len(set(map(id, model.weights))) == len(model.weights)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = examples()[0]
    np.testing.assert_array_equal(again(x), model(x))
    again.get_layer("c1").kernel.assign(3 * model.get_layer("c1").kernel)
    before, after = (
        keras.Model(of.input, of.get_layer("c1.variance").output)(x)
        for of in (model, again)
    )
    np.testing.assert_allclose(after, 9 * np.asarray(before), rtol=1e-4)


def scaled(made: dict[str, Made]) -> tuple[keras.Model, Any]:
    model = program(made, "lif_norm").build_model(aware=True)
    adjuster = made["lif_norm"].adjuster(model, examples()[0])
    adjuster.enter(aware=True)
    adjuster.scale(anew=True)
    assert len({1.0, *adjuster.scales.values()}) > 2
    return model, adjuster


def test_scales_are_no_weights_and_in_every_copy_of_a_model(
    made: dict[str, Made], tmp_path: Path
) -> None:
    model, _ = scaled(made)
    kinds = ("Neurons", "CurrentVariance", "SpikeNoise")
    ours = [part for part in model.layers if type(part).__name__ in kinds]
    assert not [weight for part in ours for weight in part.weights]
    x = examples()[0]
    wanted = np.asarray(model(x))
    exported, folder = hasattr(model, "export"), str(tmp_path / "saved")
    (model.export if exported else model.save)(folder)
    served = tf.saved_model.load(folder).signatures["serving_default"]
    (found,) = served(tf.constant(x)).values()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    for copy in (cloned, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copy(x), wanted)


def test_what_was_traced_of_a_model_follows_its_scales(
    made: dict[str, Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, adjuster = scaled(made)
    x = examples()[0]
    before = model.predict(x, verbose=0)
    with monkeypatch.context() as patched:
        patched.delattr(type(model.get_layer("c0.neurons")), "call")
        adjuster.scales = {name: 2 * s for name, s in adjuster.scales.items()}
        adjuster.enter(aware=True)
        after = model.predict(x, verbose=0)
    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    np.testing.assert_allclose(after, cloned(x), rtol=1e-4, atol=1e-5)
    assert np.abs(after - before).max() > 0.01


def test_gradients_reach_the_kernel_by_its_variance(made: dict[str, Made]) -> None:
    model = program(made, "lif").build_model(aware=True)
    varied = keras.Model(model.input, model.get_layer("c1.variance").output)
    kernel = model.get_layer("c1").kernel
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(varied(examples()[0]))
    assert np.abs(np.asarray(tape.gradient(total, kernel))).max() > 0


def test_a_smooth_model_computes_no_variance(made: dict[str, Made]) -> None:
    x = examples()[0]
    model = program(made, "lif_norm").build_model(aware=True)
    varied = keras.Model(model.input, model.get_layer("c1.variance").output)
    adjuster = made["lif_norm"].adjuster(model, x)
    aware = np.asarray(model(x))
    adjuster.enter(aware=False)
    assert not np.asarray(varied(x)).any()
    adjuster.enter(aware=True)
    assert np.asarray(varied(x)).all()
    np.testing.assert_array_equal(model(x), aware)
