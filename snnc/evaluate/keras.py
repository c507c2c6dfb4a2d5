"""What the package's Keras model says of the same examples."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.alike import batch_of
from snnc.evaluate.part import Compared, Fresh, Part
from snnc.evaluate.subject import Subject
from snnc.exact.refusals import OtherLayoutError
from snnc.runtime.data import Examples


def has_keras() -> bool:
    """Tell whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


class Trained:
    """The model as it was trained, with the chip's rate curve if training knew that.

    ``seconds`` is the time that it took so far.
    """

    def __init__(self, subject: Subject, weights: Path) -> None:
        self.seconds = 0.0
        self._subject = subject
        self._weights = weights
        self._names = tuple(subject.evaluate.BUDGETS)

    def compared(self, fresh: Fresh, x: NDArray[Any]) -> Part:
        """Return a part with what the model says of its examples.

        Activations are compared with the spikes of an example, to which rates are
        proportional.
        """
        started = time.perf_counter()
        outputs, *activations = self._model.predict_on_batch(x)
        alike = {
            name: batch_of(values, fresh.counts[name])
            for name, values in zip(self._names, activations, strict=True)
        }
        keras = Compared(np.asarray(outputs, np.float64), alike)
        self.seconds += time.perf_counter() - started
        return replace(fresh.part, keras=keras)

    @cached_property
    def _model(self) -> Any:
        """Importing TensorFlow takes long: not before there is an example."""
        model = _trained(self._subject, self._weights)
        name = f"{self._subject.network.__package__}.calibrate"
        return importlib.import_module(name).with_activations(model, self._names)


def keras_outputs(
    subject: Subject,
    weights: Path,
    examples: Examples,
    progress: Callable[[int], None],
) -> NDArray[Any]:
    """Return the outputs of the model as it was trained, (examples, units)."""
    subject.load_weights(weights)
    model = _trained(subject, weights)
    outputs = []
    for start in range(0, len(examples), examples.chunk_size):
        x = examples[start : start + examples.chunk_size]
        outputs.append(np.asarray(model.predict_on_batch(x)))
        progress(len(x))
    return np.concatenate(outputs)


def _trained(subject: Subject, weights: Path) -> Any:
    program = importlib.import_module(f"{subject.network.__package__}.keras_model")
    model = program.build_model(aware=subject.evaluate.AWARE)
    try:
        program.import_weights(model, weights)
    except subject.layout.LayoutError as error:
        raise OtherLayoutError(error) from error
    return model
