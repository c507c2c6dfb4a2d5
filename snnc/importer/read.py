"""Read a Keras model in any of its formats or from code, and import it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stdout,
)
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.importer.convert import ImportOutcome, outcome
from snnc.importer.files import read_file
from snnc.importer.formats import not_a_model
from snnc.importer.model import (
    NOWHERE,
    ImportRequest,
    KerasModel,
    ModelWeights,
    RefusedModelError,
    refused,
    too_large,
)
from snnc.importer.weights import StoredWeights
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.models import CodeFailed, PackageMissing, WeightsUnclear
from snnc.text.installing import installation
from snnc.text.near import only_near

if TYPE_CHECKING:
    from snnc.importer.model import Arrays


LARGEST_FILE = 4 * 2**30
"""The most bytes; VGG16 with the state of its optimizer has 1.7 GB."""
CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


class ReadWeights(ModelWeights):
    """The weights of a model; all calls of a layer share one set.

    Parameters
    ----------
    name :
        The name of the file in messages.
    stored :
        The weights in the file.
    resources :
        The resources that `close` releases.
    """

    def __init__(
        self,
        name: str,
        model: KerasModel,
        stored: StoredWeights,
        resources: ExitStack,
    ) -> None:
        self._name, self._stored, self._resources = name, stored, resources
        self._owners = {
            layer.name: layer.shares or layer.name for layer in model.layers
        }
        self._loaded: dict[str, Arrays | RefusedModelError] = {}

    def load(self) -> None:
        """Read all weights now; refusals are raised when a layer is requested."""
        refusal: RefusedModelError | None = None
        for layer in dict.fromkeys(self._owners.values()):
            try:
                self._loaded[layer] = refusal or self._read(layer)
            except RefusedModelError as error:
                self._loaded[layer] = error
                if not isinstance(error.diagnostic, WeightsUnclear):
                    refusal = error  # for the whole file

    def of(self, layer: str) -> Arrays:
        """See `ModelWeights.of`."""
        owner = self._owners[layer]
        found = self._loaded.get(owner)
        if isinstance(found, RefusedModelError):
            raise found
        return self._read(owner) if found is None else found

    def _read(self, owner: str) -> Arrays:
        with refusing(self._name):
            return self._stored.of(owner)

    def close(self) -> None:
        """See `ModelWeights.close`."""
        self._resources.close()


def read(
    target: str | Path,
    tell: Callable[[str], None] | None = None,
    weights: str | Path = "",
) -> tuple[KerasModel, ReadWeights | None]:
    """Read a model, and open its weights.

    Parameters
    ----------
    target :
        A `.keras` file, an `.h5` file, a file with the text of ``to_json()``, a
        TensorFlow.js ``model.json``, the folder of a SavedModel, or
        ``module:function``. Files are recognized by their content, not their names.
    tell :
        A function that is called with a sentence before a SavedModel or a user's
        function runs; by default the sentence is printed to stderr.
    weights :
        A weight file for an architecture, written by ``save_weights`` or ``save`` of
        Keras 2 or 3.

    Returns
    -------
    tuple of Model and Weights, or Model and None
        The model, and its weights or, if the file has only an architecture, None. The
        weights are a context manager; each layer is read on request.

    Raises
    ------
    RefusedModelError
        For any problem; the error has the diagnostic.
    """
    name = target if isinstance(target, str) else target.as_posix()
    beside = weights if isinstance(weights, str) else weights.as_posix()
    with refusing(name):
        to_stderr = partial(print, file=sys.stderr, flush=True)
        how = how_to_read(Path(name), name, tell or to_stderr)
        if beside and how != "file":
            raise not_a_model(
                name, "`--weights` needs a file that contains an architecture"
            )
    if beside:
        with refusing(beside):
            check_file(Path(beside), beside)
    with refusing(name), ExitStack() as stack:
        file = Path(name)
        if how != "file":
            file = stack.enter_context(saved_by_code(how, name))
        model, stored = read_file(file, name, beside)
        if stored is None:
            return model, None
        stack.callback(stored.close)
        return model, ReadWeights(name, model, stored, stack.pop_all())


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Refuse a file that is missing or can't be read.

    Raises
    ------
    RefusedModelError
        Instead of `OSError`.
    """
    try:
        if "\0" in name:
            raise OSError("embedded null byte")
        yield
    except RefusedModelError as error:
        raise error.at(name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        refusal: Diagnostic = FileUnreadable(span=NOWHERE, name=name, reason=reason)
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        if missing and not Path(name).exists():
            refusal = FileMissing(span=NOWHERE, name=name)
        raise RefusedModelError(refusal).at(name) from error


def how_to_read(path: Path, name: str, tell: Callable[[str], None]) -> str:
    """Return whether to read a ``file``, ``load`` a folder or ``call`` a function."""
    if not path.exists() and CALL.fullmatch(name):
        tell(f"note: running your code `{name}` to get the model")
        return "call"
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        _check_folder(path, name)
        tell(
            f"note: loading the SavedModel `{name}` with TensorFlow, which runs code "
            "in it"
        )
        return "load"
    check_file(path, name)
    return "file"


def check_file(path: Path, name: str) -> None:
    """Refuse a file that is not a regular file or is too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise not_a_model(name, "it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise too_large(name, "a file", status.st_size, LARGEST_FILE)


def _check_folder(path: Path, name: str) -> None:
    """Refuse a folder that is not a SavedModel, or can't be loaded."""
    files = {
        "config.json": "it is the folder of an unpacked `.keras` archive: pack the "
        "folder with zip",
        "model.json": "it is a folder: name the `model.json` in the folder",
    }
    for file, reason in files.items():
        if (path / file).exists():
            raise not_a_model(name, reason)
    if not (path / "saved_model.pb").exists():
        raise not_a_model(name, "it is a folder without a saved_model.pb")
    if importlib.util.find_spec("tensorflow") is None:
        raise refused(
            PackageMissing,
            path=name,
            package="TensorFlow",
            command=installation("keras"),
        )


def run(
    target: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Diagnostics,
    say: Callable[[str], None],
    weights_read: str | Path = "",
    shown: str = "",
    limits: AbstractContextManager[None] | None = None,
) -> ImportOutcome | None:
    """Import a model; return None if reading it or writing the files fails.

    Parameters
    ----------
    target :
        See `snnc.importer.read`.
    weights_file, output :
        The files to write, or None. If there are two, either both are written or none.
    report :
        Receives every problem, including problems in the spec.
    weights_read :
        See `snnc.importer.read`.
    shown :
        The model's name in messages; by default ``target``.
    limits :
        A context that limits time and memory; all weights are read inside it.
    """
    shown = shown or target
    try:
        with ExitStack() as stack:
            with limits or nullcontext():
                model, weights = read(target, say, weights_read)
                if weights is not None:
                    stack.enter_context(weights)
                # A spec depends on the signs of norms before a maximum, or on a range.
                kinds = [layer.kind for layer in model.layers]
                is_used = any("Max" in k or k == "Normalization" for k in kinds)
                if weights_file is None and not is_used:
                    weights = None
                elif weights is not None and limits is not None:
                    weights.load()
            return outcome(shown, model, weights, request, weights_file, output, report)
    except RefusedModelError as error:
        report.add(error.at(shown).diagnostic)
        return None


@contextmanager
def saved_by_code(how: str, target: str) -> Iterator[Path]:
    """Get a model and save it to a file in a temporary folder.

    The code's output goes to stderr.

    Parameters
    ----------
    how :
        ``call`` for a ``module:function``, or ``load`` for the folder of a SavedModel.

    Raises
    ------
    RefusedModelError
        If the code returns no model. A traceback on stderr shows where it failed.
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
            raise failed(
                how, target, f"{kind}: {reason}" if reason else kind
            ) from error
        yield file


def failed(how: str, target: str, reason: str, meant: str = "") -> RefusedModelError:
    """Refuse code that returns no model; suggest a function, or what to check."""
    way_out = "load it in Keras and save it with `model.save('model.keras')`"
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
