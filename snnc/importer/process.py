"""Models that only code can give, made by a process of its own."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.importer.files import Read, read_hdf5
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.importer.weights import Weights
from snnc.rules.models import CodeFailed, PackageMissing

if TYPE_CHECKING:
    from snnc.importer.weights import Arrays

KERAS = "pip install 'snnc[keras]'"


def read_call(target: str, tell: Callable[[str], None]) -> Read:
    """Run ``module:function`` and read the model that it returns."""
    tell(f"note: `{target}` is code of yours: running it to get the model")
    module, function = target.split(":")
    way_out = (
        f"check that `from {module} import {function}` works in this folder, and that"
        f" `{function}()` returns a Keras model"
    )
    return _made(["call", target], target, way_out)


def read_saved_model(folder: str, tell: Callable[[str], None]) -> Read:
    """Have TensorFlow load a SavedModel, and read what it makes of it."""
    if importlib.util.find_spec("tensorflow") is None:
        raise RefusedError(
            PackageMissing(
                span=NOWHERE, path=folder, package="TensorFlow", command=KERAS
            )
        )
    tell(f"note: `{folder}` is a SavedModel: TensorFlow runs code in it to load it")
    way_out = "load it in Keras and save it with `model.save('model.keras')`"
    return _made(["load", folder], folder, way_out)


def _made(arguments: list[str], target: str, way_out: str) -> Read:
    """Read what `snnc.importer.called` writes; its stdout and stderr are the user's."""
    folder = Path(tempfile.mkdtemp(prefix="snnc-"))
    try:
        file, reason = folder / "model.h5", folder / "reason"
        command = [sys.executable, "-m", "snnc.importer.called", *arguments]
        done = subprocess.run([*command, str(file), str(reason)], stdout=2, check=False)
        if done.returncode != 0 or not file.exists():
            told = reason.read_text("utf-8") if reason.exists() else ""
            told = told or f"its process ended with {done.returncode}"
            raise RefusedError(
                CodeFailed(span=NOWHERE, path=target, reason=told, way_out=way_out)
            )
        model, weights = read_hdf5(file, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if weights is None:
        shutil.rmtree(folder, ignore_errors=True)
        return model, None
    return model, _TemporaryWeights(weights, folder)


class _TemporaryWeights(Weights):
    """Weights in a folder that goes when they are closed."""

    def __init__(self, weights: Weights, folder: Path) -> None:
        self._weights, self._folder = weights, folder

    def of(self, layer: str) -> Arrays:
        return self._weights.of(layer)

    def close(self) -> None:
        self._weights.close()
        shutil.rmtree(self._folder, ignore_errors=True)
