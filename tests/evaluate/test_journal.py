"""What is on disk when a run is interrupted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnc.evaluate.journal import open_journal
from snnc.evaluate.part import Compared, Part
from snnc.evaluate.refusals import (
    NoJournalError,
    OtherRunError,
    OtherVersionError,
    UnfinishedError,
)

RUN = {"weights": "abc", "steps": 20, "examples": 10, "presentation": "rest"}


def part(start: int, stop: int) -> Part:
    random = np.random.default_rng(start)
    return Part(
        start,
        stop,
        random.normal(size=(4, stop - start, 3)) / 3,
        {"c0": np.array([5, 0, start]), "c1": np.array([1])},
        {"c0": np.array([129, start], np.uint8), "c1": np.array([0], np.uint8)},
        np.array([0, 1, 2]),
        4,
        Compared(random.normal(size=(stop - start, 3)) / 3, {"c0": random.random(6)}),
    )


def write(path: Path, *parts: Part) -> None:
    with open_journal(path, RUN, resume=False) as journal:
        for each in parts:
            journal.add(each)


def test_parts_come_back_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(4, 8), part(0, 4))
    with open_journal(path, RUN, resume=True) as journal:
        late, early = journal.done
    assert (late.start, late.stop, early.start, early.stop) == (4, 8, 0, 4)
    want = part(4, 8)
    assert np.array_equal(late.outputs, want.outputs)
    assert np.array_equal(late.overflows, want.overflows)
    assert late.cores == 4
    for name, seen in want.spikes.items():
        assert np.array_equal(late.spikes[name], seen)
        assert np.array_equal(late.fired[name], want.fired[name])
    assert late.keras is not None
    assert want.keras is not None
    assert np.array_equal(late.keras.outputs, want.keras.outputs)
    assert np.array_equal(late.keras.alike["c0"], want.keras.alike["c0"])


def test_half_a_line_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    path.write_bytes(path.read_bytes()[:-9])
    with open_journal(path, RUN, resume=True) as journal:
        assert [p.start for p in journal.done] == [0]
        journal.add(part(4, 8))
    with open_journal(path, RUN, resume=True) as journal:
        assert [p.start for p in journal.done] == [0, 4]


def test_an_interrupted_run_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    before = path.read_bytes()
    with pytest.raises(UnfinishedError, match="4 of 10 examples"):
        write(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("spans", [[], [(0, 10)]])
def test_one_without_worth_is(tmp_path: Path, spans: list[tuple[int, int]]) -> None:
    path = tmp_path / "out.jsonl"
    write(path, *[part(*span) for span in spans])
    write(path, part(0, 3))
    with open_journal(path, RUN, resume=True) as journal:
        assert [p.stop for p in journal.done] == [3]


def test_another_run_is_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    with pytest.raises(OtherRunError, match="with other weights, steps;"):
        open_journal(path, {**RUN, "steps": 30, "weights": "x"}, resume=True)


OTHER = '{"snnc": "evaluation", "version": 1, "examples": 1, "presentation": "rest"}\n'
FOREIGN = '{"snnc": "training", "version": 2, "examples": 1, "presentation": "rest"}\n'


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "text", ["mine\n", '{"a": 1}\n', "[]\n", FOREIGN, "half a line"]
)
def test_files_of_others_stay(tmp_path: Path, text: str, resume: bool) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    with pytest.raises(NoJournalError):
        open_journal(path, RUN, resume)
    assert path.read_text() == text


@pytest.mark.parametrize("resume", [False, True])
def test_what_another_version_wrote_stays(tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(OTHER)
    with pytest.raises(OtherVersionError, match="another version of snnc wrote"):
        open_journal(path, RUN, resume)
    assert path.read_text() == OTHER
