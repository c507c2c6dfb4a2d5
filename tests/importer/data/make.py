"""Writes what the tests read of Keras 3: run it with Keras 3.15 and TensorFlow.

``python tests/importer/data/make.py`` writes, for each model, a `.keras` and an `.h5`
file, and an `.npz` with its weights (``layer|number``), examples ``x`` and their
outputs ``y``.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

FOLDER = Path(__file__).parent


def chain() -> Any:
    """Return a convolution with batch norm, and classes."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="k3_chain",
    )


def graph() -> Any:
    """Return a sum, a concatenation and a model in the model."""
    inner = keras.Input((6, 6, 2))
    a = layers.Conv2D(2, 3, padding="same", activation="relu", name="a")(inner)
    block = keras.Model(inner, layers.Add(name="sum")([a, inner]), name="block")
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(2, 3, activation="relu", name="a")(image)
    x = layers.Concatenate(name="join")([block(x), x])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, layers.Dense(2, name="end")(x), name="k3_graph")


def randomize(model: Any, rng: np.random.Generator) -> None:
    """Give every weight, the statistics of norms included, a value of its own."""
    for weight in model.weights:
        scale = rng.uniform(0.5, 1.5, weight.shape)
        is_norm = weight.name in ("gamma", "moving_variance")
        weight.assign(scale if is_norm else rng.normal(0, 0.5, weight.shape))


def arrays(model: Any, prefix: str = "") -> dict[str, Any]:
    """Return the weights of all layers; names in inner models include the path."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found |= arrays(layer, f"{prefix}{layer.name}/")
        for number, array in enumerate(layer.get_weights()):
            if not hasattr(layer, "layers"):
                found[f"{prefix}{layer.name}|{number}"] = array
    return found


def pack(path: Path) -> None:
    """Compress the members of an archive, which Keras only stores."""
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write all files."""
    rng = np.random.default_rng(0)
    for model in (chain(), graph()):
        randomize(model, rng)
        x = rng.uniform(0, 1, (4, *model.input_shape[1:])).astype(np.float32)
        y = model.predict(x, verbose=0)
        for suffix in ("keras", "h5"):
            model.save(FOLDER / f"{model.name}.{suffix}")
        pack(FOLDER / f"{model.name}.keras")
        np.savez_compressed(FOLDER / f"{model.name}.npz", x=x, y=y, **arrays(model))


if __name__ == "__main__":
    main()
