"""Lets one build at a time write a package.

The marker is made before the first file is written, says what will be written, and is
removed after the lock. One that nobody holds tells of a build that did not end.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from snnc.output.records import MARKER, announcement

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@dataclass(frozen=True, slots=True)
class Hold:
    """A package's folder, held for one build; ``handle`` is that of the marker."""

    marker: Path
    handle: int

    def announce(self, texts: Mapping[str, str]) -> None:
        """Say what will be written, so that the next build takes it for snnc's.

        What builds have announced that did not end stays: any of it may be there.

        Raises
        ------
        OSError
            If there is no room for it.
        """
        size = os.fstat(self.handle).st_size
        try:
            with open(self.handle, "ab", closefd=False) as file:
                file.write(announcement(texts).encode("utf-8"))
        except OSError as error:
            os.ftruncate(self.handle, size)
            raise OSError(error.errno, error.strerror, str(self.marker)) from error

    def finish(self) -> None:
        """Say that the package is whole: nothing is left to be taken for snnc's."""
        os.ftruncate(self.handle, 0)

    def release(self) -> None:
        """Let the next build in; the marker goes unless it tells something."""
        _release(self.marker, self.handle, stays=os.fstat(self.handle).st_size > 0)


@contextmanager
def exclusive(folder: Path, waiting: Callable[[Path], None]) -> Iterator[Hold]:
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
    hold = Hold(marker, _acquire(marker, waiting))
    try:
        yield hold
    finally:
        hold.release()


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

    # What is locked can't be read, so it is a byte that is not there.
    _BEYOND = 1 << 30

    def _lock(handle: int, waiting: Callable[[], None]) -> None:
        os.lseek(handle, _BEYOND, os.SEEK_SET)
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

    def _release(marker: Path, handle: int, stays: bool) -> None:
        """Close first: Windows removes no open file, nor one that another waits on."""
        os.close(handle)
        if not stays:
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

    def _release(marker: Path, handle: int, stays: bool) -> None:
        """Remove first: what waits for the lock then sees that its file is gone."""
        if not stays:
            with suppress(FileNotFoundError):
                marker.unlink()
        os.close(handle)
