"""Save the results of a sweep as JSON lines; the first line identifies the sweep."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from snnc.output.imported import CannotRunError
from snnc.runtime.files import write_file
from snnc.text.display import Json


class SavedRun(NamedTuple):
    """The first line of a checkpoint, and the complete lines after it.

    The header is None if the first line is not a JSON object.
    """

    header: Json | None
    lines: tuple[Json, ...]


class Checkpoint:
    """A file of a new or a saved run, to which lines are added; each is saved at once.

    Raise OSError if the file can't be written.
    """

    def __init__(self, path: Path, header: Json, saved: SavedRun | None) -> None:
        lines = () if saved is None else saved.lines
        write_file(path, "".join(f"{json.dumps(line)}\n" for line in (header, *lines)))
        self._file: IO[str] = path.open("a", encoding="utf-8", newline="\n")

    def add(self, content: Json) -> None:
        """Write a line, or raise OSError with the name of the file."""
        try:
            self._file.write(json.dumps(content) + "\n")
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

    Raise CannotRunError if another run is writing it. A place without locks, or that
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
        raise CannotRunError(f"{path} is in use by another run: {advice}") from error
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
    first, *others = map(_read_line, data.splitlines())
    # A killed process may have left an incomplete line at the end.
    return SavedRun(first, tuple(line for line in others if line is not None))


def _read_line(line: bytes) -> Json | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
