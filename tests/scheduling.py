"""Reduce the messages between processes that share the tests.

A test may take a millisecond; its place in a queue and three reports take longer.
"""

import functools
import re
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

SLOW = re.compile(r"\bpytest\.mark\.slow\b")


class FileScheduling(LoadGroupScheduling):
    """Hands out fast tests by whole files, slow ones each by itself or in their group.

    A queue of single tests is counted from its beginning after each of them.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # but keeps slow files before others
        self._all_are_fast = config.option.markexpr == "not slow"
        self._root = config.rootpath

    def _split_scope(self, nodeid: str) -> str:
        scope = super()._split_scope(nodeid)
        if scope != nodeid:
            return scope
        file, _, _ = nodeid.partition("::")
        is_whole = self._all_are_fast or not _has_slow(self._root / file)
        return file if is_whole else nodeid


@functools.cache
def _has_slow(file: Path) -> bool:
    return SLOW.search(file.read_text(encoding="utf-8")) is not None


def run_quietly(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test, and report its setup and teardown only if they fail."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
