"""How much time and memory the processes that read or try a model may take."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MEMORY = 2 * 2**30
"""Bytes of the process: an array of the largest size, and what surrounds it."""
SECONDS = 10
BYTES_PER_SECOND = 20 * 2**20
"""VGG16 (553 MB), which takes a second, may take 36."""
CLOCK = 6
"""Seconds by the clock for each second of a processor: disks and other programs."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a process may take.

    Attributes
    ----------
    processor :
        Seconds; the process then ends by SIGXCPU.
    memory :
        Bytes, above which allocation fails.
    """

    processor: int
    memory: int


CONVERTER = Limit(300, 8 * 2**30)
"""Importing TensorFlow and both libraries alone takes 7 s and 3 GiB of addresses."""


def of_file(*files: Path) -> Limit:
    """Return what reading files may take."""
    size = sum(file.stat().st_size for file in files)
    return Limit(SECONDS + size // BYTES_PER_SECOND, MEMORY)


def limit(most: Limit) -> None:
    """Have the system stop this process; where it can't, only the clock does."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, most.processor)
    _lower(resource.RLIMIT_AS, most.memory)


def _lower(kind: int, value: int) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    if soft < 0 or soft > value:  # below 0: no limit
        with suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (value, hard))
