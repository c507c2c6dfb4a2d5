"""Set up the process for all tests."""

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from benchmarks import record
from benchmarks.results import outdated
from snnc.interface.demo import stack
from tests.scheduling import FileScheduling, run_quietly


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which stack was tested: what nengo-dl is needed for is skipped without it."""
    terminalreporter.write_line(f"on {stack()}")
    if commands := outdated(record.read()):
        terminalreporter.write_line(
            "Pages show accuracies that were measured with other training code:"
            f" run `make results NAME=accuracy` ({len(commands)} commands)"
        )


_ALL_SLOW = re.compile(r"^pytestmark = (?:\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)

_IS_ONE_OF_TWO = "PYTEST_XDIST_WORKER" in os.environ

# How long an example takes depends on what else the machine does. A run draws the
# same examples each time, so that it fails for what changed; `make fuzz` draws new
# ones.
settings.register_profile(
    "snnc",
    deadline=None,
    derandomize="SNNC_FUZZ_TIMES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("snnc")

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with slow groups and files: the others end where two processes end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(
        key=lambda item: (
            item.path not in slow,
            item.get_closest_marker("xdist_group") is None,
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> FileScheduling | None:
    """Hand out what is fast by the file, where `make` asks for groups."""
    is_asked = config.getoption("dist") == "loadgroup"
    return FileScheduling(config, log) if is_asked else None


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Any:
    """Run a test without reports of its setup; None lets pytest run it."""
    return run_quietly(item, nextitem) if _IS_ONE_OF_TWO else None


def pytest_runtest_setup() -> None:
    """Let TensorFlow run its graphs as they are, wherever a test or a file imports it.

    To make a graph faster takes longer than all the steps that a test lets it run: half
    the time of a small training. Processes that tests start do as a user's do.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        as_they_are = {"disable_meta_optimizer": True}
        tensorflow.config.optimizer.set_experimental_options(as_they_are)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Let Keras train without graphs: to trace one takes longer than a few steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """Give the address of a cluster of two processes; ask for it with `CLUSTER`."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        yield cluster.scheduler_address


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
