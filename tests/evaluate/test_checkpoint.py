"""Checkpoints of interrupted runs, and damaged checkpoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnc.runtime.examples import Presentation
from snnc.tools.checkpoint import Checkpoint
from snnc.tools.evaluate.exact import MARK, read_saved, restored_parts
from snnc.tools.evaluate.measures import Compared, EvaluatedPart, record
from snnc.tools.evaluate.options import RefusedRunError
from snnc.tools.scores import Correlation, LayerFiring

RUN = {
    **MARK,
    "weights": "abc",
    "steps": 20,
    "examples": 10,
    "sample": 2,
    "presentation": "row",
}
NEURONS = {"c0": 12, "c1": 3}


def part(start: int, stop: int, presentation: Presentation = "row") -> EvaluatedPart:
    random, count = np.random.default_rng(start), stop - start
    spikes = {n: random.integers(0, 5, (count, k)) for n, k in NEURONS.items()}
    spikes["c0"][:, 7] = 0
    alike = {
        name: Correlation.of(counts, random.random(counts.shape))
        for name, counts in spikes.items()
    }
    return EvaluatedPart(
        start,
        stop,
        random.normal(size=(4, count, 3)) / 3,
        random.normal(size=(2, count, 3)),
        {name: LayerFiring.of(counts) for name, counts in spikes.items()},
        Compared(random.normal(size=(count, 3)) / 3, alike),
        presentation=presentation,
        overflows=(0, 1, 2),
        cores=4,
    )


def reopen(path: Path, resume: bool = True) -> list[EvaluatedPart]:
    """Return the parts that a run would go on with, having begun to."""
    saved = read_saved(path, RUN, resume)
    Checkpoint(path, RUN, saved).__exit__()
    return restored_parts(saved)


def write(path: Path, *parts: EvaluatedPart, resume: bool = False) -> None:
    with Checkpoint(path, RUN, read_saved(path, RUN, resume)) as checkpoint:
        for each in parts:
            checkpoint.add(record(each))


def test_parts_come_back_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(4, 8), part(0, 4))
    late, early = reopen(path)
    assert (late.start, late.stop, early.start, early.stop) == (4, 8, 0, 4)
    want = part(4, 8)
    assert np.array_equal(late.outputs, want.outputs)
    assert (late.overflows, late.cores) == ((0, 1, 2), 4)
    assert late.presentation == "row"
    for name, firing in want.firing.items():
        found = late.firing[name]
        assert found.examples == firing.examples == 4
        assert np.array_equal(found.seen, firing.seen)
        assert np.array_equal(found.fired, firing.fired)
    assert late.keras is not None
    assert want.keras is not None
    assert np.array_equal(late.keras.outputs, want.keras.outputs)
    assert late.keras.alike == want.keras.alike


def test_half_a_line_is_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    path.write_bytes(path.read_bytes()[:-9])
    assert [p.start for p in reopen(path)] == [0]
    write(path, part(4, 8), resume=True)
    assert [p.start for p in reopen(path)] == [0, 4]
    assert capsys.readouterr().err == ""  # any kill may do that


def test_an_interrupted_run_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    before = path.read_bytes()
    with pytest.raises(RefusedRunError, match="4 of 10 examples"):
        write(path)
    assert path.read_bytes() == before


def test_a_run_without_its_sample_has_not_ended(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 10))
    with pytest.raises(RefusedRunError, match="10 of 10 examples"):
        write(path)
    write(path, part(0, 2, "rest"), resume=True)
    assert [p.presentation for p in reopen(path)] == ["row", "rest"]


@pytest.mark.parametrize("parts", [[], [part(0, 10), part(0, 2, "rest")]])
def test_one_without_worth_is(tmp_path: Path, parts: list[EvaluatedPart]) -> None:
    path = tmp_path / "out.jsonl"
    write(path, *parts)
    write(path, part(0, 3))
    assert [p.stop for p in reopen(path)] == [3]


def test_another_run_is_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    with pytest.raises(RefusedRunError, match="had other weights, steps;"):
        read_saved(path, {**RUN, "steps": 30, "weights": "x"}, True)


OTHER = '{"snnc": "evaluation", "version": 3, "examples": 1, "presentation": "rest"}\n'
FOREIGN = '{"snnc": "training", "version": 5, "examples": 1, "presentation": "rest"}\n'


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "text", ["mine\n", '{"a": 1}\n', "[]\n", FOREIGN, "half a line"]
)
def test_files_of_others_stay(tmp_path: Path, text: str, resume: bool) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    with pytest.raises(RefusedRunError, match="is not a result file"):
        reopen(path, resume)
    assert path.read_text() == text


@pytest.mark.parametrize("resume", [False, True])
def test_what_another_version_wrote_stays(tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(OTHER)
    with pytest.raises(RefusedRunError, match="from another version of snnc"):
        reopen(path, resume)
    assert path.read_text() == OTHER


def edit_cores(line: str) -> str:
    return line.replace('"cores": 4', '"cores": 3')


def edit_output(line: str) -> str:
    text = json.loads(line)
    text["outputs"][0][0][0] = float("nan")
    return json.dumps(text)


DAMAGE: dict[str, Callable[[str], str]] = {
    "another number": edit_cores,
    "not a number": edit_output,
    "no JSON": lambda line: line[:-20],
    "no result": lambda line: "{}",
    "nothing": lambda line: "",
    "too deep": lambda line: "[" * 100_000,
    "too large": lambda line: "9" * 5000,
    "no digest": lambda line: line.partition(', "sha256"')[0] + "}",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_runs_again_and_one_line_says_so(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    lines = path.read_text().split("\n")
    lines[1] = DAMAGE[damage](lines[1])
    path.write_text(changed := "\n".join(lines))
    with pytest.raises(RefusedRunError, match="from an interrupted run"):
        reopen(path, resume=False)
    assert path.read_text() == changed
    assert [p.start for p in reopen(path)] == [4]
    assert capsys.readouterr().err == (
        f"warning: {path} has 1 damaged line: its part runs again\n"
    )
    write(path, part(0, 4), resume=True)
    assert [p.start for p in reopen(path)] == [4, 0]
    assert capsys.readouterr().err == ""


def test_a_line_that_was_doubled_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]))
    assert [p.start for p in reopen(path)] == [0, 4]


def test_bytes_that_are_no_text_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n")
    assert [p.start for p in reopen(path)] == [0, 4]


def test_lines_of_another_run_are_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, other = tmp_path / "out.jsonl", tmp_path / "other.jsonl"
    write(path, part(0, 4))
    with Checkpoint(other, {**RUN, "weights": "x"}, None) as checkpoint:
        checkpoint.add(record(part(4, 8)))
    lines = other.read_text().splitlines(keepends=True)
    path.write_text(path.read_text() + "".join(lines[1:]) * 2)
    assert [p.start for p in reopen(path)] == [0]
    assert "has 2 damaged lines: their parts run again" in capsys.readouterr().err


def test_a_damaged_head_loses_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    path.write_text(changed := path.read_text().replace('"examples": 10', '"e": []'))
    with pytest.raises(RefusedRunError, match="from an interrupted run"):
        reopen(path, resume=False)
    with pytest.raises(RefusedRunError, match="had other examples;"):
        reopen(path)
    assert path.read_text() == changed


def test_a_whole_run_of_another_kind_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 10), part(0, 2, "rest"))
    assert read_saved(path, {**RUN, "weights": "x"}, False) is None


def test_a_device_is_written_to(tmp_path: Path) -> None:
    write(Path("/dev/null"), part(0, 4))


@pytest.mark.parametrize("head", ["[" * 100_000, '{"snnc": 1e999}', "9" * 5000])
def test_heads_that_json_can_not_read(tmp_path: Path, head: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(head + "\n")
    with pytest.raises(RefusedRunError, match="is not a result file"):
        reopen(path)
