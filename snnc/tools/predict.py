"""Run a package on new examples without labels: `snnc predict`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snnc.text.arguments import check_choice, given_weights
from snnc.tools.evaluate.options import SIMULATORS, Simulator, require_simulator
from snnc.tools.opening import FileName, Tensors, as_package

if TYPE_CHECKING:
    from snnc.tools.evaluate.predict import Prediction
    from snnc.tools.package import Package


def predict(
    package: Package | FileName,
    x: object,
    weights: Tensors | FileName,
    *,
    simulator: Simulator = "exact",
    over_time: bool = False,
    progress: bool | None = None,
) -> Prediction:
    """Run a package on new examples without labels.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        A file is ``.npz`` with ``x``, an ``.npy`` file, or a folder with
        ``x.npy``. An iterable, such as a tf.data.Dataset, yields examples or
        batches, and may be larger than memory.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    simulator
        As for `evaluate`.
    over_time
        Whether to also return the outputs of each step.
    progress
        Whether to show a progress bar; by default, on terminals and in notebooks.

    Returns
    -------
    Prediction
        ``outputs`` (examples, units), ``labels`` (examples,), and
        ``outputs_over_time`` (examples, steps, units). `numpy.asarray` returns the
        outputs.

    Raises
    ------
    ValueError
        If the network does not accept the examples or weights.
    """
    source = given_weights(weights)
    check_choice("simulator", simulator, SIMULATORS)
    require_simulator(simulator)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    from snnc.tools.evaluate.predict import run  # imports NumPy and nengo-loihi

    return run(as_package(package).opened, x, source, simulator, over_time, progress)
