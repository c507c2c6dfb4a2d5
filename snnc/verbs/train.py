"""Train a package's Keras model, and show its history."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.results.training import Training
from snnc.verbs.package_options import TrainOptions

if TYPE_CHECKING:
    from snnc.output.imported import ImportedPackage

PARAMETERS = ("package", "x", "y", "weights", "epochs")
"""The options that the package's ``train.py`` does not take by keyword."""


def train(package: ImportedPackage, options: TrainOptions) -> Training:
    """Train the Keras model with the package's ``train.py``.

    ``options.x`` is an array, a data set, or a data file that also contains ``y``.
    """
    trainer = package.module("train").TRAINER
    others = {n: v for n, v in vars(options).items() if n not in PARAMETERS}
    x = options.x
    weights = options.weights
    started = time.perf_counter()
    if isinstance(x, str | os.PathLike):
        model = trainer.train_files(x, weights, options.epochs, **others)
    else:
        model = trainer.train(x, options.y, weights, options.epochs, **others)
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
