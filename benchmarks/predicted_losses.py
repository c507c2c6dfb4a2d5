"""Compare predicted with measured losses of imported models on spikes.

``python -m benchmarks.predicted_losses [MODEL ...]`` trains Keras models on the digits
of scikit-learn, imports them and prints a row of a table for each: the accuracy
on 497 test images in Keras and on the exact engine, with the imported weights and after
`snnc calibrate`, and whether the import warned (SNN751). A model loses accuracy if the
imported weights are at least 3 points below Keras on spikes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import snnc
from benchmarks.study.data import Examples, Split
from snnc.diagnostics import Diagnostic
from snnc.output.imported import CannotRunError

TRAINED = 1300
"""Images to train with; the others are test images."""
LOSS = 0.03
"""The smallest loss that a warning should predict."""
CODE = "SNN751"
Layers = Callable[[Any, Any], Any]
"""Returns the output before the last layer, from Keras's layers and the input."""


@dataclass(frozen=True)
class PredictedLoss:
    """The accuracies of a model, and the import's warning.

    ``calibrated`` is None if `snnc calibrate` writes no weights.
    """

    keras: float
    imported: float
    calibrated: float | None
    warning: Diagnostic | None

    @property
    def verdict(self) -> str:
        """Whether the warning is right, false or missing."""
        loses = self.keras - self.imported >= LOSS
        if loses == (self.warning is not None):
            return "right"
        return "missing" if loses else "false"


def load_digits() -> Split:
    """Return the shuffled digits of scikit-learn, with values from 0 to 1."""
    from sklearn import datasets

    x, y = datasets.load_digits(return_X_y=True)
    images = (x.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(y))
    first, rest = order[:TRAINED], order[TRAINED:]
    return Split(Examples(images[first], y[first]), Examples(images[rest], y[rest]))


def _dense(la: Any, x: Any) -> Any:
    x = la.Flatten()(x)
    x = la.Dense(64, activation="relu")(x)
    return la.Dense(32, activation="relu")(x)


def _convolutions(la: Any, x: Any) -> Any:
    x = la.Conv2D(16, 3, activation="relu")(x)
    x = la.Conv2D(32, 3, activation="relu")(x)
    return la.Flatten()(x)


def _max_pool(la: Any, x: Any) -> Any:
    x = la.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = la.MaxPooling2D()(x)
    x = la.Conv2D(32, 3, activation="relu")(x)
    return la.Flatten()(x)


def _average_pool(la: Any, x: Any) -> Any:
    x = la.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = la.AveragePooling2D()(x)
    x = la.Conv2D(32, 3, activation="relu")(x)
    return la.Flatten()(x)


def _batch_norm(la: Any, x: Any) -> Any:
    for filters in (16, 32):
        x = la.Conv2D(filters, 3, use_bias=False)(x)
        x = la.BatchNormalization(momentum=0.9)(x)
        x = la.ReLU()(x)
    return la.GlobalAveragePooling2D()(x)


def _relu6(la: Any, convolution: Any, x: Any) -> Any:
    x = la.BatchNormalization(momentum=0.9)(convolution(x))
    return la.ReLU(6.0)(x)


def _depthwise(la: Any, x: Any) -> Any:
    x = _relu6(la, la.Conv2D(16, 3, use_bias=False), x)
    for _ in range(2):
        depthwise = la.DepthwiseConv2D(3, padding="same", use_bias=False)
        x = _relu6(la, depthwise, x)
        x = _relu6(la, la.Conv2D(32, 1, use_bias=False), x)
    return la.GlobalAveragePooling2D()(x)


def _residual(la: Any, x: Any) -> Any:
    x = la.Conv2D(16, 3, padding="same", activation="relu")(x)
    for _ in range(2):
        branch = la.Conv2D(16, 3, padding="same", activation="relu")(x)
        branch = la.Conv2D(16, 3, padding="same")(branch)
        x = la.ReLU()(la.Add()([x, branch]))
    return la.GlobalAveragePooling2D()(x)


def _separable(la: Any, x: Any) -> Any:
    x = la.Conv2D(16, 3, activation="relu")(x)
    x = la.SeparableConv2D(32, 3, activation="relu")(x)
    return la.GlobalAveragePooling2D()(x)


def _leaky(la: Any, x: Any) -> Any:
    for filters in (16, 32):
        x = la.LeakyReLU(0.1)(la.Conv2D(filters, 3)(x))
    return la.Flatten()(x)


def _activated(name: str) -> Layers:
    """Return convolutions and a dense layer with an activation that is approximated."""

    def build(la: Any, x: Any) -> Any:
        x = la.Conv2D(16, 3, activation=name)(x)
        x = la.AveragePooling2D()(x)
        return la.Dense(32, activation=name)(la.Flatten()(x))

    return build


def _deep(la: Any, x: Any) -> Any:
    for _ in range(6):
        x = la.Conv2D(16, 3, padding="same", activation="relu")(x)
    return la.Flatten()(x)


@dataclass(frozen=True)
class Trained:
    """A model to train: its layers between input and output, and its epochs."""

    layers: Layers
    epochs: int


MODELS = {
    "dense": Trained(_dense, 20),
    "convolutions": Trained(_convolutions, 8),
    "max pool": Trained(_max_pool, 8),
    "average pool": Trained(_average_pool, 10),
    "batch norm": Trained(_batch_norm, 20),
    "depthwise, ReLU6": Trained(_depthwise, 25),
    "residual, identity": Trained(_residual, 20),
    "separable": Trained(_separable, 30),
    "leaky ReLU": Trained(_leaky, 8),
    "tanh": Trained(_activated("tanh"), 20),
    "sigmoid": Trained(_activated("sigmoid"), 40),
    "ELU": Trained(_activated("elu"), 20),
    "swish": Trained(_activated("swish"), 20),
    "deep": Trained(_deep, 8),
}


def train_in_keras(chosen: Trained, data: Split, seed: int = 0) -> Any:
    """Return the trained Keras model."""
    from tensorflow import keras

    keras.utils.set_random_seed(seed)
    image = keras.Input(data.train.x.shape[1:])
    last = keras.layers.Dense(10, "softmax")
    model = keras.Model(image, last(chosen.layers(keras.layers, image)))
    optimizer = keras.optimizers.Adam(3e-3)
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(
        data.train.x, data.train.y, batch_size=64, epochs=chosen.epochs, verbose=0
    )
    return model


def compare_prediction(model: Any, data: Split, folder: Path) -> PredictedLoss:
    """Import a trained model, and measure its accuracy in Keras and on spikes.

    ``folder`` receives the package.
    """
    saved = folder / "model.keras"
    model.save(saved, save_format="keras")
    spec, imported = snnc.import_keras(
        saved, name="net", input_range=(0, 1), tell=lambda text: None
    )
    found = [each for each in spec.diagnostics if each.code == CODE]
    package = spec.build(folder)

    def measure(weights: Any) -> float:
        test = data.test
        result = package.evaluate(test.x, test.y, weights, progress=False)
        assert result.accuracy is not None
        return result.accuracy

    calibrated = None
    with contextlib.suppress(CannotRunError):  # no scale helps
        scaled = snnc.calibrate(package, data.train.x, imported, y=data.train.y)
        calibrated = measure(scaled.weights)
    return PredictedLoss(
        keras=float(model.evaluate(data.test.x, data.test.y, verbose=0)[1]),
        imported=measure(imported),
        calibrated=calibrated,
        warning=found[0] if found else None,
    )


def write_row(name: str, loss: PredictedLoss) -> str:
    """Return a row of a Markdown table, with accuracy in percent."""
    refused = loss.calibrated is None
    calibrated = "refused" if refused else f"{100 * (loss.calibrated or 0):.1f}"
    warns = "no" if loss.warning is None else "yes"
    cells = (
        name,
        f"{100 * loss.keras:.1f}",
        f"{100 * loss.imported:.1f}",
        calibrated,
        warns,
        loss.verdict,
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print a row for each model."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser("benchmarks.predicted_losses", description=__doc__)
    parser.add_argument("model", nargs="*", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    head = ("model", "Keras", "imported", "calibrated", "warning", "verdict")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|", flush=True)
    data = load_digits()
    for name in options.model or MODELS:
        silent = contextlib.redirect_stdout(io.StringIO())
        with tempfile.TemporaryDirectory() as folder, silent:
            model = train_in_keras(MODELS[name], data, options.seed)
            loss = compare_prediction(model, data, Path(folder))
        print(write_row(name, loss), flush=True)


if __name__ == "__main__":
    main()
