"""Checkpoints of interrupted runs, damaged checkpoints, and joined parts."""

import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from snnc.runtime.data import Examples
from snnc.runtime.examples import Presentation
from snnc.tools.checkpoint import Checkpoint, reserve
from snnc.tools.evaluate.exact import MARK, read_saved, restored_parts
from snnc.tools.evaluate.measures import (
    JSON_PARTS,
    EvaluatedPart,
    SpanResult,
    whole_spans,
)
from snnc.tools.evaluate.task import Task
from snnc.tools.opening import RefusedRunError
from tests.commands import run_python
from tests.fuzz import runs

RUN = {
    **MARK,
    "weights": "abc",
    "steps": 20,
    "examples": 10,
    "sample": 2,
    "presentation": "row",
}


def part(start: int, stop: int, presentation: Presentation = "row") -> EvaluatedPart:
    return replace(runs.part(start, stop), presentation=presentation)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def reopen(path: Path, resume: bool = True) -> list[EvaluatedPart]:
    """Return the parts that a run would go on with, having begun to."""
    saved = read_saved(path, RUN, resume)
    Checkpoint(path, RUN, saved).__exit__()
    return restored_parts(saved)


def write(path: Path, *parts: EvaluatedPart, resume: bool = False) -> None:
    with Checkpoint(path, RUN, read_saved(path, RUN, resume)) as checkpoint:
        for each in parts:
            checkpoint.add(JSON_PARTS.dump_python(each))


def starts(path: Path) -> list[int]:
    return [part.start for part in reopen(path)]


def test_parts_come_back_to_the_last_bit(path: Path) -> None:
    parts = part(4, 8), part(0, 4, "rest")
    write(path, *parts)
    for found, want in zip(reopen(path), parts, strict=True):
        np.testing.assert_equal(asdict(found), asdict(want))


def test_half_a_line_is_run_again(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(path, part(0, 4), part(4, 8))
    path.write_bytes(path.read_bytes()[:-9])
    assert starts(path) == [0]
    write(path, part(4, 8), resume=True)
    assert starts(path) == [0, 4]
    assert capsys.readouterr().err == ""  # any kill may do that


@pytest.mark.parametrize("stop", [4, 10])
def test_a_run_that_lacks_parts_or_its_sample_is_not_overwritten(
    path: Path, stop: int
) -> None:
    write(path, part(0, stop))
    before = path.read_bytes()
    with pytest.raises(RefusedRunError, match=f"{stop} of 10 examples"):
        write(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("parts", [[], [part(0, 10), part(0, 2, "rest")]])
def test_an_empty_or_whole_run_is(path: Path, parts: list[EvaluatedPart]) -> None:
    write(path, *parts)
    assert read_saved(path, {**RUN, "weights": "x"}, False) is None
    write(path, part(0, 3))
    assert [p.stop for p in reopen(path)] == [3]


OTHER = '{"snnc": "evaluation", "version": 3, "examples": 1, "presentation": "rest"}\n'
FOREIGN = OTHER.replace("evaluation", "training")
NOT_JSON = ("mine\n", "half a line", "[" * 100_000 + "\n", "9" * 5000 + "\n")


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OTHER, "from another version of snnc"),
        *(
            (text, "is not a result file")
            for text in (FOREIGN, '{"a": 1}\n', '{"snnc": 1e999}\n', "[]\n", *NOT_JSON)
        ),
    ],
)
def test_other_files_stay(path: Path, text: str, said: str, resume: bool) -> None:
    path.write_text(text)
    with pytest.raises(RefusedRunError, match=said):
        reopen(path, resume)
    assert path.read_text() == text


DAMAGE: dict[str, Callable[[str], str]] = {
    "another number": lambda line: line.replace('"cores": 4', '"cores": 3'),
    "no JSON": lambda line: line[:-20],
    "nothing": lambda line: "",
    "no digest": lambda line: line.partition(', "sha256"')[0] + "}",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_runs_again_and_one_line_says_so(
    path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(path, part(0, 4), part(4, 8))
    lines = path.read_text().split("\n")
    lines[1] = DAMAGE[damage](lines[1])
    path.write_text(changed := "\n".join(lines))
    with pytest.raises(RefusedRunError, match="from an interrupted run"):
        reopen(path, resume=False)
    assert path.read_text() == changed
    assert starts(path) == [4]
    assert capsys.readouterr().err == (
        f"warning: {path} has 1 damaged line: its part runs again\n"
    )
    write(path, part(0, 4), resume=True)
    assert starts(path) == [4, 0]
    assert capsys.readouterr().err == ""


def test_lines_of_no_or_another_run_are_damage_and_doubled_ones_count_once(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = path.with_name("other.jsonl")
    write(path, part(0, 4), part(4, 8))
    with Checkpoint(other, {**RUN, "weights": "x"}, None) as checkpoint:
        checkpoint.add(JSON_PARTS.dump_python(part(8, 10)))
    own, foreign = (
        file.read_bytes().splitlines(keepends=True)[1] for file in (path, other)
    )
    for added, said in (
        (b"\xff\xfe\n", "has 1 damaged line: its part runs again"),
        (foreign * 2, "has 2 damaged lines: their parts run again"),
        (own, ""),
    ):
        path.write_bytes(path.read_bytes() + added)
        assert starts(path) == [0, 4]
        err = capsys.readouterr().err
        assert said in err if said else err == ""


def test_a_damaged_head_loses_nothing_unasked(path: Path) -> None:
    write(path, part(0, 4))
    path.write_text(changed := path.read_text().replace('"examples": 10', '"e": []'))
    with pytest.raises(RefusedRunError, match="from an interrupted run"):
        reopen(path, resume=False)
    with pytest.raises(RefusedRunError, match="had other examples;"):
        reopen(path)
    assert path.read_text() == changed


def test_a_device_is_written_to() -> None:
    write(Path("/dev/null"), part(0, 4))


def test_an_output_in_use_is_refused(path: Path) -> None:
    told = (
        f"{path} is in use by another run: wait until it ends, or choose another name"
        " with `-o`"
    )
    with reserve(path):
        for name in (path, path.parent / "." / path.name):
            with pytest.raises(RefusedRunError, match=f"^{re.escape(told)}$"):
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


def test_a_run_does_not_continue_with_other_arrays() -> None:
    x = np.zeros((3, 2), np.float32)
    y = np.arange(3)
    data = ((x, y), (x + 1, y), (x, y + 1), (x[:2], y[:2]))
    hashes = [
        Task(Mock(), {}, {}, Examples(x, np.arange(len(x)), y, None)).data_hash
        for x, y in (*data, data[0])
    ]
    assert len({*hashes}) == 4
    assert hashes[-1] == hashes[0]


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
    assert second.others.shape == (3, 20, 3)
    assert second.overflows == (0, 3, 6)
