# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The phases of training: smooth as in Keras, scaled, on spikes.

First, layers are trained as in plain Keras. Then each layer gets a scale that
brings its rates within bounds: it computes f(s x) / s from its currents x.
This changes neither the outputs and gradients of rectified linear neurons nor
the optimizer's state. Last, the network is trained on its own spikes.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import itertools
import math
import os
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..data import DataError
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
from .backend import Dataset, Logs, is_notebook, keras, tell, tf, verbosity
from .description import Description, describe_model, describe_network
from .layers import BalancedAdd, Neurons
from .model import fold_model, model_weights
from .pipelines import Pipelines
from .progress import DivergedError, Progress, StopAtNaN, WholeHistory
from .scaler import Scaler
from .spike_training import FALL, ROUNDS, SpikeTraining, plan_spikes
from .table import ProgressTable
from .training import StrategyError, TrainOptions, TrainSettings

MEASURED = 512  # examples to measure between epochs of LIF networks
PATIENCE = 3  # rounds without improvement, then the rate falls early
HOLDS = (ROUNDS // 2, ROUNDS * 4 // 5)  # rounds that start with scaling


def stages_of(epochs: int, doubling: bool) -> list[range]:
    """Divide the epochs of the phase smooth into stages.

    The function of a LIF network changes with its scales, so it has to be
    trained with scales close to the final ones. With ``doubling``, each stage
    starts with scaling and is as long as all previous stages together.
    """
    inner = (2**i for i in range(epochs.bit_length())) if doubling else ()
    bounds = sorted({0, *inner, epochs})
    return [range(*pair) for pair in itertools.pairwise(bounds)]


@dataclass
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
        training, weights, options = self.training, self.weights, self.options
        layout, network = self.layout, self.network
        strategy = tf.distribute.get_strategy()
        if options.get("strategy") == "mirrored":
            strategy = tf.distribute.MirroredStrategy()
        replicas = strategy.num_replicas_in_sync
        if training.batch % replicas:
            reason = f"can't share batches of {training.batch} evenly"
            raise StrategyError(f"{replicas} devices {reason}")
        own = training.batch, training.validation, training.seed, replicas
        pipelines = Pipelines(network, *own, options.get("validation"))
        if y is None:
            batches = pipelines.of_dataset(x)
        else:
            batches = pipelines.of_arrays(x, y, options.get("groups"))
        if training.validation and batches.validation is None:
            warn("there are too few examples to hold some out for validation")
        patience = options.get("patience")
        if patience is not None and batches.validation is None:
            reason = "patience needs validation: no examples are held out"
            raise DataError(reason)
        checksum = batches.steps
        data = [batches.sample if y is None else x, y, options.get("groups")]
        for values in (*data, *(options.get("validation") or ())):
            if values is not None:
                content = np.ascontiguousarray(values).data
                checksum = zlib.crc32(content, checksum)
        self._batches = batches
        self._history, self._written = WholeHistory(), list[Path]()
        with strategy.scope():
            model = self._model()
            path = None if weights is None else progress_path(weights)
            run = self._describe(model, checksum)
            self._progress = Progress(path, run, patience)
            if options.get("resume"):
                self._progress.read()
            initial = options.get("initial")
            if initial is not None:
                self.program.import_weights(model, initial)
            self._scaler = Scaler(network, layout, model, batches.sample)
            some = batches.sample[: training.batch]
            stops = StopAtNaN(self._scaler, some, self._progress)
            given = options.get("callbacks", ())
            self._callbacks = [self._history, stops, *given]
            if is_notebook():
                phases = self._history.phases
                table = ProgressTable(lambda: phases[-1][0])
                self._callbacks.append(table)
            try:
                self._train_phases()
            except DivergedError:
                self._progress.remove()
                for smooth in self._written:
                    if initial is None or not smooth.samefile(initial):
                        smooth.unlink()
                raise
            except KeyboardInterrupt:
                self._write_best()
                raise
        if weights is not None:
            tensors = model_weights(model, layout)
            trained = "spikes" in training.phases
            entered = smooth_hash(weights) if trained else None
            layout.save(weights, tensors, smooth_sha256=entered)
            self._progress.remove()
            # A killed training of these weights may have left parts.
            remove_abandoned(progress_path(weights))
            remove_abandoned(smooth_path(weights))
            tell(f"wrote {os.fspath(weights)}")
        return model

    def _write_best(self) -> None:
        """Write the best weights of a training that the user interrupts."""
        progress, scaler = self._progress, self._scaler
        if self.weights is None or not progress.epoch:
            return
        progress.finish(progress.model)
        scaler.scales = progress.scales
        scaler.fold()
        path = best_path(self.weights)
        self.layout.save(path, model_weights(scaler.model, self.layout))
        which = f"of epoch {progress.best_epoch}, the best so far"
        if not progress.best_weights:
            which = "after the last batch"
        tell(f"interrupted: {path} contains the weights {which}")
        tell("to continue, run the same command with --resume")

    def _model(self) -> keras.Model:
        """Return a new model, which is compiled."""
        program, training = self.program, self.training
        # Keras 2 can't restore dropout, so its masks are drawn again.
        model = program.build_model(seed=training.seed)
        if training.schedule == "cosine":
            steps = training.epochs * self._batches.steps
            program.compile_model(model, steps=steps)
        else:
            program.compile_model(model)
        return model

    def _describe(self, model: keras.Model, checksum: int) -> Description:
        """Describe the training, with a checksum of its data."""
        run = {"network": self.layout.id, "data": checksum}
        run |= vars(self.training)
        for name in "initial", "spike_updates", "patience", "class_weight":
            run[name] = self.options.get(name)
        run |= describe_network(self.network)
        return run | describe_model(model, self.network.readout)

    def _train_phases(self) -> None:
        """Run the phases of the training."""
        progress, scaler, history = self._progress, self._scaler, self._history
        model, epochs = scaler.model, self.training.epochs
        layers, phases = self.network.layers.values(), self.training.phases
        scales, smooth = "scale" in phases, "smooth" in phases
        is_linear = all(layer.neuron.is_linear for layer in layers)
        scaled = scales and not is_linear
        stages = stages_of(epochs, scaled) if smooth else []
        if progress.stage < len(stages):
            if smooth:
                history.begin("smooth")
            progress.restore(model)
            _prepare(model, smooth=True, balanced=scales)
            for index, stage in enumerate(stages):
                if progress.stage <= index:
                    self._train_smooth(index, stage, scaled)
            _prepare(model, smooth=False)
            if smooth and epochs:
                scaler.recalibrate_batchnorm()
            if scales:
                history.begin("scale")
                self._scale()
        if "spikes" in phases:
            history.begin("spikes")
            fold_model(model, scaler.layout)
            self._train_spikes(len(stages))
        if scales or "spikes" in phases:
            # No training follows that could adapt to a scale: others stay.
            missed = scaler.broken_budgets(scaler.hold(self.network.present))
            for line in missed.values():
                tell(f"rate not held: {line}")
            if not missed:
                tell("all layers are within their rates, in spikes")
        self._report_kept()
        scaler.fold()  # last, because penalties apply to the weights before it
        model.history = history

    def _scale(self) -> None:
        """Run the phase scale."""
        scaler = self._scaler
        started = time.perf_counter()
        scaler.measure_activations()
        seconds = (time.perf_counter() - started) * (2 + len(scaler.groups))
        purpose = "brings the rates of all layers within their bounds"
        tell(f"scale: {purpose}, about {math.ceil(seconds)} s")
        scaler.fill()
        scaler.hold()

    def _report_kept(self) -> None:
        """Print what the weights that are kept reach on held-out examples."""
        held_out, progress = self._batches.validation, self._progress
        if held_out is None:
            return
        settings: dict[str, Any] = {"verbose": 0, "return_dict": True}
        metrics = self._scaler.model.evaluate(held_out, **settings)
        in_keras = {f"val_{name}": value for name, value in metrics.items()}
        tell(f"at the end, in Keras: {_format(in_keras)}")
        self._history.kept = in_keras
        if "spikes" in self.training.phases and progress.best_logs:
            tell(f"at the end, in spikes: {_format(progress.best_logs)}")
            self._history.kept = progress.best_logs

    def _train_smooth(self, index: int, stage: range, scaled: bool) -> None:
        progress, scaler, batches = self._progress, self._scaler, self._batches
        if progress.stage == index:
            scaler.scales = progress.scales
        else:
            if progress.epoch:
                scaler.recalibrate_batchnorm(MEASURED)
            if scaled:
                scaler.fill(MEASURED)
                tell(f"scaled into their rates: {_format(scaler.scales)}")
            progress.begin(index, stage.start, scaler.scales)
        start = progress.epoch
        if start < stage.stop and not progress.has_ended:
            several = f"s {start + 1} to" if start + 1 < stage.stop else ""
            which = f"epoch{several} {stage.stop} of {self.training.epochs}"
            tell(f"smooth: trains as plain Keras, {which}")
        data = batches.training, batches.steps
        self._fit(scaler.model, *data, stage.stop, held_out=batches.validation)

    def _train_spikes(self, index: int) -> None:
        """Train on spikes, in rounds that count as epochs."""
        progress, scaler, batches = self._progress, self._scaler, self._batches
        model, training = scaler.model, self.training
        first = training.epochs if index else 0
        count = training.epochs * batches.steps * training.batch
        updates = self.options.get("spike_updates")
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        plan = plan_spikes(
            self.network,
            model,
            examples=count,
            seed=training.seed,
            updates=updates,
            replicas=replicas,
        )
        spiking = SpikeTraining(scaler.run, model, plan, batches.validation)
        progress.patience = PATIENCE if spiking.compares else None
        progress.keeps_last = not spiking.compares
        progress.more = FALL
        if self.weights is not None:
            self._written.append(smooth_path(self.weights))
        if progress.stage == index:
            progress.restore(spiking)
            scaler.scales = progress.scales
        else:
            for smooth in self._written:
                self.program.export_weights(model, smooth)
            if "scale" not in training.phases:
                scaler.hold()
            progress.begin(index, first, scaler.scales)
            progress.keep_start(spiking, spiking.held_out())
        share = spiking.lower_rate(progress.start_logs)
        # The full rate may undo the start at first, so it gets more time.
        if share == 1 and progress.epoch == first:
            progress.waits_from = first + HOLDS[0] - PATIENCE
        tell(str(plan))
        if progress.start_logs:
            tell(f"the start, in spikes: {_format(progress.start_logs)}")

        def prepare(epoch: int, logs: Logs) -> None:
            """Bring the rates within their bounds before some rounds.

            If a round is the first of an early fall, so does the rate.
            """
            done = epoch - first
            holds = done in HOLDS
            turn = progress.stalled_at - first
            if 0 < turn < ROUNDS - FALL:
                spiking.fall_early(turn)
                holds = done == turn
                if holds:
                    tell(f"{PATIENCE} rounds didn't help, so {FALL} remain")
            if not holds:
                return
            scaler.hold()
            were_missed = scaler.scales != progress.scales
            progress.scales = scaler.scales
            # Of the states so far, only the start is within the rates.
            if were_missed:
                progress.return_to_start()

        begins = keras.callbacks.LambdaCallback(on_epoch_begin=prepare)
        each = [begins, spiking.callback()]
        stop = first + ROUNDS
        data = partial(plan.batches, batches, stop=stop)
        best = "the best one after scaling"
        self._fit(spiking, data, plan.each, stop, each, best)
        scaler.scales = progress.scales

    def _fit(
        self,
        model: keras.Model,
        data: Callable[[int], Dataset],
        steps: int,
        stop: int,
        own: Sequence[keras.callbacks.Callback] = (),
        best: str = "which has the least validation loss",
        held_out: Dataset | None = None,
    ) -> None:
        """Train the remaining epochs, and restore the best weights."""
        progress = self._progress
        if progress.epoch < stop and not progress.has_ended:
            model.fit(
                data(progress.epoch),
                steps_per_epoch=steps,
                validation_data=held_out,
                initial_epoch=progress.epoch,
                epochs=stop,
                callbacks=[*own, progress, *self._callbacks],
                class_weight=self.options.get("class_weight"),
                shuffle=False,  # the pipelines shuffle
                verbose=verbosity(),
            )
        progress.finish(model)
        if progress.best_weights:
            kept = f"epoch {progress.best_epoch}, {best}"
            if progress.keeps_start:
                kept = "the weights from before: no round improved on them"
            if progress.best_epoch < progress.epoch:
                tell(f"kept {kept}")


def _prepare(model: keras.Model, smooth: bool, balanced: bool = False) -> None:
    """Clip encoders, except in the phase smooth; balance shared scales."""
    for part in model.layers:
        if isinstance(part, Neurons):
            part.clips(not smooth)
        if isinstance(part, BalancedAdd):
            part.active = balanced
    # Keras keeps functions that it traced before the parts changed.
    model.make_train_function(force=True)
    model.make_test_function(force=True)
    model.make_predict_function(force=True)


def _format(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
