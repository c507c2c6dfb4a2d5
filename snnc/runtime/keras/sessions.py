# The run-time library of snnc. SPDX-License-Identifier: MIT
"""One training: its data, model, phases and files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..data import DataError, DataSpec, range_warning
from ..examples import Array
from ..files import warn
from ..layout import FileName, smooth_hash, smooth_path
from .backend import keras, tf
from .model import model_weights
from .phases import Phases, tell
from .pipelines import Batches, Pipelines
from .progress import DivergedError, Progress, StopAtNaN
from .scaler import Scaler
from .spike_plan import plan_spikes
from .training import Given, Phase, StrategyError, Trainer, TrainOptions


@dataclass(frozen=True)
class Session:
    """One training of a network; `Trainer.train` describes the options."""

    trainer: Trainer
    program: ModuleType
    epochs: int
    seed: int
    phases: tuple[Phase, ...]
    options: TrainOptions

    def train(self, given: Given, weights: FileName | None) -> keras.Model:
        """Return the trained model, and write its weights and the smooth ones.

        Raises the errors of `Trainer.train`.
        """
        layout, training = self.trainer.layout, self.trainer.training
        strategy = tf.distribute.get_strategy()
        if self.options.get("strategy") == "mirrored":
            strategy = tf.distribute.MirroredStrategy()
        replicas = strategy.num_replicas_in_sync
        if training.batch % replicas:
            reason = f"can't share batches of {training.batch} evenly"
            raise StrategyError(f"{replicas} devices {reason}")
        run = [layout.id, str(self.seed), *self.phases]
        path = None
        if weights is not None:
            path = Path(f"{os.fspath(weights)}.progress.npz")
        progress = Progress(path, run, self.options.get("patience"))
        if self.options.get("resume"):
            progress.read()
        accepted = DataSpec.of(self.trainer.network)
        own = training.batch, training.validation, self.seed, replicas
        pipelines = Pipelines(accepted, *own)
        if given.y is None:
            batches = pipelines.of_dataset(given.x, given.validation)
        else:
            batches = pipelines.of_arrays(*given[:4])
        if progress.patience is not None and batches.validation is None:
            reason = "patience needs validation: no examples are held out"
            raise DataError(reason)
        sample = batches.sample_array()
        if given.y is None:
            extent = float(sample.min()), float(sample.max())
            warn(range_warning(*extent, accepted))
        with strategy.scope():
            scaler = self._scaler(batches, sample)
            weighted = given.class_weight
            self._fit(scaler, batches, progress, replicas, weighted, weights)
        if weights is not None:
            tensors = model_weights(scaler.model, layout)
            entered = smooth_hash(weights) if "spikes" in self.phases else None
            layout.save(weights, tensors, smooth_sha256=entered)
            progress.remove()
            tell(f"wrote {os.fspath(weights)}")
        return scaler.model

    def _scaler(self, batches: Batches, sample: Array) -> Scaler:
        """Return the scaler of a new model, which is compiled."""
        program, trainer = self.program, self.trainer
        # Keras 2 can't restore dropout, so its masks are drawn again.
        model = program.build_model(seed=self.seed)
        if trainer.training.schedule == "cosine":
            program.compile_model(model, steps=self.epochs * batches.steps)
        else:
            program.compile_model(model)
        initial = self.options.get("initial")
        if initial is not None:
            program.import_weights(model, initial)
        return Scaler(trainer.network, trainer.layout, model, sample)

    def _fit(
        self,
        scaler: Scaler,
        batches: Batches,
        progress: Progress,
        replicas: int,
        class_weight: dict[int, float] | None,
        weights: FileName | None,
    ) -> None:
        """Lead the model through its phases."""
        network, batch = self.trainer.network, self.trainer.training.batch
        plan = plan_spikes(
            network,
            scaler.model,
            self.epochs * batches.steps * batch,
            self.seed,
            self.options.get("spike_updates"),
            replicas,
        )
        written: list[Path] = []

        def write_smooth() -> None:
            if weights is not None:
                written.append(smooth_path(weights))
                self.program.export_weights(scaler.model, written[0])

        leader = Phases(
            self.phases,
            self.epochs,
            progress,
            plan,
            any(layer.lif is not None for layer in network.layers.values()),
            class_weight,
            write_smooth,
        )
        stops = StopAtNaN(network.layers, scaler.x[:batch])
        try:
            callbacks = [stops, *self.options.get("callbacks", ())]
            leader.train(scaler, batches, callbacks)
        except DivergedError:
            progress.remove()
            for path in written:
                path.unlink()
            raise
