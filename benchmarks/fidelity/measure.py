"""One network, one data set, one seed: plain Keras, snnc's Keras model, the chip."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.data import Examples, Split
from snnc.exact import make_engine
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.examples import decide
from snnc.runtime.network import Decide
from snnc.tools.evaluate.measures import layer_result, with_activations
from snnc.tools.scores import Correlation, LayerFiring, per_example_score

WAYS: tuple[Decide, ...] = ("last", "mean")
MOST_EPOCHS = 100  # of plain Keras
PATIENCE = 25  # epochs without a higher accuracy

Bools = NDArray[np.bool_]


def measure(
    folder: Path, weights: Path, split: Split, seed: int, training: Mapping[str, Any]
) -> dict[str, Any]:
    """Train a package, and return which test examples are right, and how layers fire.

    ``training`` has more arguments of the package's ``train``. "before" is Keras with
    the weights that entered the phase ``spikes``, "keras" with those that left it.
    "last" and "mean" are the chip, examples in a row; "rest" is the chip from rest,
    deciding as the spec says.
    """
    package, test = open_package(folder), split.test
    network, readout = package.network, package.network.readout
    right = {"plain": _right(converged(package, split, seed), test)}
    x, y = split.train.x, split.train.y
    package.module("train").train(x, y, weights, seed=seed, **training)
    before = weights.with_suffix(".smooth.safetensors")
    entered = _activations(package, before if before.exists() else weights, test)
    outputs, *activations = _activations(package, weights, test)
    right |= {"before": _right(entered[0], test), "keras": _right(outputs, test)}
    with make_engine(package, weights) as engine:
        row = engine.run(test.x, "row", "last", keep=("counts", "rows"))
        rest = engine.run(test.x, "rest", readout.decide)
    assert row.rows is not None
    right |= {way: _right(decide(row.rows, way), test) for way in WAYS}
    right["rest"] = _right(rest.outputs, test)
    layers = {}
    for name, values in zip(network.layers, activations, strict=True):
        counts = row.counts[name]
        alike = Correlation.of(values, counts)
        fired = layer_result(
            network, name, LayerFiring.of(counts), network.steps, alike
        )
        agreement = None if alike.value is None else round(alike.value, 3)
        layers[name] = {
            "rate": round(fired.rate, 1),
            "holds": fired.holds,
            "agreement": agreement,
        }
    return {
        "decide": readout.decide,
        "right": {name: pack(each) for name, each in right.items()},
        "layers": layers,
    }


def pack(right: Bools) -> str:
    """Return bools as text."""
    return f"{len(right)}:{b64encode(np.packbits(right).tobytes()).decode()}"


def unpack(text: str) -> Bools:
    """Return the bools that `pack` made a text of."""
    count, _, bits = text.partition(":")
    values = np.frombuffer(b64decode(bits), np.uint8)
    return np.unpackbits(values, count=int(count)).astype(bool)


def converged(package: ImportedPackage, split: Split, seed: int) -> Any:
    """Train the layers in plain Keras until they stop improving.

    The same examples are held out as in the package's training. It ends after
    `PATIENCE` epochs without a higher accuracy on these, or after `MOST_EPOCHS`, and
    the best weights are used. Returns the outputs of the test.
    """
    from tensorflow import keras

    program = package.module("keras_model")
    training = package.module("train").TRAINING
    keras.utils.set_random_seed(seed + 1)
    model = program.build_model(seed=seed)
    if training.schedule == "cosine":
        epoch = (1 - training.validation) * len(split.train) / training.batch
        program.compile_model(model, steps=round(MOST_EPOCHS * epoch))
    else:
        program.compile_model(model)
    stop = keras.callbacks.EarlyStopping(
        monitor="val_accuracy",
        mode="max",
        patience=PATIENCE,
        restore_best_weights=True,
    )
    model.fit(
        split.train.x,
        split.train.y,
        batch_size=training.batch,
        epochs=MOST_EPOCHS,
        validation_split=training.validation,
        callbacks=[stop],
        verbose=0,
    )
    return model.predict(split.test.x, verbose=0)


def _activations(package: ImportedPackage, weights: Path, test: Examples) -> list[Any]:
    """Return Keras's outputs, then what each layer of neurons gives."""
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, weights)
    probed = with_activations(model, package.network)
    given: list[Any] = probed.predict(test.x, verbose=0)
    return given


def _right(outputs: Any, test: Examples) -> Bools:
    return per_example_score(np.asarray(outputs), test.y, classes=True)
