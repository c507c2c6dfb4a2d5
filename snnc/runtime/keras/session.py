# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Prepares the parts of a training, runs its phases, and writes its files."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..files import remove_abandoned, warn
from ..layout import (
    FileName,
    Layout,
    best_path,
    progress_path,
    smooth_hash,
    smooth_path,
)
from ..network import Network
from .backend import is_notebook, keras, tell, tf
from .description import Description, describe_model, describe_network
from .model import model_weights
from .phases import Phases
from .pipelines import Batches, Pipelines
from .progress import DivergedError, Progress, StopAtNaN, WholeHistory
from .scaler import Scaler
from .table import ProgressTable
from .training import StrategyError, TrainOptions, TrainSettings


@dataclass(frozen=True)
class Session:
    """A training run of a network; `Trainer.train` describes the options."""

    network: Network
    layout: Layout
    training: TrainSettings
    program: ModuleType
    weights: FileName | None
    options: TrainOptions

    def train(self, x: Any, y: Any) -> keras.Model:
        """Train on checked data, write weights, and return the model."""
        batches = self._batches(x, y)
        # Keras 2 can't restore dropout, so a resumed run draws masks again.
        model = self.program.build_model(seed=self.training.seed)
        self._compile(model, batches.steps)
        progress = self._read_progress(model, self._checksum(batches, x, y))
        initial = self.options.get("initial")
        if initial is not None:
            self.program.import_weights(model, initial)
        phases = self._phases(batches, model, progress)
        try:
            phases.run()
        except DivergedError:
            progress.remove()
            self._remove_smooth(phases)
            raise
        except KeyboardInterrupt:
            self._write_best(phases)
            raise
        self._write(phases)
        model.history = phases.history
        return model

    def _batches(self, x: Any, y: Any) -> Batches:
        """Return the pipelines of the data."""
        training = self.training
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if training.batch % replicas:
            reason = f"can't share batches of {training.batch} evenly"
            raise StrategyError(f"{replicas} devices {reason}")
        pipelines = Pipelines(
            network=self.network,
            batch=training.batch,
            validation=training.validation,
            seed=training.seed,
            replicas=replicas,
            held_out=self.options.get("validation"),
        )
        if y is None:
            batches = pipelines.of_dataset(x)
        else:
            batches = pipelines.of_arrays(x, y, self.options.get("groups"))
        if training.validation and batches.validation is None:
            warn("there are too few examples to hold some out for validation")
        return batches

    def _compile(self, model: keras.Model, steps: int) -> None:
        """Compile a new model, for epochs of some steps."""
        if self.training.schedule == "cosine":
            steps *= self.training.epochs
            self.program.compile_model(model, steps=steps)
        else:
            self.program.compile_model(model)

    def _checksum(self, batches: Batches, x: Any, y: Any) -> int:
        """Return a checksum of the data, so that no others are resumed."""
        if y is None:  # a dataset, of which only a sample is at hand
            x = batches.sample
        held_out = self.options.get("validation") or ()
        checksum = batches.steps
        for values in (x, y, self.options.get("groups"), *held_out):
            if values is not None:
                content = np.ascontiguousarray(values).data
                checksum = zlib.crc32(content, checksum)
        return checksum

    def _read_progress(self, model: keras.Model, data_sum: int) -> Progress:
        """Return the progress, which is empty unless a run is resumed."""
        run: Description = {"network": self.layout.id, "data": data_sum}
        run |= vars(self.training)
        for name in ("initial", "spike_updates", "class_weight"):
            run[name] = self.options.get(name)
        run |= describe_network(self.network)
        run |= describe_model(model, self.network.readout)
        path = None if self.weights is None else progress_path(self.weights)
        progress = Progress(path, run)
        if self.options.get("resume"):
            progress.read()
        return progress

    def _phases(
        self,
        batches: Batches,
        model: keras.Model,
        progress: Progress,
    ) -> Phases:
        """Return the phases, which train a model with its first weights."""
        scaler = Scaler(self.network, self.layout, model, batches.sample)
        some = batches.sample[: self.training.batch]
        history = WholeHistory()
        callbacks = [
            history,
            StopAtNaN(scaler, some, progress),
            *self.options.get("callbacks", ()),
        ]
        if is_notebook():
            callbacks.append(ProgressTable(lambda: history.phases[-1][0]))
        return Phases(
            training=self.training,
            batches=batches,
            scaler=scaler,
            progress=progress,
            history=history,
            callbacks=callbacks,
            spike_updates=self.options.get("spike_updates"),
            class_weight=self.options.get("class_weight"),
            write_smooth=lambda: self._write_smooth(model),
        )

    @property
    def _smooth(self) -> Path | None:
        """The file of the weights that enter the phase spikes."""
        return None if self.weights is None else smooth_path(self.weights)

    def _write_smooth(self, model: keras.Model) -> None:
        if self._smooth is not None:
            self.program.export_weights(model, self._smooth)

    def _remove_smooth(self, phases: Phases) -> None:
        """Remove what this training wrote, but not its own first weights."""
        smooth = self._smooth
        if smooth is None or phases.spiking is None:
            return
        initial = self.options.get("initial")
        if initial is None or not smooth.samefile(initial):
            smooth.unlink()

    def _write(self, phases: Phases) -> None:
        """Write the trained weights, and remove what is no longer needed."""
        if self.weights is None:
            return
        tensors = model_weights(phases.model, self.layout)
        has_smooth = "spikes" in self.training.phases
        entered = smooth_hash(self.weights) if has_smooth else None
        self.layout.save(self.weights, tensors, smooth_sha256=entered)
        phases.progress.remove()
        # A killed training of these weights may have left parts.
        remove_abandoned(progress_path(self.weights))
        remove_abandoned(smooth_path(self.weights))
        tell(f"wrote {os.fspath(self.weights)}")

    def _write_best(self, phases: Phases) -> None:
        """Write the best weights of a training that the user interrupts."""
        progress = phases.progress
        if self.weights is None or not progress.epoch:
            return
        progress.finish(progress.model)
        phases.scaler.scales = progress.scales
        phases.scaler.fold()
        path = best_path(self.weights)
        self.layout.save(path, model_weights(phases.model, self.layout))
        which = f"of epoch {progress.best_epoch}, the best so far"
        if not progress.best_weights:
            which = "after the last batch"
        tell(f"interrupted: {path} contains the weights {which}")
        tell("to continue, run the same command with --resume")
