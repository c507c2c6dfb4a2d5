"""Run a package on data: `snnc evaluate` and `snnc predict`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.text.arguments import FileName, Tensors, given_weights
from snnc.text.installing import require
from snnc.verbs.evaluate.options import EvaluateOptions, PredictOptions

if TYPE_CHECKING:
    from snnc.output.imported import ImportedPackage
    from snnc.results.evaluation import Evaluation
    from snnc.results.prediction import Prediction


def require_simulator(simulator: str, cluster: str | None = None) -> None:
    """Raise ModuleNotFoundError if a run needs libraries that are not installed.

    Otherwise, prepare the import of these libraries.
    """
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    extras = "evaluate"
    if cluster is not None:
        needed.append("distributed")
    if simulator == "keras":
        needed.append("tensorflow")
        extras = "evaluate,keras"
    require(needed, extras, f"the simulator {simulator}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages


def evaluate(
    package: ImportedPackage,
    data: tuple[object, object],
    weights: Tensors | FileName,
    options: EvaluateOptions,
    progress: bool | None = None,
) -> Evaluation:
    """Run a package on data, ``x`` and ``y``; ``x`` may be a file that contains both.

    Raise ValueError if package, data, weights and options don't match.
    """
    source = given_weights(weights)
    require_simulator(options.simulator, options.dask)
    from snnc.verbs.evaluate.run import run_evaluation  # imports NumPy and nengo-loihi

    given = Path(data[0]) if isinstance(data[0], str | os.PathLike) else data
    return run_evaluation(package, given, source, options, progress)


def predict(
    package: ImportedPackage,
    x: object,
    weights: Tensors | FileName,
    options: PredictOptions,
    progress: bool | None = None,
) -> Prediction:
    """Run a package on examples without labels: an array, a file or an iterable.

    Raise ValueError if the network does not accept the examples or weights.
    """
    source = given_weights(weights)
    require_simulator(options.simulator)
    from snnc.verbs.evaluate.run import run_prediction  # imports NumPy and nengo-loihi

    return run_prediction(package, x, source, options, progress)
