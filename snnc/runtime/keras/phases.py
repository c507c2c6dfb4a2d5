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
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .backend import Dataset, Logs, keras, tell, tf, verbosity
from .layers import BalancedAdd, Neurons
from .model import fold_model
from .pipelines import Batches
from .progress import Progress, WholeHistory
from .scaler import Scaler
from .spike_training import FALL, ROUNDS, SpikeTraining, plan_spikes
from .training import ClassWeight, TrainSettings
from .wiring import has_batch_norm

MEASURED = 512  # examples to measure between epochs of LIF networks
PATIENCE = 3  # rounds without improvement, then the rate falls early
HOLDS = (ROUNDS // 2, ROUNDS * 4 // 5)  # rounds that start with scaling
SETTLED = 0.9  # of the epochs: if the best one is later, more may help
LOWEST_LOSS = "which has the least validation loss"


def stages_of(epochs: int, *, doubling: bool) -> list[range]:
    """Divide the epochs of the phase smooth into stages.

    The function of a LIF network changes with its scales, so it has to be
    trained with scales close to the final ones. With ``doubling``, each stage
    starts with scaling and is as long as all previous stages together.
    """
    inner = (2**i for i in range(epochs.bit_length())) if doubling else ()
    bounds = sorted({0, *inner, epochs})
    return [range(start, stop) for start, stop in itertools.pairwise(bounds)]


@dataclass
class Phases:
    """The phases of a training, and all that they work on.

    ``callbacks`` are those of all phases. ``write_smooth`` writes the weights
    that enter the phase spikes. ``spiking`` is None until that phase begins.
    """

    training: TrainSettings
    batches: Batches
    scaler: Scaler
    progress: Progress
    history: WholeHistory
    callbacks: Sequence[keras.callbacks.Callback]
    spike_updates: int | None
    class_weight: ClassWeight | None
    write_smooth: Callable[[], None]
    spiking: SpikeTraining | None = None

    def run(self) -> None:
        """Run the phases of the settings, or what remains of them."""
        asked = self.training.phases
        stages: list[range] = []
        if "smooth" in asked:
            epochs = self.training.epochs
            stages = stages_of(epochs, doubling=self._rescales)
        # Spikes are the last stage: a resumed training may be there already.
        if self.progress.stage < len(stages):
            if "smooth" in asked:
                self.history.begin("smooth")
            self._train_smooth(stages)
            if "scale" in asked:
                self.history.begin("scale")
                self._scale()
        if "spikes" in asked:
            self.history.begin("spikes")
            fold_model(self.model, self.scaler.layout)
            self._train_spikes(len(stages))
        if "scale" in asked or "spikes" in asked:
            self._hold_rates()
        self._report_kept()
        # Penalties apply to the weights before folding, so this comes last.
        self.scaler.fold()

    @property
    def model(self) -> keras.Model:
        """The model that is trained."""
        return self.scaler.model

    @property
    def _rescales(self) -> bool:
        """Whether layers are scaled during the phase smooth."""
        layers = self.scaler.network.layers.values()
        is_linear = all(layer.neuron.is_linear for layer in layers)
        return "scale" in self.training.phases and not is_linear

    def _train_smooth(self, stages: Sequence[range]) -> None:
        """Run the stages of the phase smooth that are left."""
        self.progress.restore(self.model)
        scales = "scale" in self.training.phases
        _prepare(self.model, is_smooth=True, balances=scales)
        for index, stage in enumerate(stages):
            if self.progress.stage <= index:
                self._train_stage(index, stage)
        _prepare(self.model, is_smooth=False, balances=False)
        if stages:
            self.scaler.recalibrate_batchnorm()
            self._advise_epochs()

    def _advise_epochs(self) -> None:
        """Say so if the held-out loss still fell at the end."""
        best = self.progress.best_epoch
        epochs = self.training.epochs
        if self.batches.validation is not None and best > SETTLED * epochs:
            where = f"epoch {best} of {epochs}"
            tell(f"val_loss is lowest in {where}: more epochs may help")

    def _train_stage(self, index: int, stage: range) -> None:
        """Run a stage of the phase smooth, or what remains of it."""
        progress = self.progress
        if progress.stage == index:
            self.scaler.scales = progress.scales
        else:
            self._begin_stage(index, stage)
        first = progress.epoch + 1
        if first <= stage.stop and not progress.has_ended:
            several = f"s {first} to" if first < stage.stop else ""
            which = f"epoch{several} {stage.stop} of {self.training.epochs}"
            tell(f"smooth: trains as plain Keras, {which}")
        self._fit(
            self.model,
            self.batches.training,
            steps=self.batches.steps,
            stop=stage.stop,
            held_out=self.batches.validation,
            best=LOWEST_LOSS,
        )

    def _begin_stage(self, index: int, stage: range) -> None:
        if self.progress.epoch:
            self.scaler.recalibrate_batchnorm(MEASURED)
        if self._rescales:
            self.scaler.fill(MEASURED)
            scales = self.scaler.scales
            tell(f"scaled into their rates: {_format(scales)}")
        self.progress.begin(index, stage.start, self.scaler.scales)

    def _scale(self) -> None:
        """Run the phase scale."""
        scaler = self.scaler
        started = time.perf_counter()
        scaler.measure_activations()
        seconds = (time.perf_counter() - started) * (2 + len(scaler.groups))
        purpose = "brings the rates of all layers within their bounds"
        tell(f"scale: {purpose}, about {math.ceil(seconds)} s")
        scaler.fill()
        scaler.hold()

    def _train_spikes(self, index: int) -> None:
        """Train on spikes, in rounds that count as epochs."""
        progress = self.progress
        training = self.training
        plan = plan_spikes(
            self.scaler.network,
            self.model,
            examples=training.epochs * self.batches.steps * training.batch,
            seed=training.seed,
            updates=self.spike_updates,
            replicas=tf.distribute.get_strategy().num_replicas_in_sync,
        )
        spiking = SpikeTraining(
            self.scaler.run,
            self.model,
            plan,
            self.batches.validation,
        )
        self.spiking = spiking
        progress.patience = PATIENCE if spiking.compares else None
        progress.keeps_last = not spiking.compares
        progress.more = FALL
        # Without the phase smooth, rounds are the first epochs.
        first = training.epochs if index else 0
        if progress.stage == index:
            progress.restore(spiking)
            self.scaler.scales = progress.scales
        else:
            self._begin_spikes(index, first, spiking)
        share = spiking.lower_rate(progress.start_logs)
        # The full rate may undo the start at first, so it gets more time.
        if share == 1 and progress.epoch == first:
            progress.waits_from = first + HOLDS[0] - PATIENCE
        tell(str(plan))
        if progress.start_logs:
            tell(f"the start, in spikes: {_format(progress.start_logs)}")
        stop = first + ROUNDS
        self._fit(
            spiking,
            partial(plan.batches, self.batches, stop=stop),
            steps=plan.each,
            stop=stop,
            callbacks=[
                HoldRates(self.scaler, progress, first),
                spiking.callback(),
            ],
            best="the best one after scaling",
        )
        self.scaler.scales = progress.scales

    def _begin_spikes(
        self,
        index: int,
        first: int,
        spiking: SpikeTraining,
    ) -> None:
        """Keep the weights of the phases before, and measure their spikes."""
        self.write_smooth()
        if "scale" not in self.training.phases:
            self.scaler.hold()
        self.progress.begin(index, first, self.scaler.scales)
        self.progress.keep_start(spiking, spiking.held_out())

    def _hold_rates(self) -> None:
        """Scale layers for the last time, and say which rates are missed.

        No training follows that could adapt to a scale, so layers that
        `check_budget` tolerates stay.
        """
        rates = self.scaler.hold(self.scaler.network.present)
        missed = self.scaler.broken_budgets(rates)
        for line in missed.values():
            tell(f"rate not held: {line}")
        if not missed:
            tell("all layers are within their rates, in spikes")

    def _report_kept(self) -> None:
        """Print what the weights that are kept reach on held-out examples."""
        if self.batches.validation is None:
            return
        metrics = self.model.evaluate(
            self.batches.validation,
            verbose=0,
            return_dict=True,
        )
        in_keras = {f"val_{name}": value for name, value in metrics.items()}
        tell(f"at the end, in Keras: {_format(in_keras)}")
        self.history.kept = in_keras
        if self.spiking is not None:
            # Measure again: the last scaling changed which spikes layers fire.
            in_spikes = self.spiking.held_out()
            tell(f"at the end, in spikes: {_format(in_spikes)}")
            self.history.kept = in_spikes

    def _fit(
        self,
        model: keras.Model,
        batches_from: Callable[[int], Dataset],
        *,
        steps: int,
        stop: int,
        best: str,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        held_out: Dataset | None = None,
    ) -> None:
        """Train the remaining epochs, and restore the best weights."""
        progress = self.progress
        if progress.epoch < stop and not progress.has_ended:
            model.fit(
                batches_from(progress.epoch),
                steps_per_epoch=steps,
                validation_data=held_out,
                initial_epoch=progress.epoch,
                epochs=stop,
                callbacks=[*callbacks, progress, *self.callbacks],
                class_weight=self.class_weight,
                shuffle=False,  # the pipelines shuffle
                verbose=verbosity(),
            )
        progress.finish(model)
        if not progress.best_weights:
            return
        kept = f"epoch {progress.best_epoch}, {best}"
        if progress.keeps_start:
            kept = "the weights from before: no round improved on them"
        if progress.best_epoch < progress.epoch:
            tell(f"kept {kept}")


class HoldRates(keras.callbacks.Callback):
    """Brings the rates within their bounds before some rounds of spikes.

    If a round is the first of an early fall of the learning rate, so does it.
    """

    def __init__(self, scaler: Scaler, progress: Progress, first: int) -> None:
        """Create it for rounds whose first one is the epoch ``first``."""
        super().__init__()
        self._scaler = scaler
        self._progress = progress
        self._first = first

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Scale layers, and let the learning rate fall."""
        progress = self._progress
        done = epoch - self._first
        holds = done in HOLDS
        turn = progress.stalled_at - self._first
        if 0 < turn < ROUNDS - FALL:
            self.model.fall_early(turn)
            holds = done == turn
            if holds:
                tell(f"{PATIENCE} rounds didn't help, so {FALL} remain")
        if not holds:
            return
        self._scaler.hold()
        were_missed = self._scaler.scales != progress.scales
        progress.scales = self._scaler.scales
        # Of the states so far, only the start is within the rates.
        if were_missed:
            progress.return_to_start()


def _prepare(model: keras.Model, *, is_smooth: bool, balances: bool) -> None:
    """Choose whether encoders clip; balance shared scales.

    Encoders don't clip in the phase smooth, which ends with scaling. With
    batch norm they do: scaling is too late for its statistics and for the
    layers after it (decision 039).
    """
    clips = not is_smooth or has_batch_norm(model)
    for part in model.layers:
        if isinstance(part, Neurons):
            part.clips(clips=clips)
        if isinstance(part, BalancedAdd):
            part.active = balances
    # Keras keeps functions that it traced before the parts changed.
    model.make_train_function(force=True)
    model.make_test_function(force=True)
    model.make_predict_function(force=True)


def _format(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
