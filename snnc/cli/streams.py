"""Standard streams that take whatever is written and remember what got lost.

A full disk, a reader that has gone or a closed stderr must neither end a run halfway,
with packages unwritten, nor pass unnoticed.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TextIO


class _Raw(io.RawIOBase):
    """A file that goes on taking bytes when it can't be written any more."""

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, data: Any, /) -> int:
        if self.error is None:
            try:
                return self._file.write(data) or 0
            except OSError as error:
                self.error = error
        return len(data)


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of a run."""

    stdout: _Raw | None

    @property
    def lost(self) -> OSError | None:
        """Why data did not reach stdout; None if all did, or nobody wants more."""
        error = self.stdout.error if self.stdout is not None else None
        return None if isinstance(error, BrokenPipeError) else error


@contextmanager
def lenient_streams() -> Iterator[Streams]:
    """Replace stdout and stderr for the time of a run.

    They take any text, such as paths that are no UTF-8, by escapes. What is not a
    file, as in tests and notebooks, stays as it is.
    """
    _occupy_closed()
    before = sys.stdout, sys.stderr
    stdout, out = _lenient(sys.stdout, 1)
    stderr, _ = _lenient(sys.stderr, 2)
    sys.stdout, sys.stderr = stdout, stderr
    try:
        yield Streams(out)
    finally:
        for stream in (stdout, stderr):
            with suppress(ValueError):  # the user's code may have closed it
                stream.flush()
        sys.stdout, sys.stderr = before


def _occupy_closed() -> None:
    """Give closed streams a file, lest the next that is opened gets their number.

    Each is opened the wrong way round, so that using it still fails.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def _lenient(stream: TextIO | None, number: int) -> tuple[TextIO, _Raw | None]:
    if stream is None:  # so Python shows a closed one
        raw = _Raw(io.FileIO(number, "wb", closefd=False))
        return _text(raw, "utf-8"), raw
    if not isinstance(stream, io.TextIOWrapper):
        return stream, None
    file = getattr(stream.buffer, "raw", stream.buffer)  # itself with `python -u`
    if not isinstance(file, io.RawIOBase):
        return stream, None
    stream.flush()
    raw = _Raw(file)
    return _text(raw, stream.encoding), raw


def _text(raw: _Raw, encoding: str) -> TextIO:
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer, encoding, errors="backslashreplace", write_through=True
    )
