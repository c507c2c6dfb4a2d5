"""Plain Keras as the reference for a network on the chip."""

from __future__ import annotations

from typing import Any

from benchmarks.study.data import Split
from snnc.output.imported import ImportedPackage

MOST_EPOCHS = 100
PATIENCE = 25  # epochs without a higher accuracy


def converged(package: ImportedPackage, split: Split, seed: int) -> Any:
    """Train the layers in plain Keras until they stop improving.

    The same examples are held out as in the package's training. It ends after
    `PATIENCE` epochs without a higher accuracy on these, or after `MOST_EPOCHS`, and
    the best weights are used. Return the outputs for the test, (examples, units).
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
