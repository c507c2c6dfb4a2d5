"""Small files that a user names: read whole, or refused at once."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 256 * 1024
"""Bytes of the largest spec or device."""


class NotRegularError(OSError):
    """A pipe, a socket or a device."""


class TooLargeError(OSError):
    """A file of more than ``LARGEST`` bytes: of at least ``size``."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(errno.EFBIG, f"more than {LARGEST} bytes", str(path))
        self.size = size


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file; a pipe is not even opened.

    Raises
    ------
    OSError
        `IsADirectoryError`, `NotRegularError`, `TooLargeError`, or what the operating
        system refuses.
    ValueError
        If the path can't be one.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, "not a regular file", str(path))
    size = status.st_size
    if size <= LARGEST:
        data = _beginning(path)
        if len(data) <= LARGEST:
            return data
        size = len(data)
    raise TooLargeError(path, size)


def _beginning(path: Path) -> bytes:
    """As much as tells whether a file is too large: some have no end and no size."""
    with open(path, "rb", opener=_open_at_once) as file:
        return file.read(LARGEST + 1) or b""


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe may have taken the file's place, or none write."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
