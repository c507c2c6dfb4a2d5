"""Training on the chip's integers: batches meet stored kernels, exact ones change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.emit.origin import Origin
from tests.emit.packages import importable, module
from tests.support import network, sound

BODY = """
    timing { present 20 ms }
    input image 8x8x2 in 0..1
    encode conv { filters 3 }
    conv2d c0 { filters 4, batchnorm on }
    conv2d c1 { filters 6, stride 2, padding same, shortcut c0 }
    avgpool { window all }
    dense d0 { units 5 }
    readout y { classes 3 }
    train {
      optimizer sgd { learning_rate 0.1 }
      aware off, rate_weight 0, l2 1e-3, batch 16
    }
"""
RATE = 0.1
RNG = np.random.default_rng(0)
X = RNG.uniform(0, 1, (40, 8, 8, 2)).astype("f4")
Y = np.arange(40) % 3

Get = Callable[[str], ModuleType]
Weights = dict[str, np.ndarray]

ON_CPUS = """
import sys
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
parts = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, parts)

from shared.train import main

sys.exit(main(sys.argv[1:]))
"""


def write(body: str, name: str, folder: Path) -> Path:
    """Write the package of a spec under ``folder``."""
    package = folder / name
    package.mkdir()
    for made in sound(network(body, name), "emit"):
        text = made.headed(Origin("net.snn", "models")).text
        (package / made.path).write_text(text, encoding="utf-8")
    return package


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Return a function that imports a module of the package."""
    package = write(BODY, "rounded", tmp_path_factory.mktemp("rounded"))
    with importable(package):
        yield lambda name: module(package, name)


def compiled(get: Get, seed: int = 0) -> keras.Model:
    """Return a model whose batch norm scales its channels, one by 0."""
    model = get("keras_model").build_model(seed=seed)
    get("keras_model").compile_model(model)
    gamma, mean = np.linspace(0, 1.5, 4), np.full(4, 0.1)
    model.get_layer("c0.norm").set_weights([gamma, -mean, mean, 1 + gamma])
    return model


def stored(get: Get, model: keras.Model) -> Weights:
    """Return a model's kernels as the chip stores them, batch norm unfolded."""
    found = get("_integers").stored_kernels(get("keras_model").exported(model))
    gamma, _, _, variance = model.get_layer("c0.norm").get_weights()
    scale = gamma / np.sqrt(variance + model.get_layer("c0.norm").epsilon)
    kernel = kernel_of(model, "c0.kernel").numpy()
    kernel[..., 1:] = found["c0.kernel"][..., 1:] / scale[1:]
    return {**found, "c0.kernel": kernel}


def kernel_of(model: keras.Model, name: str) -> Any:
    layer = model.get_layer(name if name.endswith("shortcut") else name[:-7])
    return layer.weights[0]


@pytest.mark.slow
def test_a_batch_changes_exact_kernels_by_gradients_at_stored_ones(get: Get) -> None:
    model, other = compiled(get), compiled(get)
    exact = [value.numpy() for value in model.trainable_variables]
    rounded = stored(get, model)
    assert sorted(rounded) == ["c0.kernel", "c1.kernel", "c1.shortcut", "d0.kernel"]
    for name, values in rounded.items():
        kernel_of(other, name).assign(values)
    with tf.GradientTape() as tape:
        logits = other(X, training=True)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, logits)
        loss += tf.add_n(other.losses)
    gradients = tape.gradient(loss, other.trainable_variables)
    callbacks = [get("_integers").StoredKernels()]
    model.fit(X, Y, batch_size=40, shuffle=False, verbose=0, callbacks=callbacks)
    assert len(gradients) == len(exact)
    for before, gradient, after in zip(
        exact, gradients, model.trainable_variables, strict=True
    ):
        wanted = before - RATE * gradient.numpy()
        np.testing.assert_allclose(after.numpy(), wanted, rtol=1e-5, atol=1e-6)


class Seen(keras.callbacks.Callback):
    """Keeps the kernels that batches of a validation meet."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels: Weights = {}

    def on_test_batch_begin(self, batch: int, logs: object = None) -> None:
        for name in ("c0.kernel", "c1.kernel", "c1.shortcut", "d0.kernel"):
            self.kernels[name] = kernel_of(self.model, name).numpy()


@pytest.mark.slow
def test_a_validation_meets_stored_kernels_and_changes_none(get: Get) -> None:
    model, seen = compiled(get), Seen()
    before, wanted = model.get_weights(), stored(get, model)
    callbacks = [get("_integers").StoredKernels(), seen]
    model.evaluate(X, Y, verbose=0, callbacks=callbacks)
    for name, values in wanted.items():
        assert np.abs(kernel_of(model, name).numpy() - values).max() > 1e-4
        np.testing.assert_allclose(seen.kernels[name], values, rtol=1e-5, atol=1e-7)
    for kept, value in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, value)


class CutOffError(Exception):
    """Stands for a power cut."""


class Power(keras.callbacks.Callback):
    """Fails when the third epoch begins."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch == 2:
            raise CutOffError


def weights_of(get: Get, path: Path, **options: Any) -> Weights:
    get("train").train(X, Y, path, epochs=3, **options)
    return get("layout").load_weights(path)


@pytest.mark.slow
def test_a_resumed_training_ends_as_one_that_was_not_cut_off(
    get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = weights_of(get, tmp_path / "whole", discretize=True)
    exact = weights_of(get, tmp_path / "exact")
    with monkeypatch.context() as patch:
        patch.setattr(get("train"), "_logs", lambda folder: [Power()])
        with pytest.raises(CutOffError):
            weights_of(get, tmp_path / "parts", discretize=True)
    with pytest.raises(get("_data").DataError, match="of another training"):
        weights_of(get, tmp_path / "parts", resume=True)
    parts = weights_of(get, tmp_path / "parts", resume=True, discretize=True)
    for name, value in whole.items():
        np.testing.assert_allclose(parts[name], value, rtol=1e-4, atol=1e-6)
    changed = [np.abs(exact[name] - value).max() for name, value in whole.items()]
    assert min(changed) > 1e-4


@pytest.mark.slow
def test_two_devices_train_as_one(tmp_path: Path) -> None:
    write(BODY.replace("batchnorm on", ""), "shared", tmp_path)
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    found = []
    for name, head, strategy in (
        ("one", ("-m", "shared.train"), ()),
        ("two", ("-c", ON_CPUS), ("--strategy", "mirrored")),
    ):
        files = ("--data", "d.npz", "--weights", name, "--discretize")
        done = subprocess.run(
            [sys.executable, *head, *files, "--epochs", "2", *strategy],
            cwd=tmp_path,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(tmp_path / name)
    with importable(tmp_path / "shared"):
        read = module(tmp_path / "shared", "layout").load_weights
        one, two = (read(path) for path in found)
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-3, atol=1e-4)


def test_without_a_chip_there_are_no_integers() -> None:
    body = BODY.replace("timing", "target nengo\ntiming")
    files = {made.path: made.body for made in sound(network(body), "emit")}
    assert "_integers.py" not in files
    assert "discretize" not in files["train.py"] + files["_progress.py"]
