# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Write files whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

PART = ".snnc-part"
"""The suffix of a file that is being written."""


def reason(error: Exception) -> str:
    """Return an error's text; for an OSError the file and cause, no number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}"
    return str(error)


def show(text: str) -> None:
    """Print a text to stdout, until a reader such as ``head`` closes it."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        leave_pipe()


def leave_pipe() -> None:
    """Let Python exit silently after stdout was closed by its reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file, text as UTF-8, as `replacing` does.

    Raises OSError if it can't be written; an existing file stays.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that replaces another one once it is whole.

    It is written next to the other file, then renamed. The file keeps its
    mode, and a link stays a link. Anything that is not a regular file, such as
    ``/dev/stdout``, is written to directly.

    Raises OSError, naming ``path``, if it can't be written; an existing file
    stays.
    """
    mode = _mode(path)

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags, mode or 0o666)

    part = None
    try:
        if mode is not None and not stat.S_ISREG(mode):
            with open(path, "wb") as file:
                yield file
            return
        target = os.path.realpath(path)
        folder, name = os.path.split(target)
        own = f".{name[:40]}.{os.urandom(4).hex()}{PART}"
        part = os.path.join(folder, own)
        with open(part, "xb", opener=opener) as file:
            yield file
        if mode is not None:
            os.chmod(part, stat.S_IMODE(mode))
        os.replace(part, target)
    except OSError as error:
        if error.errno is None or error.filename not in (None, part):
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        if part is not None:
            with suppress(FileNotFoundError):
                os.unlink(part)


def _mode(path: str | os.PathLike[str]) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None
