# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The progress of a training, saved to resume it."""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from ..data import DataError
from ..files import replacing

ANEW = "remove it, or train from the start, without resume"

Arrays = dict[str, NDArray[Any]]
Scales = dict[str, float]


class Progress(keras.callbacks.Callback):
    """Saves the state of a training after each epoch, and ends it early.

    The state is the number of epochs done, the weights with the optimizer's
    and the random generators' variables, the scales of layers, and the best
    weights so far: those of the least validation loss of a stage, which are
    kept if ``patience`` is given. A stage ends once ``patience`` epochs
    brought no better.
    """

    def __init__(
        self,
        path: Path | None,
        run: list[str],
        patience: int | None = None,
    ) -> None:
        """Take the file to save to, if any.

        ``run`` is what a training must have in common with the saved one.
        """
        super().__init__()
        self.path = path
        self.run = run
        self.patience = patience
        self.epoch = 0
        self.stage = -1
        self.scales: Scales = {}
        self.best_scales: Scales = {}
        self.least_loss = math.inf
        self.best_epoch = 0
        self.best_weights: list[NDArray[Any]] = []
        self.saved: list[NDArray[Any]] = []

    @property
    def stalled(self) -> bool:
        """Whether patience has run out."""
        waited = self.epoch - self.best_epoch
        return self.patience is not None and waited >= self.patience

    def begin(self, stage: int, start: int, scales: Scales) -> None:
        """Begin a stage, whose losses are not those of another."""
        self.stage, self.scales = stage, scales
        self.epoch = self.best_epoch = max(self.epoch, start)
        self.least_loss, self.best_weights = math.inf, []

    def keep_best(self, model: keras.Model, logs: dict[str, float]) -> None:
        """Keep a model's weights if their validation loss is the least."""
        loss = logs.get("val_loss", math.inf)
        if loss < self.least_loss:
            self.least_loss = loss
            self.best_epoch = self.epoch
            self.best_weights = model.get_weights()
            self.best_scales = dict(self.scales)

    def on_epoch_end(
        self,
        epoch: int,
        logs: dict[str, float] | None = None,
    ) -> None:
        """Compare the epoch with the best before it, and save."""
        self.epoch = epoch + 1
        if self.patience is not None:
            self.keep_best(self.model, logs or {})
        if self.stalled:
            self.model.stop_training = True
        if self.path is not None:
            self._save(self.path)

    def finish(self, model: keras.Model) -> None:
        """Give a trained model the best weights, if any were kept."""
        if self.best_weights:
            model.set_weights(self.best_weights)
            self.scales = self.best_scales

    def remove(self) -> None:
        """Remove the file, as the training is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def read(self) -> None:
        """Read what was saved, if anything was.

        Raises DataError if the file is damaged or of another training.
        """
        if self.path is None or not self.path.exists():
            return
        damaged = f"{self.path} is damaged: {ANEW}"
        try:
            with np.load(self.path, allow_pickle=False) as file:
                saved = dict(file)
            run = saved["run"].tolist()
            epoch = int(saved["epoch"])
            stage = int(saved["stage"])
            names = saved["layers"].tolist()
            scales = dict(zip(names, saved["scales"].tolist(), strict=True))
            best_of = saved["best_scales"].tolist()
            best_scales = dict(zip(names, best_of, strict=True))
            best_epoch = int(saved["best_epoch"])
            least_loss = float(saved["least_loss"])
            best = _listed(saved, "best")
            variables = _listed(saved, "variable")
        except (
            EOFError,
            KeyError,
            NotImplementedError,
            OverflowError,
            RuntimeError,
            TypeError,
            ValueError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise DataError(damaged) from error
        if run != self.run:
            raise DataError(f"{self.path} is of another training: {ANEW}")
        sound = 0 <= best_epoch <= epoch and not math.isnan(least_loss)
        several = [*scales.values(), *best_scales.values()]
        sound &= all(0 < scale < math.inf for scale in several)
        if epoch < 1 or stage < 0 or not variables or not sound:
            raise DataError(damaged)
        self.epoch, self.best_epoch = epoch, best_epoch
        self.stage, self.scales = stage, scales
        self.best_scales = best_scales
        self.least_loss = least_loss
        self.best_weights, self.saved = best, variables

    def restore(self, model: keras.Model) -> None:
        """Give a compiled model what was read, if anything was.

        Raises DataError if it is of another model or optimizer.
        """
        if not self.epoch:
            return
        variables = _variables(model)
        shapes = [tuple(variable.shape) for variable in variables]
        if shapes != [value.shape for value in self.saved]:
            raise DataError(f"{self.path} is of another optimizer: {ANEW}")
        weights = [weight.shape for weight in model.get_weights()]
        best = [weight.shape for weight in self.best_weights]
        if best and best != weights:
            raise DataError(f"{self.path} is damaged: {ANEW}")
        for variable, value in zip(variables, self.saved, strict=True):
            variable.assign(value)
        self.saved = []

    def _save(self, path: Path) -> None:
        variables = [variable.numpy() for variable in _variables(self.model)]
        state: Arrays = {
            "run": np.array(self.run),
            "epoch": np.array(self.epoch),
            "least_loss": np.array(self.least_loss),
            "best_epoch": np.array(self.best_epoch),
            "stage": np.array(self.stage),
            "layers": np.array(list(self.scales), np.str_),
            "scales": np.array(list(self.scales.values()), np.float64),
        }
        best = [self.best_scales.get(n, s) for n, s in self.scales.items()]
        state["best_scales"] = np.array(best, np.float64)
        for i, value in enumerate(variables):
            state[f"variable.{i}"] = value
        for i, value in enumerate(self.best_weights):
            state[f"best.{i}"] = value
        with replacing(path) as file:
            np.savez(file, **state)


def _variables(model: keras.Model) -> list[Any]:
    """Return all that training changes in a compiled model."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _listed(arrays: Arrays, kind: str) -> list[NDArray[Any]]:
    """Return ``kind.0``, ``kind.1`` and so on; KeyError if one is missing."""
    count = sum(name.startswith(f"{kind}.") for name in arrays)
    return [arrays[f"{kind}.{i}"] for i in range(count)]
