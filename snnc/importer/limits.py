"""How much time and memory the process that reads a model's file may take."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MEMORY = 2 * 2**30
"""Bytes of the process: an array of the largest size, and what surrounds it."""
SECONDS = 10
BYTES_PER_SECOND = 20 * 2**20
"""VGG16 (553 MB), which takes a second, may take 36."""
CLOCK = 6
"""Seconds by the clock for each second of a processor: disks and other programs."""


def seconds(file: Path) -> int:
    """Return the seconds of a processor in which a file has to be read."""
    return SECONDS + file.stat().st_size // BYTES_PER_SECOND


def limit(processor: int) -> None:
    """Have the system stop this process; where it can't, only the clock does.

    Parameters
    ----------
    processor :
        Seconds; the process then ends by SIGXCPU. Above `MEMORY`, allocation fails.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, processor)
    _lower(resource.RLIMIT_AS, MEMORY)


def _lower(kind: int, value: int) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    if soft < 0 or soft > value:  # below 0: no limit
        with suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (value, hard))
