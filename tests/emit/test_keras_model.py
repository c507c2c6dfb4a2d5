"""The generated Keras model: its layers, its losses and its weights."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file
from tensorflow import keras

from tests.emit.networks import NETWORKS
from tests.emit.packages import Load

pytestmark = pytest.mark.slow
Made = Callable[..., keras.Model]
EACH = pytest.mark.parametrize("name", NETWORKS)


def inputs(name: str, count: int = 16) -> np.ndarray:
    given = NETWORKS[name].input
    rng = np.random.default_rng(3)
    return rng.uniform(given.low, given.high, (count, *given.shape)).astype("f4")


def randomise(model: keras.Model, seed: int = 5) -> None:
    """Give every weight a random value; variances and gammas stay positive."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        shapes = [weight.shape for weight in layer.get_weights()]
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 2, shape) for shape in shapes])
            gamma, beta, mean, variance = layer.get_weights()
            variance[0] = 1e-4  # as training could leave it
            layer.set_weights([gamma, beta, mean, variance])
        elif not isinstance(layer, keras.layers.Dropout):
            layer.set_weights([rng.normal(0, 0.5, shape) for shape in shapes])


@pytest.fixture(scope="module")
def model_of(load: Load) -> Made:
    """Return a function to one model of each network, whose weights may be any."""
    return cache(lambda name: load(name, "keras_model").build_model())


@EACH
def test_every_layer_has_the_shape_of_the_graph(model_of: Made, name: str) -> None:
    model = model_of(name)
    spiking: tuple[Any, ...] = (*NETWORKS[name].layers, NETWORKS[name].readout)
    for layer in spiking:
        assert model.get_layer(layer.name).output.shape[1:] == layer.shape
    assert model.name == name


@EACH
def test_exported_weights_compute_the_same_and_are_exported_again(
    load: Load, model_of: Made, name: str, tmp_path: Path
) -> None:
    built, layout, x = load(name, "keras_model"), load(name, "layout"), inputs(name)
    model, again = model_of(name), built.build_model()
    randomise(model)
    built.export_weights(model, tmp_path / "a")
    built.import_weights(again, tmp_path / "a")
    # Called, not asked to predict, which would compile a function for this one time.
    expected, found = np.asarray(model(x)), np.asarray(again(x))
    assert np.abs(expected).max() > 0.1
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    built.export_weights(again, tmp_path / "b")
    first, second = (layout.load_weights(tmp_path / n) for n in "ab")
    assert list(first) == [tensor.name for tensor in layout.TENSORS]
    for tensor, value in first.items():
        np.testing.assert_array_equal(second[tensor], value, tensor)


def test_an_imported_batch_norm_is_the_identity(load: Load, tmp_path: Path) -> None:
    built = load("waves", "keras_model")
    model = built.build_model()
    randomise(model)
    built.export_weights(model, tmp_path / "w")
    built.import_weights(model, tmp_path / "w")
    norm = model.get_layer("d2.norm")
    gamma, beta, mean, variance = norm.get_weights()
    assert (gamma == 1).all()
    assert (beta == 0).all()
    assert (mean == 0).all()
    np.testing.assert_array_equal(variance, np.float32(1) - np.float32(norm.epsilon))
    x = np.random.default_rng(0).normal(size=(7, len(gamma))).astype("f4")
    np.testing.assert_array_equal(norm(x), x)


def test_a_bias_where_there_is_none_is_refused(load: Load, tmp_path: Path) -> None:
    built, layout = load("colours", "keras_model"), load("colours", "layout")
    model = built.build_model()
    built.export_weights(model, tmp_path / "w")
    weights = layout.load_weights(tmp_path / "w")
    weights["c3.bias"] = weights["c3.bias"] + 1
    save_file(weights, tmp_path / "w", {"layout_id": layout.LAYOUT_ID})
    with pytest.raises(layout.LayoutError, match="c3 has no bias"):
        built.import_weights(model, tmp_path / "w")


@EACH
def test_gradients_reach_every_layer(load: Load, name: str) -> None:
    model = load(name, "keras_model").build_model()
    with tf.GradientTape() as tape:
        outputs = model(inputs(name), training=True)
        loss = tf.reduce_mean(outputs**2) + tf.add_n([0.0, *model.losses])
    gradients = tape.gradient(loss, model.trainable_weights)
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert np.isfinite(gradient).all(), weight.name
    kernels = [g for g in gradients if len(g.shape) > 1]
    assert all(np.abs(kernel).max() > 0 for kernel in kernels)


# The others have their loss and their optimizer of one of these.
@pytest.mark.parametrize("name", ["volume", "colours", "waves", "features"])
def test_a_few_steps_lower_the_loss(load: Load, name: str) -> None:
    built = load(name, "keras_model")
    keras.utils.set_random_seed(1)
    model = built.build_model()
    built.compile_model(model)
    x, readout = inputs(name, 64), NETWORKS[name].readout
    y = (x.reshape(64, -1).mean(axis=1) * 100).astype(int) % readout.units
    if readout.labels is None:
        y = np.eye(readout.units, dtype="f4")[y]
    history = model.fit(x, y, batch_size=16, epochs=12, verbose=0).history
    assert min(history["loss"][-3:]) < history["loss"][0]
    assert ("accuracy" if readout.labels else "rmse") in history


def test_values_are_mapped_as_the_input_says(load: Load) -> None:
    model = load("colours", "keras_model").build_model()
    x = inputs("colours")
    scaled = keras.Model(model.input, model.get_layer("image.scaled").output)
    np.testing.assert_allclose(scaled(x), 2 * x - 1, atol=1e-6)


def test_a_signed_encoder_has_the_on_parts_before_the_off_parts(load: Load) -> None:
    model = load("waves", "keras_model").build_model()
    x = inputs("waves")
    encoder = keras.Model(model.input, model.get_layer("pixels.neurons").output)
    expected = np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1) / 2
    np.testing.assert_allclose(encoder(x), expected, atol=1e-7)


def test_an_encoder_is_clipped_at_one_spike_a_step(load: Load) -> None:
    model = load("volume", "keras_model").build_model()
    model.get_layer("encode").set_weights([np.full((1, 1, 1, 1, 2), 100), np.zeros(2)])
    encoder = keras.Model(model.input, model.get_layer("encode.neurons").output)
    assert encoder(np.ones((1, 4, 6, 6, 1))).numpy().max() == 1 / (0.001 * 250)


def test_a_shortcut_is_added_after_the_batch_norm(load: Load) -> None:
    model = load("colours", "keras_model").build_model()
    randomise(model)
    names = ("c2.norm", "c2.shortcut", "c2.sum")
    outputs = [model.get_layer(name).output for name in names]
    norm, shortcut, total = keras.Model(model.input, outputs)(inputs("colours"))
    np.testing.assert_allclose(total, norm + shortcut, rtol=1e-6)


def test_every_kernel_has_its_l2(model_of: Made) -> None:
    model = model_of("volume")
    rates = {"encode": 5e-5, "c0": 0.0, "d0": 5e-5, "digit": 5e-5}
    expected = sum(
        rate * np.sum(model.get_layer(name).get_weights()[0] ** 2)
        for name, rate in rates.items()
    )
    assert float(tf.add_n(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_a_depthwise_kernel_is_drawn_for_its_taps_alone(load: Load) -> None:
    model = load("mobile", "keras_model").build_model()
    (kernel, *_) = model.get_layer("c0").get_weights()
    assert kernel.shape == (3, 3, 4, 2)
    limit = np.sqrt(6 / 9)
    assert 0.8 * limit < np.abs(kernel).max() <= limit
    penalty = model.get_layer("c0").depthwise_regularizer
    assert float(penalty(kernel)) == pytest.approx(1e-4 * np.sum(kernel**2))


def test_the_seed_draws_the_first_weights(load: Load) -> None:
    build = load("volume", "keras_model").build_model
    models = build(), build(), build(seed=100)
    for a, b, c in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)


@EACH
def test_no_two_layers_draw_from_one_seed(model_of: Made, name: str) -> None:
    model = model_of(name)
    drawing = [x for x in model.layers if hasattr(x, "kernel_initializer")]
    seeds = [
        getattr(layer, "depthwise_initializer", layer.kernel_initializer).seed
        for layer in drawing
    ]
    assert len(seeds) >= 2
    assert len(set(seeds)) == len(seeds)


@EACH
def test_a_saved_model_loads(model_of: Made, name: str, tmp_path: Path) -> None:
    model = model_of(name)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs(name)), model(inputs(name)))


def test_settings_reach_the_optimizer(load: Load) -> None:
    built = load("colours", "keras_model")
    model = built.build_model()
    built.compile_model(model, steps=50)
    config = model.optimizer.get_config()
    assert model.optimizer.__class__.__name__ == "AdamW"
    assert config["weight_decay"] == 1e-4
    schedule = config["learning_rate"]
    assert schedule["class_name"] == "CosineDecay"
    assert schedule["config"]["initial_learning_rate"] == 2e-3
    assert schedule["config"]["decay_steps"] == 50


def test_sgd_has_its_momentum(load: Load, model_of: Made) -> None:
    model = model_of("features")
    load("features", "keras_model").compile_model(model)
    config = model.optimizer.get_config()
    assert config["momentum"] == 0.9
    assert config["learning_rate"] == pytest.approx(0.05)
