# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Write files completely or not at all, and run programs that do so."""

from __future__ import annotations

import argparse
import glob
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import IO

PART = ".snnc-part"
"""The suffix of a file that is being written."""

RENAMED_WITHIN = 60  # seconds, far more than from closing to renaming a file


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


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that replaces another file when it is complete.

    The new file is written next to the old one, then renamed. It keeps the
    mode of the old file, and a link stays a link. Anything that is not a
    regular file, such as ``/dev/stdout``, is written directly. New files that
    killed processes left unfinished are removed.

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
        remove_abandoned(target)
        with ExitStack() as stack:
            # Another writer can remove a part that is not locked yet.
            while part is None or not os.path.exists(part):
                part = _part_prefix(target) + os.urandom(4).hex() + PART
                file = stack.enter_context(open(part, "xb", opener=opener))
                stack.enter_context(_locked(file))
            yield file
            file.close()
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


def remove_abandoned(path: str | os.PathLike[str]) -> None:
    """Remove unfinished new files of a path, except those in use."""
    pattern = glob.escape(_part_prefix(path)) + "?" * 8 + PART
    for part in glob.glob(pattern):
        with suppress(OSError):  # it is in use, or another writer removed it
            _remove_unused(part)


def _part_prefix(path: str | os.PathLike[str]) -> str:
    """Return the beginning of the paths of a file's parts."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name[:40]}.")


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    """Lock an open file, also after it is closed, where locks exist."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    # A duplicate keeps the lock when the file is closed, until its rename.
    duplicate = os.dup(file.fileno())
    try:
        with suppress(OSError):  # the file system has no locks
            fcntl.flock(duplicate, fcntl.LOCK_EX)
        yield
    finally:
        os.close(duplicate)


def _remove_unused(part: str) -> None:
    """Remove a part. Raises OSError if it is in use, or if that is unknown."""
    try:
        import fcntl
    except ImportError:
        # Windows removes no open file. Leave the time to rename a closed one.
        if time.time() - os.path.getmtime(part) > RENAMED_WITHIN:
            os.unlink(part)
        return
    # A shared lock needs no right to write. A pipe must not block.
    descriptor = os.open(part, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.unlink(part)
    finally:
        os.close(descriptor)
