"""What all tests need of the process that they run in."""

import gc
import re
import signal
from pathlib import Path
from typing import Literal

import pytest

from snnc.demo import stack


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which stack was tested: what nengo-dl is needed for is skipped without it."""
    terminalreporter.write_line(f"on {stack()}")


_ALL_SLOW = re.compile(r"^pytestmark = (?:\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)

# A shell that starts a command in the background lets it ignore Ctrl-C, and so would
# every process that a test starts to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Modules and tests are not garbage: to look for some while they are read takes a fifth
# of the time of that, and among them, again and again, a twentieth of all.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage from now on, seldom, and without what has been read."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_ignore_collect(
    collection_path: Path, config: pytest.Config
) -> Literal[True] | None:
    """Leave files of slow tests alone unread where none is asked for.

    To import TensorFlow and nengo-loihi for tests that are not run takes longer than
    a quarter of those that are.
    """
    if config.getoption("markexpr") != "not slow" or collection_path.suffix != ".py":
        return None
    is_slow = _ALL_SLOW.search(collection_path.read_text(encoding="utf-8"))
    return True if is_slow else None
