"""Get a Keras model from a user's function or from a SavedModel, and save it."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from snnc.importer.refusals import RefusedModelError, refused
from snnc.rules.model_files import CodeFailed
from snnc.text.near import only_near


@contextmanager
def saved_by_code(how: str, target: str) -> Iterator[Path]:
    """Get a model and save it to a file in a temporary folder.

    ``how`` is ``call`` for a ``module:function``, or ``load`` for the folder of a
    SavedModel. The code's output goes to stderr. Raise RefusedModelError if the code
    returns no model. A traceback on stderr shows where it failed.
    """
    with tempfile.TemporaryDirectory(prefix="snnc-") as folder:
        file = Path(folder) / "model.h5"
        try:
            with redirect_stdout(sys.stderr):
                model = called(target) if how == "call" else loaded(target)
                if not hasattr(model, "save") or not hasattr(model, "get_config"):
                    kind = type(model).__name__
                    raise TypeError(f"expected a Keras model, found {kind}")
                model.save(file)
        except RefusedModelError:
            raise
        except (Exception, SystemExit) as error:
            _show(error)
            reason = " ".join(str(error).split())[:500]
            kind = type(error).__name__
            told = f"{kind}: {reason}" if reason else kind
            raise failed(how, target, told) from error
        yield file


def failed(how: str, target: str, reason: str, meant: str = "") -> RefusedModelError:
    """Refuse code that returns no model; suggest a function, or what to check."""
    way_out = "where the model is built, save it with `model.save('model.keras')`"
    if how == "call":
        module, function = target.split(":")
        way_out = (
            f"check that `from {module} import {function}` works in this folder, and"
            f" that `{function}()` returns a Keras model"
        )
    if meant:
        way_out = f"did you mean `snnc import {meant}`?"
    return refused(CodeFailed, path=target, reason=reason, advice=way_out)


def called(target: str) -> Any:
    """Return the result of a user's function."""
    module, function = target.split(":")
    before = sys.path[:]
    sys.path.insert(0, os.getcwd())
    try:
        imported = _import_function(target, module, function)
        if not hasattr(imported, function):
            near = only_near(function, vars(imported))
            meant = f"{module}:{near}" if near else ""
            raise failed("call", target, f"`{module}` has no `{function}`", meant)
        return getattr(imported, function)()
    finally:
        sys.path[:] = before


def _import_function(target: str, module: str, function: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module imports another one that is missing
        near = only_near(module, (path.stem for path in Path().glob("*.py")))
        meant = f"{near}:{function}" if near else ""
        reason = f"there is no module `{error.name}`"
        raise failed("call", target, reason, meant) from error


def loaded(folder: str) -> Any:
    """Return the model of a SavedModel."""
    from tensorflow import keras

    try:
        return keras.models.load_model(folder)
    except Exception:  # a user's own loss or optimizer
        return keras.models.load_model(folder, compile=False)


def _show(error: BaseException) -> None:
    """Print a traceback that starts in the code of the user or of TensorFlow."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and "importlib" not in file:
            break
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)
