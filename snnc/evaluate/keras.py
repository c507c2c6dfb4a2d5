"""What the package's Keras model says of the same examples."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.part import Fresh, Part
from snnc.exact.package import Package
from snnc.runtime.data import Examples

if TYPE_CHECKING:
    from snnc.runtime.comparison import Reference
    from snnc.runtime.layout import Tensors


def has_keras() -> bool:
    """Tell whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


def reference_of(package: Package, tensors: Tensors) -> Reference:
    """Return the model as it was trained."""
    comparison = package.library("comparison")
    reference: Reference = comparison.Reference(
        package.network,
        lambda: package.module("keras_model"),
        tensors,
        aware=package.network.aware,
    )
    return reference


class Trained:
    """The model as it was trained; ``seconds`` is the time that it took so far."""

    def __init__(self, package: Package, tensors: Tensors) -> None:
        self.seconds = 0.0
        self.reference = reference_of(package, tensors)

    def compared(self, fresh: Fresh, x: NDArray[Any]) -> Part:
        """Return a part with what the model says of its examples."""
        started = time.perf_counter()
        keras = self.reference.compared(x, fresh.counts)
        self.seconds += time.perf_counter() - started
        return replace(fresh.part, keras=keras)


def keras_outputs(
    reference: Reference, examples: Examples, progress: Callable[[int], None]
) -> NDArray[np.float64]:
    """Return the outputs of a model, (examples, units)."""
    outputs = []
    for start in range(0, len(examples), examples.chunk_size):
        x = examples[start : start + examples.chunk_size]
        outputs.append(reference.outputs(x))
        progress(len(x))
    return np.concatenate(outputs)
