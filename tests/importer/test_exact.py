"""An imported model computes what Keras computed, in Keras and in Nengo.

Nengo's rate mode gives what Keras does within 1e-4 for every rule. For every kind of
layer, the package's Keras model does too, within 1e-5. Random models combine the rules.
"""

import importlib
import itertools
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from tests.importer.exact_models import (
    CASES,
    KERAS,
    Case,
    model_in_order,
    model_of,
    randomize,
)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.slow

WITHIN = 1e-4
EXAMPLES = 2
RANDOM_MODELS = 24

_IMPORTS = itertools.count()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose packages can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def import_model(model: Any, folder: Path, *options: str) -> tuple[Any, Path] | None:
    """Return the package of a model and the file of its weights; None if refused."""
    # A process keeps what it imported, and models of other tests have this name too.
    plain = model.name.replace("-", "_").replace(".", "_")
    name = f"imported_{next(_IMPORTS)}_{plain}"
    saved, spec = folder / f"{name}.h5", folder / f"{name}.snn"
    weights = folder / f"{name}.safetensors"
    model.save(saved)
    arguments = [str(saved), "-o", str(spec), "--weights-out", str(weights)]
    if main(["import", *arguments, "--name", name, *options]) != 0:
        return None
    assert main(["build", str(spec), "-o", str(folder)]) == 0
    return importlib.import_module(name), weights


def imported(model: Any, folder: Path, *options: str) -> tuple[Any, Path]:
    found = import_model(model, folder, *options)
    assert found is not None
    return found


def keras_outputs(package: Any, weights: Path, x: Any) -> Any:
    """Return what the package's Keras model computes."""
    code = importlib.import_module(f"{package.__name__}.keras_model")
    built = code.build_model()
    code.import_weights(built, weights)
    return built(x).numpy()


def rates(package: Any, weights: Path, x: Any) -> Any:
    """Return what the readout gives of each example in rate mode."""
    import nengo

    code = importlib.import_module(f"{package.__name__}.nengo_network")
    network = code.build_network(weights, images=x, mode="rate")
    shared = importlib.import_module(f"{package.__name__}.network")
    steps = round(shared.PRESENT / shared.DT)
    # Rates are the same in each step of an example: of the last, one is enough.
    with nengo.Simulator(network.net, progress_bar=False) as simulator:
        simulator.run_steps((len(x) - 1) * steps + 1)
    return simulator.data[network.output][::steps]


def expected_of(model: Any, x: Any) -> Any:
    """Return all outputs of Keras, flat and side by side."""
    outputs = model(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    found = np.concatenate([np.reshape(y, (len(x), -1)) for y in outputs], axis=1)
    assert np.ptp(found, axis=0).max() > 1e-3
    return found


def differences(name: str, case: Case, folder: Path) -> float:
    from tensorflow import keras

    model = randomize(model_of(keras, name), seed=case.seed)
    for layer in model.layers:
        if layer.name == "turned":  # a factor below 0 makes a minimum of a maximum
            layer.gamma.assign(layer.gamma * [1, -1, 1, -1])
    drawn = np.random.default_rng(1).uniform(*case.values, (EXAMPLES, *case.shape))
    x = drawn.astype(np.float32)
    package, weights = imported(model, folder, *case.options)
    shared = importlib.import_module(f"{package.__name__}.network")
    found = case.final(rates(package, weights, x.reshape(-1, *shared.INPUT.shape)))
    expected = expected_of(model, x)
    if name in KERAS:
        own = case.final(keras_outputs(package, weights, x))
        largest = np.abs(expected).max()
        np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-5 * largest)
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def test_rate_mode_gives_what_keras_does(folder: Path) -> None:
    found = {name: differences(name, case, folder) for name, case in CASES.items()}
    assert {name: error for name, error in found.items() if error > WITHIN} == {}


def test_smooth_activations_are_near_those_of_keras(folder: Path) -> None:
    from tensorflow import keras

    la = keras.layers
    same = {"padding": "same"}
    layers = [
        *[keras.Input((7, 7, 1)), la.Conv2D(4, 3, activation="elu")],
        *[la.Conv2D(4, 3, activation="sigmoid", **same), la.Conv2D(4, 3, **same)],
        *[la.BatchNormalization(), la.Activation("swish"), la.AveragePooling2D()],
        *[la.Flatten(), la.Dense(6, activation="tanh"), la.Dense(3)],
    ]
    model = randomize(keras.Sequential(layers, name="smooth"))
    x = np.random.default_rng(1).uniform(0, 1, (EXAMPLES, 7, 7, 1)).astype(np.float32)
    package, weights = imported(model, folder)
    np.testing.assert_allclose(
        rates(package, weights, x), expected_of(model, x), atol=0.05
    )


def test_channels_first_are_laid_out_with_channels_last(folder: Path) -> None:
    """Some hosts can't run channels first in TensorFlow: a twin gives the outputs."""
    from tensorflow import keras

    twin = randomize(model_in_order(keras, "channels_last"), seed=4)
    model = model_in_order(keras, "channels_first")
    model.set_weights(twin.get_weights())
    x = np.random.default_rng(1).uniform(0, 1, (EXAMPLES, 7, 6, 2)).astype(np.float32)
    package, weights = imported(model, folder)
    expected = expected_of(twin, x)
    np.testing.assert_allclose(rates(package, weights, x), expected, atol=WITHIN)


def test_several_inputs_are_channels_of_one(folder: Path) -> None:
    """Two images are compared by a `Lambda` at the end, which the host computes."""
    from tensorflow import keras

    la = keras.layers
    inputs = [keras.Input((7, 6, 2)) for _ in range(2)]
    twin = keras.Sequential(
        [
            keras.Input((7, 6, 2)),
            la.AveragePooling2D((1, 2)),
            la.Conv2D(3, 2, activation="relu"),
            la.Flatten(),
            la.Dense(4, activation="relu"),
            la.Dense(3),
        ]
    )
    vectors = [twin(image) for image in inputs]
    apart = la.Lambda(lambda pair: abs(pair[0] - pair[1]))(vectors)
    model = randomize(keras.Model(inputs, la.Activation("sigmoid")(apart), name="twin"))
    package, weights = imported(model, folder)
    x = [np.random.default_rng(n).random((5, 7, 6, 2), np.float32) for n in range(2)]
    found = keras_outputs(package, weights, np.concatenate(x, axis=-1))
    expected = np.concatenate([expected_of(twin, image) for image in x], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    distance = np.abs(found[:, :3] - found[:, 3:])
    np.testing.assert_allclose(1 / (1 + np.exp(-distance)), model(x), atol=1e-5)


def test_several_inputs_are_looked_up_by_the_host(folder: Path) -> None:
    from tensorflow import keras

    la = keras.layers
    inputs = [keras.Input((1,)), keras.Input((1,)), keras.Input((9,))]
    tables = la.Embedding(10, 3), la.Embedding(1_000_000, 4)
    rows = [table(given) for table, given in zip(tables, inputs, strict=False)]
    both = la.Concatenate()([la.Flatten()(row) for row in rows])
    outputs = la.Dense(1)(la.Dense(6, activation="relu")(both))
    model = keras.Model(inputs, outputs, name="ratings")  # nothing reads the third
    package, weights = imported(model, folder)
    x = [np.array([[1], [9], [4]]), np.array([[0], [77], [999_999]])]
    expected = model([*x, np.zeros((3, 9))]).numpy()
    assert np.ptp(expected) > 1e-3
    looked_up = [table(given) for table, given in zip(tables, x, strict=True)]
    found = keras_outputs(package, weights, np.concatenate(looked_up, axis=-1))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_what_stands_for_a_max_pool_begins_as_the_mean(folder: Path) -> None:
    from tensorflow import keras

    la, image = keras.layers, keras.Input((9, 9, 1))
    convs = la.Conv2D(4, 2, activation="relu"), la.Conv2D(5, 2)
    end = [la.Dropout(0.1), la.Flatten(), la.Dense(3)]
    pools = la.MaxPooling2D(2), la.MaxPooling2D(3, strides=1)
    before = [image, convs[0], pools[0], convs[1], pools[1], la.ReLU(), *end]
    model = randomize(keras.Sequential(before, name="pooled"))
    package, weights = imported(model, folder, "--rewrite", "maxpool=downsample")
    means = la.AveragePooling2D(2), la.AveragePooling2D(3, strides=1)
    mean = keras.Sequential(
        [image, convs[0], means[0], convs[1], la.ReLU(), means[1], *end]
    )
    x = np.random.default_rng(1).random((6, 9, 9, 1), np.float32)
    found = keras_outputs(package, weights, x)
    np.testing.assert_allclose(found, expected_of(mean, x), rtol=1e-4)


def draw_model(keras: Any, chance: random.Random, name: str) -> Any:
    """Return layers in a row, sometimes joined with an earlier value of equal shape."""
    la, same = keras.layers, {"padding": "same"}
    image = keras.Input((8, 8, 2))
    before = [la.Conv2D(2, 3, activation="relu")(image)]
    for _ in range(chance.randint(3, 7)):
        pool = [
            la.Conv2D(2, 3, **same), la.Conv2D(4, 3, strides=2, **same),
            la.Conv2D(2, 2), la.Conv2D(4, 1, activation="relu"), la.ReLU(),
            la.Conv2D(2, 2, dilation_rate=2, activation="relu"), la.ReLU(2.0),
            la.Conv2D(4, 3, groups=2, activation="relu"), la.Dense(2),
            la.DepthwiseConv2D(3, depth_multiplier=2, **same), la.Cropping2D(1),
            la.SeparableConv2D(4, 2, activation="relu"), la.BatchNormalization(),
            la.LeakyReLU(0.2), la.PReLU(shared_axes=[1, 2]), la.ZeroPadding2D(1),
            la.ZeroPadding2D(((0, 1), (0, 1))), la.Cropping2D(((0, 1), (1, 0))),
            la.AveragePooling2D(2, 1), la.AveragePooling2D(2), la.MaxPooling2D(2, 1),
            la.MaxPooling2D(3, 2, **same), la.UpSampling2D((1, 2)), la.Dropout(0.2),
            la.Conv2DTranspose(2, 3, strides=2, **same), la.Rescaling(0.5, 0.1),
            la.Activation("hard_sigmoid"),
        ]  # fmt: skip
        found = chance.choice(pool)(before[-1])
        alike = [value for value in before if value.shape == found.shape]
        if alike and chance.random() < 0.4:
            joins = la.Add, la.Concatenate, la.Average
            join = chance.choice((*joins, la.Subtract))
            found = join()([found, chance.choice(alike)])
        before.append(found)
        if min(found.shape[1:3]) < 3:
            break
    end = chance.choice((la.Flatten, la.GlobalMaxPooling2D, la.GlobalAveragePooling2D))
    return keras.Model(image, la.Dense(3)(end()(before[-1])), name=name)


def test_random_models_give_what_keras_does(folder: Path) -> None:
    """Some are refused, such as maxima of values below 0; most are not."""
    from tensorflow import keras

    chance, errors = random.Random(1), []
    for number in range(RANDOM_MODELS):
        model = draw_model(keras, chance, f"random_{number}")
        done = import_model(randomize(model, seed=number), folder)
        if done is None:
            continue
        x = np.random.default_rng(number).uniform(0, 1, (3, 8, 8, 2)).astype("f4")
        found, expected = keras_outputs(*done, x), np.asarray(model(x))
        errors.append(np.abs(found - expected).max() / max(1, np.abs(expected).max()))
    assert len(errors) > RANDOM_MODELS / 2
    assert max(errors) < 1e-5
