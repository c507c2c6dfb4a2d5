"""Share settings of the fuzzing targets: number of examples, corpus, time limit."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CORPUS = Path(__file__).parent / "corpus"

TIMES = int(os.environ.get("SNNC_FUZZ_TIMES", "1"))
"""How many times the examples of a short run a target draws; `make fuzz` sets it."""


def fuzz(examples: int = 100) -> settings:
    """Return the settings of a target, with its number of examples in `make test`.

    A short run draws the same examples each time. A long run, with `SNNC_FUZZ_TIMES`
    above 1, draws new ones.
    """
    short = TIMES == 1
    return settings(
        max_examples=examples * TIMES,
        derandomize=short,
        database=None,
        print_blob=not short,
        suppress_health_check=[
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
            HealthCheck.too_slow,
        ],
    )


def seeds(room: str) -> list[Path]:
    """Return the inputs in `corpus/ROOM` that a target runs first."""
    return sorted(path for path in (CORPUS / room).iterdir() if path.is_file())


def seed_paths(room: str) -> pytest.MarkDecorator:
    """Run a test with the ``path`` of each input of a room's corpus."""
    return pytest.mark.parametrize("path", seeds(room), ids=lambda path: path.name)


class TooSlowError(Exception):
    """A target took more processor time than it may."""


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Stop what takes more of this process's own time, however busy the machine is.

    Regular expressions are stopped too; C code that never looks for signals is not:
    run that in a process of its own.

    Raises
    ------
    TooSlowError
        Out of the code that runs too long.
    """

    def stop(number: int, frame: FrameType | None) -> Any:
        raise TooSlowError(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
