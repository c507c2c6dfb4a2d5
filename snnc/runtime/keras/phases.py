# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The phases of a training: smooth as in Keras, scaled, on spikes.

First, layers are trained as in plain Keras. Then each layer gets a scale that
brings its rates within bounds: it computes f(s x) / s from its currents x,
which changes neither outputs nor gradients of rectified linear neurons, nor
the optimizer's state. Last, the network is trained on its own spikes.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .backend import Logs, keras
from .layers import BalancedAdd, Neurons
from .model import fold_model
from .pipelines import Batches
from .progress import Progress
from .scaler import Scaler
from .spike_plan import ROUNDS, SpikePlan
from .spike_training import SpikeTraining, SpikeValidation
from .training import Phase

MEASURED = 512  # examples to measure between epochs of LIF networks
PATIENCE = 8  # rounds without improvement: the last ones learn slowly
HOLDS = (ROUNDS // 2, ROUNDS * 4 // 5)  # rounds that start with scaling


class Stage(NamedTuple):
    """Epochs of the phase smooth, from ``start`` to before ``stop``."""

    start: int
    stop: int


def stages_of(epochs: int, doubling: bool) -> list[Stage]:
    """Divide the epochs of the phase smooth into stages.

    The function of a LIF network changes with its scales, so it has to learn
    with scales near the final ones. With ``doubling``, each stage is as long
    as all before it, and starts with scaling.
    """
    inner = (2**i for i in range(epochs.bit_length())) if doubling else ()
    bounds = sorted({0, *inner, epochs})
    return [Stage(*pair) for pair in itertools.pairwise(bounds)]


@dataclass
class Phases:
    """Leads a compiled model through the phases of its training.

    ``epochs`` are the epochs of the phase smooth, ``plan`` describes the phase
    spikes; ``progress`` has the part that is already done. ``lif`` is set if
    the network has LIF neurons; ``class_weight`` weights the examples of each
    class. ``before_spikes`` is called with the model that enters the phase
    spikes.
    """

    phases: Sequence[Phase]
    epochs: int
    progress: Progress
    plan: SpikePlan
    lif: bool = False
    class_weight: dict[int, float] | None = None
    before_spikes: Callable[[], None] = lambda: None

    def train(
        self,
        scaler: Scaler,
        batches: Batches,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Train the model of ``scaler``; its history covers all epochs."""
        model, progress = scaler.model, self.progress
        history = WholeHistory()
        several = [history, *callbacks]
        scales, smooth = "scale" in self.phases, "smooth" in self.phases
        doubling = self.lif and scales
        stages = stages_of(self.epochs, doubling) if smooth else []
        if progress.stage < len(stages):
            history.begin("smooth")
            progress.restore(model)
            _prepare(model, smooth=True, balanced=scales)
            for index, stage in enumerate(stages):
                if progress.stage <= index:
                    self._train_smooth(scaler, index, stage, batches, several)
            _prepare(model, smooth=False)
            if smooth and self.epochs:
                scaler.recalibrate_batchnorm()
            if scales:
                history.begin("scale")
                scaler.fill()
                scaler.hold()
        if "spikes" in self.phases:
            history.begin("spikes")
            fold_model(model, scaler.layout)
            self._train_spikes(scaler, len(stages), batches, several)
        if scales or "spikes" in self.phases:
            _report(scaler)
        if batches.validation is not None:
            settings: dict[str, Any] = {"verbose": 0, "return_dict": True}
            metrics = model.evaluate(batches.validation, **settings)
            tell(f"at the end, in Keras: {_format(metrics, 'val_')}")
        scaler.fold()  # last, because penalties apply to the weights before it
        model.history = history

    def _train_smooth(
        self,
        scaler: Scaler,
        index: int,
        stage: Stage,
        batches: Batches,
        callbacks: list[keras.callbacks.Callback],
    ) -> None:
        progress, model = self.progress, scaler.model
        if progress.stage == index:
            scaler.scales = progress.scales
        else:
            if progress.epoch:
                scaler.recalibrate_batchnorm(MEASURED)
            if self.lif and "scale" in self.phases:
                scaler.fill(MEASURED)
                tell(f"scaled into their rates: {_format(scaler.scales)}")
            progress.begin(index, stage.start, scaler.scales)
        start = progress.epoch
        if start < stage.stop and not progress.is_stalled:
            several = f"s {start + 1} to" if start + 1 < stage.stop else ""
            tell(f"epoch{several} {stage.stop} of {self.epochs}: smooth")
            model.fit(
                batches.training(start),
                steps_per_epoch=batches.steps,
                validation_data=batches.validation,
                initial_epoch=start,
                epochs=stage.stop,
                callbacks=[progress, *callbacks],
                class_weight=self.class_weight,
                shuffle=False,  # the pipelines shuffle
                verbose=_verbosity(),
            )
        _keep_best(progress, model)

    def _train_spikes(
        self,
        scaler: Scaler,
        index: int,
        batches: Batches,
        callbacks: list[keras.callbacks.Callback],
    ) -> None:
        """Train on spikes, in rounds that count as epochs."""
        progress, plan, run = self.progress, self.plan, scaler.run
        first = self.epochs if index else 0
        training = SpikeTraining(run, scaler.model, plan)
        held_out = batches.validation
        validation = SpikeValidation(run, training, held_out, plan, tell)
        progress.patience = None if held_out is None else PATIENCE
        if progress.stage == index:
            progress.restore(training)
            scaler.scales = progress.scales
        else:
            self.before_spikes()
            if "scale" not in self.phases:
                scaler.hold()
            progress.begin(index, first, scaler.scales)
            progress.keep_best(training, validation.logs())
        tell(str(plan))
        if not progress.is_stalled and progress.epoch < first + ROUNDS:
            training.fit(
                plan.batches(batches, progress.epoch, first + ROUNDS),
                steps_per_epoch=plan.each,
                initial_epoch=progress.epoch,
                epochs=first + ROUNDS,
                callbacks=[
                    _Hold(scaler, progress, first),
                    validation,
                    progress,
                    *callbacks,
                ],
                class_weight=self.class_weight,
                shuffle=False,
                verbose=_verbosity(),
            )
        _keep_best(progress, training, " within the rates")
        scaler.scales = progress.scales


def _keep_best(
    progress: Progress,
    model: keras.Model,
    bound: str = "",
) -> None:
    """Restore a model's best weights, if kept, and print their epoch."""
    progress.finish(model)
    if progress.best_weights:
        epoch = progress.best_epoch
        least = f"the least validation loss{bound}"
        tell(f"kept epoch {epoch}, which has {least}")


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


def _report(scaler: Scaler) -> None:
    """Scale layers that miss their rates, and print those that still do."""
    # No training follows that could adapt to a scale: others stay.
    missed = scaler.broken_budgets(scaler.hold(is_tolerant=True))
    for line in missed.values():
        tell(f"rate not held: {line}")
    if not missed:
        tell("all layers are within their rates, in spikes")


class _Hold(keras.callbacks.Callback):
    """Brings rates within their bounds before some rounds on spikes."""

    def __init__(self, scaler: Scaler, progress: Progress, first: int) -> None:
        super().__init__()
        self._scaler = scaler
        self._progress = progress
        self._first = first

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if epoch - self._first not in HOLDS:
            return
        progress = self._progress
        self._scaler.hold()
        rates_were_missed = self._scaler.scales != progress.scales
        progress.scales = self._scaler.scales
        # Only the best state before this phase is within the rates.
        if rates_were_missed and progress.best_epoch > self._first:
            progress.forget_best()


class WholeHistory(keras.callbacks.History):
    """The history of several trainings, one after another."""

    def __init__(self) -> None:
        """Start with an empty history.

        ``phases`` has the name of each phase that runs, with the number of
        epochs before it.
        """
        super().__init__()
        self.epoch: list[int] = []
        self.phases: list[tuple[str, int]] = []

    def begin(self, phase: str) -> None:
        """Note that a phase begins, unless it only goes on."""
        if not self.phases or self.phases[-1][0] != phase:
            self.phases.append((phase, len(self.epoch)))

    def on_train_begin(self, logs: Logs = None) -> None:
        """Keep the earlier epochs, which Keras would drop."""


def _verbosity() -> int:
    """Return Keras' verbosity: bars on a terminal or in a notebook."""
    # A process that starts kernels for others has ipykernel but no shell.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return 1 if sys.stdout.isatty() or hasattr(shell, "kernel") else 2


def tell(line: str) -> None:
    """Print a line between the lines of Keras."""
    print(line, flush=True)


def _format(values: dict[str, Any], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{n} {value:.4g}" for n, value in values.items())
