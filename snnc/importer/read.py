"""Read a Keras model in any of its formats, and import it."""

from __future__ import annotations

import importlib.util
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.importer.files import read_file
from snnc.importer.formats import not_a_model
from snnc.importer.model import (
    NOWHERE,
    KerasModel,
    ModelWeights,
    RefusedModelError,
    StoredWeights,
    refused,
    too_large,
)
from snnc.importer.outcome import ImportOutcome, outcome
from snnc.importer.request import ImportRequest
from snnc.importer.user_code import saved_by_code
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.models import PackageMissing, WeightsUnclear
from snnc.text.installing import installation

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
        how = how_to_read(Path(name), name, tell or _to_stderr)
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
    if (path / "config.json").exists():
        reason = (
            "it is the folder of an unpacked `.keras` archive: pack the folder with zip"
        )
        raise not_a_model(name, reason)
    if (path / "model.json").exists():
        raise not_a_model(name, "it is a folder: name the `model.json` in the folder")
    if not (path / "saved_model.pb").exists():
        raise not_a_model(name, "it is a folder without a saved_model.pb")
    if importlib.util.find_spec("tensorflow") is None:
        raise refused(
            PackageMissing,
            path=name,
            package="TensorFlow",
            command=installation("keras"),
        )


def _to_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


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
                if weights_file is None and not _depends_on_weights(model):
                    weights = None
                elif weights is not None and limits is not None:
                    weights.load()
            return outcome(shown, model, weights, request, weights_file, output, report)
    except RefusedModelError as error:
        report.add(error.at(shown).diagnostic)
        return None


def _depends_on_weights(model: KerasModel) -> bool:
    """Whether a spec depends on weights: on the signs of norms, or on a range."""
    kinds = [layer.kind for layer in model.layers]
    return any("Max" in kind or kind == "Normalization" for kind in kinds)
