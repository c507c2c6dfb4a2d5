# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Write files completely or not at all, and run programs that do so."""

from __future__ import annotations

import argparse
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO

PART = ".snnc-part"
"""The suffix of a file that is being written."""
ABANDONED = 3600
"""The seconds without a change after which such a file has no writer."""


class UserError(Exception):
    """An error that users can fix; programs print no traceback for it."""


def make_parser(
    prog: str,
    does: str,
    data: str = ".npz file with x and y",
    weights: str = "file to read",
) -> argparse.ArgumentParser:
    """Return a program's parser with ``--data`` and ``--weights``."""
    parser = argparse.ArgumentParser(prog=prog, description=does)
    parser.add_argument("--data", required=True, help=data)
    parser.add_argument("--weights", required=True, help=weights)
    return parser


def whole(text: str, least: int = 0) -> int:
    """Return an option's value, a whole number of at least ``least``."""
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not {least} or more")
    return int(text)


positive = partial(whole, least=1)


def run_program(prog: str, run: Callable[[], None]) -> int:
    """Run a program; print errors that users can fix; return the status."""
    try:
        run()
    except BrokenPipeError:
        # A reader such as ``head`` closed stdout: let Python exit silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (UserError, ModuleNotFoundError, OSError) as error:
        print(f"{prog}: {reason(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def reason(error: Exception) -> str:
    """Return an error's text; for an OSError, the file and the cause."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}"
    return str(error)


def warn(warning: str | None) -> None:
    """Print a warning, if there is one, to stderr."""
    if warning is not None:
        print(f"warning: {warning}", file=sys.stderr)


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file like `replacing`; text is encoded as UTF-8."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path) as file:
        file.write(data)


def _remove_abandoned(folder: str, start: str) -> None:
    """Remove the incomplete files of killed writers of a file.

    Another process, even on another machine, may be writing the same file, so
    only files without changes for `ABANDONED` seconds are removed.
    """
    with suppress(OSError), os.scandir(folder or os.curdir) as entries:
        for entry in entries:
            if not entry.name.startswith(start):
                continue
            if not entry.name.endswith(PART):
                continue
            if time.time() - entry.stat().st_mtime > ABANDONED:
                os.unlink(entry.path)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that replaces another file when it is complete.

    The new file is written next to the old one, then renamed. It keeps the
    mode of the old file, and a link stays a link. Anything that is not a
    regular file, such as ``/dev/stdout``, is written directly.

    Raises OSError, which names ``path``, if the file can't be written. An
    existing file then stays.
    """
    mode = os.stat(path).st_mode if os.path.exists(path) else None

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
        start = f".{name[:40]}."
        _remove_abandoned(folder, start)
        own = f"{start}{os.urandom(4).hex()}{PART}"
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
