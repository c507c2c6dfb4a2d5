"""Run ``snnc import`` in a child process, which ends even if reading a file does not.

The child is a fork, because a new process would import the command line again. While it
reads a model, its CPU time and memory are limited. If the HDF5 library crashes, only
the child ends. Systems without forks, such as Windows, read in the same process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.importer.model import NOWHERE, RefusedModelError
from snnc.rules.models import DamagedModel, ReadingStopped

SECONDS = 10
BYTES_PER_SECOND = 20 * 2**20
"""Reading VGG16 (553 MB) takes 2 s; the limit is 36 s."""
MEMORY = 2 * 2**30
LIMIT = "SNNC_IMPORT_SECONDS"
"""The environment variable with the time limit of the child, in seconds."""


def is_child() -> bool:
    """Return whether this process is the child."""
    return LIMIT in os.environ


def fork_reader(*files: Path) -> int | Diagnostic | None:
    """Fork a child, and wait for it; the first of the files that it reads is the model.

    Returns
    -------
    int or Diagnostic or None
        The exit status, or the reason why the child did not end by itself. None in the
        child, and on systems without forks.
    """
    if not hasattr(os, "fork"):
        return None
    size = sum(file.stat().st_size for file in files if file.is_file())
    seconds = SECONDS + size // BYTES_PER_SECOND
    child = os.fork()
    if not child:
        os.environ[LIMIT] = str(seconds)
        os.environ["OMP_NUM_THREADS"] = "1"  # more stacks would count as memory
        return None
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:  # a signal
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    return status if status >= 0 else _reason(-status, files[0].as_posix(), seconds)


def _reason(number: int, path: str, seconds: int) -> Diagnostic:
    """Describe why a signal ended the child."""
    name = signal.Signals(number).name
    limits = {"SIGXCPU": f"{seconds} s", "SIGKILL": "the free memory"}
    if name in limits:
        return ReadingStopped(span=NOWHERE, path=path, limit=limits[name])
    reason = f"{name} ended the library that reads the file"
    return DamagedModel(span=NOWHERE, path=path, reason=reason)


@contextmanager
def reading_limits(path: str) -> Iterator[None]:
    """Limit the memory and time of the child; SIGXCPU ends it after the time limit.

    Raises
    ------
    RefusedModelError
        Instead of MemoryError.
    """
    try:
        import resource  # missing on Windows
    except ImportError:  # Windows
        yield
        return
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(os.environ[LIMIT]),
        resource.RLIMIT_AS: MEMORY,
    }
    before = {kind: resource.getrlimit(kind) for kind in limits}
    try:
        for kind, (soft, hard) in before.items():
            if soft < 0 or soft > limits[kind]:  # negative: no limit
                with suppress(ValueError, OSError):  # macOS can't limit memory
                    resource.setrlimit(kind, (limits[kind], hard))
        yield
    except MemoryError as error:
        limit = f"{MEMORY // 2**30} GiB of memory"
        stopped = ReadingStopped(span=NOWHERE, path=path, limit=limit)
        raise RefusedModelError(stopped) from error
    finally:
        for kind, old in before.items():
            resource.setrlimit(kind, old)
