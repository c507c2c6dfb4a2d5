# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The progress of training: saved state, early stopping, and NaN losses."""

# mypy: allow-subclassing-any

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..data import LISTED, DataError
from ..examples import Array
from ..files import UserError, replacing
from .backend import Logs, Tensor, keras, tell
from .scaler import Scaler, Scales

ANEW = "remove it, or train from the start, without resume"
# The entries of the file that are no arrays.
STATE = (
    "epoch",
    "stage",
    "scales",
    "best_epoch",
    "best_scales",
    "best_rank",
    "start_epoch",
    "start_logs",
    "start_scales",
    "waits_from",
    "stalled_at",
)
EVERY = 32  # batches between copies of the weights, as copying takes time
ADVICE = "a smaller learning rate may do, or another `--seed`"
ON_SPIKES = "another `--seed` may do, or `--phases smooth,scale`"


class DivergedError(UserError, RuntimeError):
    """Raised if the loss is NaN; the message names the epoch and a layer."""


class Progress(keras.callbacks.Callback):
    """Saves the state of training after each epoch, and stops early.

    The state consists of the number of finished epochs, the weights, the
    variables of the optimizer and of random generators, and the scales of
    layers. With held-out examples, it also contains the weights with the
    lowest validation loss of the stage. With ``patience``, the stage stalls
    after so many epochs without improvement. It then ends after ``more``
    epochs.
    """

    def __init__(
        self,
        path: Path | None,
        run: dict[str, Any],
        patience: int | None = None,
    ) -> None:
        """Create it for a file, or None, and a description of the training."""
        super().__init__()
        self.path = path
        self.run = json.loads(json.dumps(run, default=str))
        self.patience = patience
        self.more = 0
        self.keeps_last = False  # whatever the validation loss
        self.stalled_at = -1  # epochs that were finished then, or -1
        self.start_logs: dict[str, float] = {}
        self.epoch = 0
        self.stage = -1
        self.scales: Scales = {}
        self.best_scales: Scales = {}
        self.best_rank: list[float] = [True, math.inf]
        self.best_epoch = 0
        self.best_weights: list[Array] = []
        self.start_epoch = -1
        self.start_scales: Scales = {}
        self.start_weights: list[Array] = []
        self.waits_from = 0
        self.saved: list[Array] = []

    @property
    def has_ended(self) -> bool:
        """Whether the stage stalled, and ``more`` epochs have passed."""
        waited = self.epoch - self.stalled_at
        return self.stalled_at >= 0 and waited >= self.more

    def begin(self, stage: int, start: int, scales: Scales) -> None:
        """Begin a stage, whose losses can't be compared with other stages."""
        self.stage = stage
        self.scales = scales
        self.epoch = max(self.epoch, start)
        self.best_epoch = self.epoch
        self.best_rank = [True, math.inf]
        self.best_weights = []
        self.stalled_at = -1

    def keep_start(self, model: keras.Model, logs: dict[str, float]) -> None:
        """Keep a stage's first weights until an epoch improves on them.

        The epoch may have a higher loss if it is more accurate: outputs close
        to 0 have a low loss, even if few of them are right.
        """
        self.start_logs = _validation_of(logs)
        self.keep_best(model, logs)
        self.start_epoch = self.epoch
        self.start_scales = self.best_scales
        self.start_weights = self.best_weights

    @property
    def keeps_start(self) -> bool:
        """Whether no epoch has improved on the start."""
        return self.best_epoch == self.start_epoch

    def keep_best(self, model: keras.Model, logs: dict[str, float]) -> None:
        """Keep a model's weights if their validation loss is the lowest.

        Epochs that do not improve on the start come last.
        """
        loss = logs.get("val_loss", math.inf)
        accuracy = logs.get("val_accuracy", -math.inf)
        start = self.start_logs
        is_no_better = loss >= start.get("val_loss", math.inf)
        is_no_better &= accuracy <= start.get("val_accuracy", -math.inf)
        rank = [is_no_better, loss]
        if self.keeps_last:
            rank = [False, -self.epoch]
        if loss < math.inf and rank < self.best_rank:
            self.best_rank = rank
            self.best_epoch = self.epoch
            self.best_weights = model.get_weights()
            self.best_scales = dict(self.scales)

    def return_to_start(self) -> None:
        """Let the start be the best again, and count epochs from here."""
        self.waits_from = self.epoch
        self.best_epoch = self.start_epoch
        self.best_scales = self.start_scales
        self.best_rank = [True, self.start_logs.get("val_loss", math.inf)]
        self.best_weights = self.start_weights

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare the epoch with the best one so far, and save the state."""
        self.epoch = epoch + 1
        self.keep_best(self.model, logs or {})
        waited = self.epoch - max(self.best_epoch, self.waits_from)
        stalls = self.patience is not None and waited >= self.patience
        if stalls and self.stalled_at < 0:
            self.stalled_at = self.epoch
        if self.has_ended:
            self.model.stop_training = True
        if self.path is not None:
            self._save(self.path)

    def finish(self, model: keras.Model) -> None:
        """Restore a trained model's best weights, if any were kept."""
        if self.best_weights:
            model.set_weights(self.best_weights)
            self.scales = self.best_scales

    def remove(self) -> None:
        """Remove the file after the training."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def read(self) -> None:
        """Read the saved state, if there is any.

        Raises DataError if the file is damaged or from another training run.
        """
        if self.path is None:
            return
        if not self.path.exists():
            missing = f"there is no {self.path}"
            tell(f"nothing to resume: {missing}; training from the start")
            return
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            state = json.loads(str(arrays.pop("state")))
            run = dict(state.pop("run"))
        except Exception as error:
            raise DataError(f"{self.path} is damaged: {ANEW}") from error
        names = dict.fromkeys([*self.run, *run])
        other = [n for n in names if run.get(n) != self.run.get(n)]
        if other:
            message = f"{self.path} is of another training"
            named = f"not the same {', '.join(other[:LISTED])}"
            if len(other) > LISTED:
                named += f" and {len(other) - LISTED} more"
            raise DataError(f"{message} ({named}): {ANEW}")
        self.__dict__.update(state)
        best = [name for name in arrays if name.startswith("best")]
        self.best_weights = [arrays.pop(name) for name in best]
        start = [name for name in arrays if name.startswith("start")]
        self.start_weights = [arrays.pop(name) for name in start]
        self.saved = list(arrays.values())

    def restore(self, model: keras.Model) -> None:
        """Restore a compiled model from the state that was read, if any.

        Raises DataError if the state belongs to another model or optimizer.
        """
        if not self.epoch:
            return
        variables = _variables(model)
        shapes = [tuple(variable.shape) for variable in variables]
        if shapes != [value.shape for value in self.saved]:
            raise DataError(f"{self.path} is of another optimizer: {ANEW}")
        for variable, value in zip(variables, self.saved, strict=True):
            variable.assign(value)
        self.saved = []

    def _save(self, path: Path) -> None:
        state = {name: getattr(self, name) for name in STATE}
        arrays = {"state": np.array(json.dumps({"run": self.run, **state}))}
        for i, value in enumerate(self.best_weights):
            arrays[f"best.{i}"] = value
        for i, value in enumerate(self.start_weights):
            arrays[f"start.{i}"] = value
        for i, variable in enumerate(_variables(self.model)):
            arrays[f"variable.{i}"] = variable.numpy()
        with replacing(path) as file:
            np.savez(file, **arrays)


def _validation_of(logs: dict[str, float]) -> dict[str, float]:
    return {n: float(v) for n, v in logs.items() if n.startswith("val_")}


def _variables(model: keras.Model) -> list[Tensor]:
    """Return every variable of a compiled model that training changes."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


class StopAtNaN(keras.callbacks.Callback):
    """Raises DivergedError after a batch whose loss is NaN or infinite.

    Such an update makes all weights NaN. Weights from earlier batches show in
    which layer values are NaN or too large.
    """

    def __init__(self, scaler: Scaler, x: Array, progress: Progress) -> None:
        """Create it with a measurement, examples and the finished epochs."""
        super().__init__()
        self._scaler = scaler
        self._x = x
        self._progress = progress
        self._before: list[Array] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Copy the weights, unless an update has made them NaN."""
        weights = [weight.numpy() for weight in self.model.weights]
        if all(np.isfinite(values).all() for values in weights):
            self._before = weights

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Check the loss, and copy the weights from time to time."""
        if math.isfinite((logs or {}).get("loss", 0.0)):
            if batch % EVERY == 0:
                self.on_train_begin()
            return
        for weight, value in zip(self.model.weights, self._before):
            weight.assign(value)
        epoch = self._progress.epoch + 1
        message = f"the loss is NaN or infinite in epoch {epoch}"
        advice = ADVICE if self.model is self._scaler.model else ON_SPIKES
        raise DivergedError(f"{message}: {self._where()}; {advice}")

    def _where(self) -> str:
        """Name the layer with NaN values, or with the largest values."""
        output, *currents = self._scaler.currents.predict_on_batch(self._x)
        names = [*self._scaler.network.layers, "the readout"]
        values = [*(np.maximum(each, 0) for each in currents), np.abs(output)]
        sizes = [float(value.max()) for value in values]
        for name, size in zip(names, sizes):
            if not math.isfinite(size):
                return f"{name} is the first layer with NaN or infinity"
        largest = int(np.argmax(sizes))
        return f"{names[largest]} has the largest values, {sizes[largest]:.3g}"


class WholeHistory(keras.callbacks.History):
    """The history of several training runs, one after another.

    ``phases`` contains the name of each phase that runs, with the number of
    epochs before it, and ``starts`` the times at which they begin, in seconds
    of `time.perf_counter`. ``kept`` contains the validation metrics of the weights
    that the training keeps: in spikes, if it ends with the phase spikes.
    """

    def __init__(self) -> None:
        """Start with an empty history."""
        super().__init__()
        self.epoch: list[int] = []
        self.phases: list[tuple[str, int]] = []
        self.starts: list[float] = []
        self.kept: dict[str, float] = {}

    def begin(self, phase: str) -> None:
        """Note that a phase begins."""
        self.phases.append((phase, len(self.epoch)))
        self.starts.append(time.perf_counter())

    def on_train_begin(self, logs: Logs = None) -> None:
        """Keep the earlier epochs, which Keras would drop."""
