"""Checkpoints of sweeps, and parts of a run that are joined."""

import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snnc.output.imported import CannotRunError
from snnc.runtime.examples import Presentation
from snnc.tools.checkpoint import Checkpoint, read_checkpoint, reserve
from snnc.verbs.evaluate.measures import EvaluatedPart, SpanResult, whole_spans
from tests.commands import run_python
from tests.fuzz import runs

RUN = {"snnc": "sweep"}


def part(start: int, stop: int, presentation: Presentation = "row") -> EvaluatedPart:
    return replace(runs.part(start, stop), presentation=presentation)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


@pytest.mark.parametrize(
    "damage", [b'{"b": ', b"\xff\xfe\n", b"[" * 100_000 + b"\n", b"1"]
)
def test_a_line_that_is_not_complete_is_left_out(path: Path, damage: bytes) -> None:
    with Checkpoint(path, RUN, None) as checkpoint:
        checkpoint.add({"a": 1})
    path.write_bytes(path.read_bytes() + damage)
    saved = read_checkpoint(path)
    assert saved is not None
    assert saved.header == RUN
    assert saved.lines == ({"a": 1},)
    with Checkpoint(path, RUN, saved) as checkpoint:
        checkpoint.add({"c": 2})
    assert read_checkpoint(path) == saved._replace(lines=({"a": 1}, {"c": 2}))


@pytest.mark.parametrize("text", ["mine\n", "[]\n", "9" * 5000 + "\n"])
def test_a_file_that_is_not_a_checkpoint_has_no_header(path: Path, text: str) -> None:
    path.write_text(text)
    saved = read_checkpoint(path)
    assert saved is not None
    assert saved.header is None


def test_an_output_in_use_is_refused(path: Path) -> None:
    told = (
        f"{path} is in use by another run: wait until it ends, or choose another name"
        " with `-o`"
    )
    with reserve(path):
        for name in (path, path.parent / "." / path.name):
            with pytest.raises(CannotRunError, match=f"^{re.escape(told)}$"):
                reserve(name).__enter__()
    with reserve(path):
        path.touch()
    assert [*path.parent.iterdir()] == [path]


RESERVED = """
import os, signal, sys
from pathlib import Path
from snnc.tools.checkpoint import reserve
reserve(Path(sys.argv[1])).__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_output_of_a_killed_run_is_free(path: Path) -> None:
    assert run_python("-c", RESERVED, path).returncode == -signal.SIGKILL
    with reserve(path):
        assert [*path.parent.iterdir()] != []
    assert [*path.parent.iterdir()] == []


def test_a_span_is_whole_once_its_last_examples_are_there() -> None:
    parts = part(0, 8), part(20, 25), part(8, 16), part(16, 20)
    seen = []

    def fresh() -> Iterator[SpanResult]:
        for each in parts:
            seen.append(each.start)
            span = (20, 25) if each.start == 20 else (0, 20)
            yield SpanResult(span, each, {}, np.zeros(0))

    whole = whole_spans(fresh())
    first = next(whole)
    assert (first.start, first.stop, seen) == (20, 25, [0, 20])
    (second,) = whole
    assert (second.start, second.stop) == (0, 20)
    joined = [parts[i].outputs for i in (0, 2, 3)]
    assert np.array_equal(second.outputs, np.concatenate(joined, axis=1))
    assert second.others.shape[0] == 20
    assert second.overflows == (0, 3, 6)
