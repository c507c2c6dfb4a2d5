"""Keep several runs from writing the same results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snnc.output.imported import CannotRunError


@contextmanager
def reserve(path: Path) -> Iterator[None]:
    """Keep other runs from writing to a path.

    Raise CannotRunError if another run is writing it. A place without locks, or that
    can't be written, is not reserved.
    """
    from filelock import FileLock, Timeout  # few runs reserve a path

    target = Path(os.path.realpath(path))
    # A device such as /dev/null has no results that another run could damage.
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
        pass  # the run itself will report a place that can't be written
    try:
        yield
    finally:
        if lock.is_locked:
            # Windows can't remove an open file; there, the release removes it.
            with suppress(OSError):
                marker.unlink()
            lock.release()
