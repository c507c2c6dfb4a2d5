"""Chains of random layers, called again at random, give what Keras does."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from tests.importer.exact_models import randomize

pytestmark = pytest.mark.slow

MODELS, WITHIN = 30, 1e-4
END = 3


def draw_model(keras: Any, chance: random.Random, name: str) -> Any:
    la = keras.layers
    pool = [
        la.Conv2D(2, 3, padding="same"), la.Conv2D(2, 3, strides=2, padding="same"),
        la.Conv2D(2, 2), la.Conv2D(2, 1, activation="relu"), la.BatchNormalization(),
        la.LeakyReLU(0.2), la.ReLU(), la.PReLU(shared_axes=[1, 2]), la.ZeroPadding2D(1),
        la.ZeroPadding2D(((0, 1), (0, 1))), la.Cropping2D(((0, 1), (1, 0))),
        la.AveragePooling2D(2, 1), la.MaxPooling2D(2, 1),
    ]  # fmt: skip
    image = keras.Input((8, 8, 2))
    before = [la.Conv2D(2, 3, activation="relu")(image)]
    for _ in range(chance.randint(3, 7)):
        found = chance.choice(pool)(before[-1])
        if min(found.shape[1:3]) < 2:
            break
        same = [value for value in before if value.shape == found.shape]
        if same and chance.random() < 0.3:
            found = la.Add()([found, chance.choice(same)])
        before.append(found)
    return keras.Model(image, la.Dense(END)(la.Flatten()(before[-1])), name=name)


def test_random_chains_give_what_keras_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are refused, for borders that no kernel has; most are not."""
    from tensorflow import keras

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    chance, errors = random.Random(1), []
    for number in range(MODELS):
        name = f"random_chain_{number}"
        model = randomize(draw_model(keras, chance, name), seed=number)
        model.save(f"{name}.h5")
        spec, weights = f"{name}.snn", f"{name}.safetensors"
        line = [f"{name}.h5", "-o", spec, "--weights-out", weights, "--name", name]
        if main(["import", *line]) != 0:
            continue
        assert main(["build", spec, "-o", "."]) == 0
        code = importlib.import_module(f"{name}.keras_model")
        made = code.build_model()
        code.import_weights(made, weights)
        x = np.random.default_rng(number).uniform(0, 1, (3, 8, 8, 2)).astype("f4")
        found, expected = np.asarray(made(x)), np.asarray(model(x))
        errors.append(np.abs(found - expected).max() / max(1, np.abs(expected).max()))
    assert len(errors) > MODELS / 2
    assert max(errors) < WITHIN
