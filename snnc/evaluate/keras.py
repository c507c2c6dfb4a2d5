"""What the package's Keras model says of the same examples."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.data import Examples
from snnc.evaluate.subject import Subject


def has_keras() -> bool:
    """Tell whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def keras_outputs(
    subject: Subject,
    weights: Path,
    examples: Examples,
    aware: bool,
    progress: Callable[[int], None] | None = None,
) -> NDArray[Any]:
    """Return the model's outputs, (examples, units).

    ``aware`` asks for the model with the chip's rate curve, if training knew that.
    """
    subject.load_weights(weights)
    name = f"{subject.network.__package__}.keras_model"
    program = importlib.import_module(name)
    model = program.build_model(aware=aware and subject.evaluate.AWARE)
    program.import_weights(model, weights)
    outputs = []
    for start in range(0, len(examples), examples.piece):
        x = examples[start : start + examples.piece]
        outputs.append(np.asarray(model.predict_on_batch(x)))
        if progress is not None:
            progress(len(x))
    return np.concatenate(outputs)
