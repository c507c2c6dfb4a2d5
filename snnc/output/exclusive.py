"""Let only one build at a time write a package."""

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

    Parameters
    ----------
    folder
        The folder of the package.
    waiting
        Called once with the folder if another build has locked it.

    Raises
    ------
    OSError
        If the folder or the lock file can't be created.
    """
    lock = _acquire(folder, waiting)
    try:
        yield
    finally:
        # A waiting build then finds that its file was removed, and creates another
        # file. Windows can't remove open files; there, the library removes the file
        # after the release.
        with suppress(OSError):
            (folder / MARKER).unlink()
        lock.release()


def _acquire(folder: Path, waiting: Callable[[Path], None]) -> BaseFileLock:
    # Import late: builds without changes save a tenth of a second.
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
            return lock  # the file system has no locks, so build without
        else:
            return lock
