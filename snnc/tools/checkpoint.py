"""Save the results of a run as JSON lines; the first line identifies the run.

Each line ends with a digest of itself and the first line. Damaged lines, and lines from
another run, are ignored, so that their parts run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from snnc.runtime.files import write_file
from snnc.text.display import Json
from snnc.text.tables import counted
from snnc.tools.opening import RefusedRunError

DIGITS = 16
_SEAL = re.compile(r', "sha256": "[0-9a-f]*"\}$')


class SavedRun(NamedTuple):
    """The valid lines of a checkpoint, the number of damaged lines, and the valid text.

    ``header`` is the run's identity; None if the first line is not a JSON object.
    """

    header: Json | None
    lines: tuple[Json, ...]
    damaged: int
    text: str


class Checkpoint:
    """A file of a new or a saved run, to which lines are added; each is saved at once.

    Raise OSError if the file can't be written.
    """

    def __init__(self, path: Path, header: Json, saved: SavedRun | None) -> None:
        text = f"{json.dumps(header)}\n" if saved is None else saved.text
        if saved is not None and saved.damaged:
            told = counted(saved.damaged, "damaged line")
            does = "its part runs" if saved.damaged == 1 else "their parts run"
            print(f"warning: {path} has {told}: {does} again", file=sys.stderr)
        write_file(path, text)
        self._first = text.partition("\n")[0]
        self._file: IO[str] = path.open("a", encoding="utf-8", newline="\n")

    def add(self, content: Json) -> None:
        """Write a line, or raise OSError with the name of the file."""
        try:
            self._file.write(_seal(self._first, json.dumps(content)) + "\n")
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._file.name) from error

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # the failed write is reported
            self._file.close()


@contextmanager
def reserve(path: Path) -> Iterator[None]:
    """Keep other runs from writing a checkpoint.

    Raise RefusedRunError if another run is writing it. A place without locks, or that
    can't be written, is not reserved.
    """
    from filelock import FileLock, Timeout  # few runs have a checkpoint

    target = Path(os.path.realpath(path))
    is_device = target.exists() and not target.is_file()
    if is_device or not target.parent.is_dir():
        yield
        return
    marker = target.with_name(f".{target.name}.snnc-running")
    lock = FileLock(marker)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        advice = "wait until it ends, or choose another name with `-o`"
        raise RefusedRunError(f"{path} is in use by another run: {advice}") from error
    except OSError:
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            # Windows can't remove an open file; there, the release removes it.
            with suppress(OSError):
                marker.unlink()
            lock.release()


def read_checkpoint(path: Path) -> SavedRun | None:
    """Return a file's content, or raise OSError; None if it is empty or missing."""
    data = path.read_bytes() if path.is_file() else b""
    if not data:
        return None
    # A killed process may have left an incomplete line at the end.
    whole = data[: data.rfind(b"\n") + 1].decode("utf-8", "replace").split("\n")[:-1]
    first, *others = whole or [""]
    known = [line for line in others if line == _seal(first, _SEAL.sub("}", line))]
    try:
        header = json.loads(first)
    except (ValueError, RecursionError):
        header = None
    lines, damaged = tuple(map(json.loads, known)), len(others) - len(known)
    text = "".join(f"{line}\n" for line in (first, *known))
    return SavedRun(header if isinstance(header, dict) else None, lines, damaged, text)


def _seal(first: str, body: str) -> str:
    digest = hashlib.sha256((first + body).encode()).hexdigest()[:DIGITS]
    return f'{body[:-1]}, "sha256": "{digest}"}}'
