# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The phases of a training: smooth as in Keras, scaled, aware of the chip.

First a network is trained as its layers are in plain Keras. Then each layer
gets a scale with which its rates keep to their bounds: a layer computes
f(s x) / s from its currents x, so that neither outputs nor gradients of
rectified linear neurons change, nor what an optimizer knows of them. Last it
is trained on with the chip's rates and the noise of spikes, and scaled again;
the readout is fitted to spikes.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorflow import keras

from .progress import Progress
from .training import Phase

if TYPE_CHECKING:
    from .adjusting import Adjuster
    from .pipelines import Batches
    from .readout_fit import ReadoutFit

SMOOTH = "smooth, as in Keras"
CHIP = "aware, with the chip's rates and the noise of spikes"
AWARE_SHARE = 1 / 3  # of the epochs of a training that has both kinds
AWARE_PARTS = 3  # of the epochs that are aware, scaled anew before each
MEASURED = 512  # examples, before that; at the end it is all of the sample


class Stage(NamedTuple):
    """Epochs of one kind, from ``start`` to before ``stop``."""

    aware: bool
    start: int
    stop: int


def stages_of(
    phases: Sequence[Phase],
    epochs: int,
    lif: bool = False,
) -> list[Stage]:
    """Share epochs among the phases that train; what is left out has none.

    Those that are aware of the chip come in parts, before each of which layers
    are scaled anew, as their activations go on to change. Of ``lif`` neurons a
    scale changes what a network computes, and it has to learn with scales like
    those that it ends with: smooth epochs come in parts, too, each as long as
    all before it.
    """
    aware = "aware" in phases
    smooth = "smooth" in phases or not aware
    first = epochs
    if aware:
        first -= math.ceil(epochs * AWARE_SHARE) if smooth else epochs
    stages = []
    if smooth:
        doubled = (2**i for i in range(first.bit_length())) if lif else ()
        bounds = sorted({0, *doubled, first})
        stages += _between(False, bounds)
    if aware:
        size = epochs - first
        parts = max(1, min(AWARE_PARTS, size))
        bounds = [first + size * i // parts for i in range(parts + 1)]
        stages += _between(True, bounds)
    return stages


def _between(aware: bool, bounds: Sequence[int]) -> list[Stage]:
    if len(bounds) == 1:
        bounds = [*bounds, *bounds]
    return [Stage(aware, *pair) for pair in itertools.pairwise(bounds)]


class Phases:
    """Leads a model through the phases of its training.

    ``progress`` is what was done of it before, and where it is saved.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        epochs: int,
        progress: Progress,
        class_weight: dict[int, float] | None = None,
        lif: bool = False,
        readout: ReadoutFit | None = None,
    ) -> None:
        """Take the phases, the epochs of all, and what each class counts.

        ``lif`` tells that it has LIF neurons. ``readout`` fits it at the end.
        """
        self._readout = readout
        self._scales = "scale" in phases
        self._lif = lif and self._scales
        self._stages = stages_of(phases, epochs, self._lif)
        self._progress = progress
        self._class_weight = class_weight

    def train(
        self,
        adjuster: Adjuster,
        batches: Batches,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Train the model that ``adjuster`` has, and keep it to its rates.

        Its history is that of all epochs.
        """
        history = WholeHistory()
        for index, stage in enumerate(self._stages):
            if stage.start < stage.stop and self._progress.stage <= index:
                self._prepare(adjuster, index, stage)
                several = [history, *callbacks]
                self._fit(adjuster.model, stage, batches, several)
        if self._progress.epoch:
            self._finish(adjuster, batches)
        adjuster.model.history = history

    def _prepare(self, adjuster: Adjuster, index: int, stage: Stage) -> None:
        progress = self._progress
        adjuster.enter(stage.aware, balanced=self._scales)
        if progress.stage == index:
            adjuster.scales = progress.scales
            return
        if progress.epoch:
            adjuster.settle(MEASURED)
        if (stage.aware and self._scales) or self._lif:
            adjuster.scale(anew=True, examples=MEASURED)
            tell(f"scaled into their rates: {_listed(adjuster.scales)}")
        progress.begin(index, stage.start, adjuster.scales)

    def _fit(
        self,
        model: keras.Model,
        stage: Stage,
        batches: Batches,
        callbacks: list[keras.callbacks.Callback],
    ) -> None:
        progress = self._progress
        start = progress.epoch
        if start < stage.stop and not progress.stalled:
            kind = CHIP if stage.aware else SMOOTH
            several = f"s {start + 1} to" if start + 1 < stage.stop else ""
            last = f"{stage.stop} of {self._stages[-1].stop}"
            tell(f"epoch{several} {last}: {kind}")
            model.fit(
                batches.training(start),
                steps_per_epoch=batches.steps,
                validation_data=batches.validation,
                initial_epoch=start,
                epochs=stage.stop,
                callbacks=[progress, *callbacks],
                class_weight=self._class_weight,
                shuffle=False,  # the pipelines do
                verbose=1 if _shows_bars() else 2,
            )
        progress.finish(model)

    def _finish(self, adjuster: Adjuster, batches: Batches) -> None:
        """Renew batch norms, scale what has left its bounds, and tell."""
        adjuster.settle()
        if self._scales:
            self._scale(adjuster)
        adjuster.enter(aware=True)
        if self._readout is not None:
            tell(self._readout.fit(adjuster.model))
        if batches.validation is not None:
            metrics = adjuster.model.evaluate(
                batches.validation,
                verbose=0,
                return_dict=True,
            )
            tell(f"at the end: {_listed(metrics, 'val_')}")
        adjuster.fold()  # last, as penalties are on weights before it

    def _scale(self, adjuster: Adjuster) -> None:
        """Scale a trained model, and tell which rates are held."""
        before = adjuster.scales
        missed = adjuster.scale(anew=not self._stages[-1].aware)
        scales = adjuster.scales.items()
        changed = {n: s / before[n] for n, s in scales if s != before[n]}
        if changed:
            tell(f"scaled into their rates: {_listed(changed)}")
        if missed:
            for miss in missed:
                tell(f"rate not held: {miss}")
        else:
            tell(f"all layers keep to their rates, on {adjuster.examples}")


class WholeHistory(keras.callbacks.History):
    """The history of several trainings, one after another."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.epoch: list[int] = []

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Keep the epochs so far: Keras would begin anew."""


def _shows_bars() -> bool:
    """Tell whether what is printed is seen at once: a terminal, a notebook."""
    # A process that starts kernels for others has ipykernel, and no shell.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return sys.stdout.isatty() or hasattr(shell, "kernel")


def tell(line: str) -> None:
    """Print a line among those of Keras."""
    print(line, flush=True)


def _listed(values: dict[str, Any], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{n} {value:.4g}" for n, value in values.items())
