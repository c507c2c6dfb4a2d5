"""Train a package's Keras model, and show its history."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.results.training import Training
from snnc.text.arguments import FileName

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from snnc.output.imported import ImportedPackage
    from snnc.runtime.keras.training import TrainOptions


def train(
    package: ImportedPackage,
    x: object,
    y: object,
    weights: FileName | None,
    epochs: int | None,
    **options: Unpack[TrainOptions],
) -> Training:
    """Train the Keras model with the package's ``train.py``.

    ``x`` is an array, a data set, or a data file that also contains ``y``.
    """
    trainer = package.module("train").TRAINER
    started = time.perf_counter()
    if isinstance(x, str | os.PathLike):
        model = trainer.train_files(x, weights, epochs, **options)
    else:
        model = trainer.train(x, y, weights, epochs, **options)
    stop = time.perf_counter()
    bounds = itertools.pairwise([*model.history.starts, stop])
    return Training(
        network=package.name,
        model=model,
        weights=package.module("keras_model").model_weights(model, package.layout),
        file=None if weights is None else Path(weights),
        history=dict(model.history.history),
        phases=list(model.history.phases),
        kept=dict(model.history.kept),
        seconds=stop - started,
        phase_seconds=[end - start for start, end in bounds],
    )
