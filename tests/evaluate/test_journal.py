"""What is on disk when a run is interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.evaluate.journal import Journal, open_journal
from snnc.evaluate.part import ExactPart, Scope, record
from snnc.evaluate.refusals import (
    DamagedJournalError,
    NoJournalError,
    OtherRunError,
    OtherVersionError,
    UnfinishedError,
)
from snnc.runtime.examples import Presentation
from snnc.tools.measures import Compared
from snnc.tools.statistics import Correlation, Firing

RUN = {
    "weights": "abc",
    "steps": 20,
    "examples": 10,
    "sample": 2,
    "presentation": "row",
}
NEURONS = {"c0": 12, "c1": 3}
SCOPE = Scope({"row": 10, "rest": 2}, 20, 3, 2, NEURONS, compares=True)


def part(start: int, stop: int, presentation: Presentation = "row") -> ExactPart:
    random, count = np.random.default_rng(start), stop - start
    spikes = {n: random.integers(0, 5, (count, k)) for n, k in NEURONS.items()}
    spikes["c0"][:, 7] = 0
    alike = {
        name: Correlation.of(counts, random.random(counts.shape))
        for name, counts in spikes.items()
    }
    return ExactPart(
        start,
        stop,
        random.normal(size=(4, count, 3)) / 3,
        random.normal(size=(2, count, 3)),
        {name: Firing.of(counts) for name, counts in spikes.items()},
        Compared(random.normal(size=(count, 3)) / 3, alike),
        presentation=presentation,
        overflows=(0, 1, 2),
        cores=4,
    )


def reopened(path: Path, resume: bool = True) -> Journal:
    return open_journal(path, RUN, resume, SCOPE)


def write(path: Path, *parts: ExactPart) -> None:
    with reopened(path, resume=False) as journal:
        for each in parts:
            journal.add(each)


def test_parts_come_back_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(4, 8), part(0, 4))
    with reopened(path) as journal:
        late, early = journal.done
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


def test_half_a_line_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    path.write_bytes(path.read_bytes()[:-9])
    with reopened(path) as journal:
        assert [p.start for p in journal.done] == [0]
        journal.add(part(4, 8))
    with reopened(path) as journal:
        assert [p.start for p in journal.done] == [0, 4]


def test_an_interrupted_run_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    before = path.read_bytes()
    with pytest.raises(UnfinishedError, match="4 of 10 examples"):
        write(path)
    assert path.read_bytes() == before


def test_a_run_without_its_sample_has_not_ended(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 10))
    with pytest.raises(UnfinishedError, match="10 of 10 examples"):
        write(path)
    with reopened(path) as journal:
        journal.add(part(0, 2, "rest"))
    with reopened(path) as journal:
        assert [p.presentation for p in journal.done] == ["row", "rest"]


@pytest.mark.parametrize("parts", [[], [part(0, 10), part(0, 2, "rest")]])
def test_one_without_worth_is(tmp_path: Path, parts: list[ExactPart]) -> None:
    path = tmp_path / "out.jsonl"
    write(path, *parts)
    write(path, part(0, 3))
    with reopened(path) as journal:
        assert [p.stop for p in journal.done] == [3]


def test_another_run_is_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4))
    with pytest.raises(OtherRunError, match="with other weights, steps;"):
        open_journal(path, {**RUN, "steps": 30, "weights": "x"}, True, SCOPE)


OTHER = '{"snnc": "evaluation", "version": 3, "examples": 1, "presentation": "rest"}\n'
FOREIGN = '{"snnc": "training", "version": 5, "examples": 1, "presentation": "rest"}\n'
HEADLESS = '{"snnc": "evaluation", "version": 7, "presentation": "row"}\n'


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "text", ["mine\n", '{"a": 1}\n', "[]\n", FOREIGN, HEADLESS, "half a line"]
)
def test_files_of_others_stay(tmp_path: Path, text: str, resume: bool) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    with pytest.raises(NoJournalError):
        reopened(path, resume)
    assert path.read_text() == text


@pytest.mark.parametrize("resume", [False, True])
def test_what_another_version_wrote_stays(tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(OTHER)
    with pytest.raises(OtherVersionError, match="another version of snnc wrote"):
        reopened(path, resume)
    assert path.read_text() == OTHER


def edit_cores(line: str) -> str:
    return line.replace('"cores": 4', '"cores": 3')


def edit_overflows(line: str) -> str:
    return line.replace('"overflows": [0, 1, 2]', '"overflows": [0, 0, 0]')


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("edit", [edit_cores, edit_overflows, lambda line: "{}"])
def test_what_was_changed_by_hand_is_not_believed(
    tmp_path: Path, edit: Callable[[str], str], resume: bool
) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    lines = path.read_text().split("\n")
    lines[1] = edit(lines[1])
    path.write_text(changed := "\n".join(lines))
    with pytest.raises(DamagedJournalError, match="changed in line 2 since"):
        reopened(path, resume)
    assert path.read_text() == changed


def test_lines_that_are_left_out_or_swapped_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 4), part(4, 8))
    head, one, two, _ = path.read_text().split("\n")
    for lines in ((head, two), (head, two, one), (one, two)):
        path.write_text("\n".join(lines) + "\n")
        with pytest.raises((DamagedJournalError, NoJournalError)):
            reopened(path)


def lacking(name: str) -> dict[str, Any]:
    return {key: value for key, value in record(part(0, 4)).items() if key != name}


def with_firing(**layers: Any) -> dict[str, Any]:
    told = record(part(0, 4))
    return told | {"firing": told["firing"] | layers}


def with_outputs(outputs: Any) -> dict[str, Any]:
    return record(part(0, 4)) | {"outputs": outputs}


ONE_COMPARED = {
    "outputs": np.zeros((4, 3)).tolist(),
    "alike": {"c0": (48, (0.0, 0.0), (1.0, 0.5, 1.0))},
}
FORGED: dict[str, dict[str, Any]] = {
    **{f"no {name}": lacking(name) for name in record(part(0, 4))},
    "a start of 10^30": record(part(0, 4)) | {"start": 10**30, "stop": 10**30 + 4},
    "negative": record(part(0, 4)) | {"start": -4, "stop": 0},
    "of no presentation": record(part(0, 2)) | {"presentation": "queue"},
    "beyond the sample": record(part(1, 3, "rest")),
    "backwards": record(part(0, 4)) | {"start": 4, "stop": 0},
    "empty": record(part(0, 4)) | {"stop": 0},
    "beyond the last": record(replace(part(0, 4), start=8, stop=12)),
    "examples of another": record(part(4, 8)),
    "a fraction": record(part(0, 4)) | {"start": 0.5},
    "text": record(part(0, 4)) | {"cores": "4"},
    "ragged": with_outputs([[1.0, 2.0, 3.0], [1.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]),
    "flat": with_outputs([1.0, 2.0, 3.0, 4.0]),
    "few": with_outputs([[1.0, 2.0, 3.0]]),
    "no hex": record(part(0, 4)) | {"early": "0g"},
    "half hex": record(part(0, 4)) | {"early": "000"},
    "short": record(part(0, 4)) | {"early": "00" * 16},
    "no Keras": record(replace(part(0, 4), keras=None)),
    "more": record(part(0, 4)) | {"more": 1},
    "no layers": record(part(0, 4)) | {"firing": {}},
    "another layer": with_firing(c2={"seen": [4], "fired": "00"}),
    "other neurons": with_firing(c1={"seen": [13], "fired": "00"}),
    "less than none": with_firing(c1={"seen": [13, -1], "fired": "00"}),
    "other bits": with_firing(c1={"seen": [12], "fired": "0000"}),
    "only one layer compared": record(part(0, 4)) | {"keras": ONE_COMPARED},
    "two registers": record(part(0, 4)) | {"overflows": [0, 1]},
}


@pytest.mark.parametrize("name", FORGED)
def test_lines_that_make_no_sense_are_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(4, 8))
    with reopened(path) as journal:
        journal.write(FORGED[name])
    before = path.read_bytes()
    with pytest.raises(DamagedJournalError, match="changed in line 3"):
        reopened(path)
    assert path.read_bytes() == before


def test_a_whole_run_of_another_kind_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, part(0, 10), part(0, 2, "rest"))
    other = Scope({"rest": 10}, 20, 3, 3, {"d": 5}, compares=False)
    with open_journal(path, {**RUN, "weights": "x"}, False, other) as journal:
        assert journal.done == []


def test_a_device_is_written_to(tmp_path: Path) -> None:
    write(Path("/dev/null"), part(0, 4))


@pytest.mark.parametrize("head", ["[" * 100_000, '{"snnc": 1e999}', "9" * 5000])
def test_heads_that_json_can_not_read(tmp_path: Path, head: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(head + "\n")
    with pytest.raises(NoJournalError):
        reopened(path)
