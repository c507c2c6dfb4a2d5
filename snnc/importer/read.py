"""Reads a Keras model, from whatever it is written in, and imports it."""

from __future__ import annotations

import importlib.util
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Report
from snnc.importer.foreign import not_a_model
from snnc.importer.model import NOWHERE, KerasModel, ModelWeights, RefusedModelError
from snnc.importer.process import ModelReader
from snnc.importer.request import ImportRequest
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.models import ModelTooLarge, PackageMissing

if TYPE_CHECKING:
    from snnc.importer.outcome import ImportOutcome


Read = tuple[KerasModel, ModelWeights | None]

KERAS = "pip install 'snnc[keras]'"
LARGEST_FILE = 4 * 2**30
"""Bytes: VGG16 with the state of its optimizer has 1.7 GB."""
CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def read(
    target: str | Path,
    tell: Callable[[str], None] | None = None,
    weights: str | Path = "",
) -> Read:
    """Read a model, and open its weights.

    Parameters
    ----------
    target :
        A `.keras` or `.h5` file, the text of ``to_json()`` or a ``model.json`` of
        TensorFlow.js, told apart by content and not by name; the folder of a
        SavedModel; or ``module:function``.
    tell :
        Is given a sentence before code is run, which only the last two take; by default
        it goes to stderr.
    weights :
        A file of weights beside an architecture: what ``save_weights`` or ``save``
        wrote, of Keras 2 or 3.

    Returns
    -------
    tuple of Model and Weights, or Model and None
        None where only the architecture is written down. The weights are a context
        manager; nothing of them is read before it is asked for.

    Raises
    ------
    RefusedModelError
        Whatever is wrong, with the diagnostic.
    """
    return start(target, tell, weights).read()


def start(
    target: str | Path,
    tell: Callable[[str], None] | None = None,
    weights: str | Path = "",
) -> ModelReader:
    """Begin to read a model, in a process of its own, and don't wait for it.

    Raises
    ------
    RefusedModelError
        As `read`, if what is to be read is not there or no model's file.
    """
    name = target if isinstance(target, str) else target.as_posix()
    beside = weights if isinstance(weights, str) else weights.as_posix()
    with refusing(name):
        how = how_to_read(Path(name), name, tell or _to_stderr)
        if beside and how != "file":
            raise not_a_model(name, "`--weights` belongs to an architecture's file")
    if beside:
        with refusing(beside):
            check_file(Path(beside), beside)
    with refusing(name):
        return ModelReader(how, name, beside)


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Refuse, by its name, what is not there or what the system does not read.

    Raises
    ------
    RefusedModelError
        In place of `OSError`, and of what is raised for a name that can't be one.
    """
    try:
        yield
    except RefusedModelError as error:
        raise error.at(name) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        refusal: Diagnostic = FileMissing(span=NOWHERE, name=name)
        raise RefusedModelError(refusal).at(name) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or str(error)
        refusal = FileUnreadable(span=NOWHERE, name=name, reason=reason)
        raise RefusedModelError(refusal).at(name) from error


def how_to_read(path: Path, name: str, tell: Callable[[str], None]) -> str:
    """Return how `snnc.importer.reader` has to read something."""
    if not path.exists() and CALL.fullmatch(name):
        tell(f"note: `{name}` is code of yours: running it to get the model")
        return "call"
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        _check_folder(path, name)
        tell(f"note: `{name}` is a SavedModel: TensorFlow runs code in it to load it")
        return "load"
    check_file(path, name)
    return "file"


def check_file(path: Path, name: str) -> None:
    """Refuse what is no regular file, or too large a one."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise not_a_model(name, "it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise RefusedModelError(
            ModelTooLarge(
                span=NOWHERE,
                path=name,
                what="a file",
                size=status.st_size,
                limit=LARGEST_FILE,
            )
        )


def _check_folder(path: Path, name: str) -> None:
    """Refuse what is no SavedModel, or can't be loaded."""
    if (path / "config.json").exists():
        reason = "it is the folder of an unpacked `.keras` archive: pack it with zip"
        raise not_a_model(name, reason)
    if (path / "model.json").exists():
        raise not_a_model(name, "it is a folder: name the `model.json` in it")
    if not (path / "saved_model.pb").exists():
        raise not_a_model(name, "it is a folder without a saved_model.pb")
    if importlib.util.find_spec("tensorflow") is None:
        raise RefusedModelError(
            PackageMissing(span=NOWHERE, path=name, package="TensorFlow", command=KERAS)
        )


def _to_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def run(
    target: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
    say: Callable[[str], None],
    weights_read: str | Path = "",
    shown: str = "",
) -> ImportOutcome | None:
    """Import a model; None if it can't be read, or the files not be written.

    Parameters
    ----------
    target :
        See `snnc.importer.read`.
    weights_file, output :
        The files to write, or None; of two of them, both are written or none.
    report :
        Receives every problem, those of the spec included.
    weights_read :
        See `snnc.importer.read`.
    shown :
        What users call the model, if that is not ``target``.
    """
    reader, shown = None, shown or target
    try:
        reader = start(target, say, weights_read)
        # The compiler is loaded while another process reads the model.
        from snnc.importer.outcome import outcome

        model, weights = reader.read()
        return outcome(shown, model, weights, request, weights_file, output, report)
    except RefusedModelError as error:
        report.add(error.at(shown).diagnostic)
        return None
    finally:
        if reader is not None:
            reader.close()
