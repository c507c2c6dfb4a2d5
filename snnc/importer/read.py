"""Reads a Keras model, from whatever it is written in."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from snnc.importer.files import CONFIG, Read, read_archive, read_hdf5, read_json
from snnc.importer.foreign import BEGINNING, HDF5, ZIP, not_a_model, refuse_bytes
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.models import ModelTooLarge, PythonSource

LARGEST_FILE = 4 * 2**30
"""Bytes: VGG16 with the state of its optimizer has 1.7 GB."""
CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def read(target: str | Path, tell: Callable[[str], None] | None = None) -> Read:
    """Read a model, and open its weights.

    Parameters
    ----------
    target :
        A `.keras` or `.h5` file or the text of ``to_json()``, told apart by content and
        not by name; the folder of a SavedModel; or ``module:function``.
    tell :
        Is given a sentence before code is run, which only the last two take; by default
        it goes to stderr.

    Returns
    -------
    tuple of Model and Weights, or Model and None
        None where only the architecture is written down. The weights are a context
        manager; nothing of them is read before it is asked for.

    Raises
    ------
    RefusedError
        Whatever is wrong, with the diagnostic.
    """
    name = target if isinstance(target, str) else target.as_posix()
    try:
        return _read(name, tell or _to_stderr)
    except RefusedError as error:
        raise error.at(name) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RefusedError(FileMissing(span=NOWHERE, name=name)).at(name) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or str(error)
        refusal = FileUnreadable(span=NOWHERE, name=name, reason=reason)
        raise RefusedError(refusal).at(name) from error


def _read(name: str, tell: Callable[[str], None]) -> Read:
    path = Path(name)
    if not path.exists() and CALL.fullmatch(name):
        from snnc.importer.process import read_call

        return read_call(name, tell)
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        return _read_folder(path, name, tell)
    if not stat.S_ISREG(status.st_mode):
        raise not_a_model(name, "it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise RefusedError(
            ModelTooLarge(
                span=NOWHERE,
                path=name,
                what="a file",
                size=status.st_size,
                limit=LARGEST_FILE,
            )
        )
    return _read_file(path, name)


def _read_folder(path: Path, name: str, tell: Callable[[str], None]) -> Read:
    if (path / "saved_model.pb").exists():
        from snnc.importer.process import read_saved_model

        return read_saved_model(name, tell)
    if (path / CONFIG).exists():
        reason = "it is the folder of an unpacked `.keras` archive: pack it with zip"
        raise not_a_model(name, reason)
    raise not_a_model(name, "it is a folder without a saved_model.pb")


def _read_file(path: Path, name: str) -> Read:
    with path.open("rb") as file:
        head = file.read(BEGINNING + len(HDF5))
    if head.startswith(HDF5) or head[BEGINNING:] == HDF5:
        return read_hdf5(path, name)
    if head.startswith(ZIP):
        return read_archive(path, name)
    if path.suffix == ".py":
        raise RefusedError(PythonSource(span=NOWHERE, path=name, module=path.stem))
    refuse_bytes(name, head)
    return read_json(path, name)


def _to_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
