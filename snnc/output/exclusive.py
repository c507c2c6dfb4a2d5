"""Let one build at a time write a package."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.output.records import MARKER

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL = 0.02  # seconds
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def exclusive(folder: Path, waiting: Callable[[Path], None]) -> Iterator[None]:
    """Lock a package's folder, and create it if it does not exist.

    Raise OSError if the folder or the locked file can't be made.

    Parameters
    ----------
    folder
        The folder of the package.
    waiting
        Called with the folder, once, if another build holds it.
    """
    lock = _acquire(folder, waiting)
    try:
        yield
    finally:
        # A waiting build then finds its file removed, and creates another one. Windows
        # removes no open file: there the library does it after the release.
        with suppress(OSError):
            (folder / MARKER).unlink()
        lock.release()


def _acquire(folder: Path, waiting: Callable[[Path], None]) -> BaseFileLock:
    # Builds without changes don't import it, which saves a tenth of a second.
    from filelock import FileLock, Timeout

    lock, told = FileLock(folder / MARKER), False
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=-1 if told else 0, poll_interval=POLL)
        except Timeout:
            waiting(folder)
            told = True
        except FileNotFoundError:  # another build has just removed the empty folder
            continue
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return lock  # a file system without locks: build without
        else:
            return lock
