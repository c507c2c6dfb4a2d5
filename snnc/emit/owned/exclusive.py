"""Lets one build at a time write a package.

The marker is made before the first file is written and removed after the lock, so
one that nobody holds tells of a build that was killed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARKER = ".snnc-building"

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def exclusive(folder: Path, waiting: Callable[[Path], None]) -> Iterator[None]:
    """Hold a package's folder, which is made if it does not exist.

    Parameters
    ----------
    folder
        The folder of the package.
    waiting
        Called with the folder, once, if another build holds it.

    Raises
    ------
    OSError
        If the folder or the marker can't be made.
    """
    marker = folder / MARKER
    handle = _acquire(marker, waiting)
    try:
        yield
    finally:
        _release(marker, handle)


def _acquire(marker: Path, waiting: Callable[[Path], None]) -> int:
    """Open and lock the marker until it is the one that others would find too."""
    while True:
        handle = _open(marker)
        _lock(handle, lambda: waiting(marker.parent))
        if _is_at(handle, marker):
            return handle
        os.close(handle)


def _open(marker: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    marker.parent.mkdir(parents=True, exist_ok=True)
    try:
        return os.open(marker, flags, 0o666)
    except FileNotFoundError:  # another build has just removed the empty folder
        marker.parent.mkdir(parents=True, exist_ok=True)
        return os.open(marker, flags, 0o666)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, waiting: Callable[[], None]) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            waiting()
            while not _locked(handle):
                pass

    def _locked(handle: int) -> bool:
        """Wait for ten seconds at most, as this call of Windows does."""
        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        except OSError:
            return False
        return True

    def _release(marker: Path, handle: int) -> None:
        """Close first: Windows removes no open file, nor one that another waits on."""
        os.close(handle)
        with suppress(OSError):
            marker.unlink()

else:
    import fcntl

    def _lock(handle: int, waiting: Callable[[], None]) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise

    def _release(marker: Path, handle: int) -> None:
        """Remove first: what waits for the lock then sees that its file is gone."""
        with suppress(FileNotFoundError):
            marker.unlink()
        os.close(handle)
