"""A comparison of a board with the exact engine finds the first difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.verbs.board import BoardComparison, compare
from tests.board import faults
from tests.board.packages import SMALL, Case
from tests.board.running import RunningBoard
from tests.commands import Done, run
from tests.support import layered

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CORES = layered(
    "timing { present 60 ms }",
    "conv2d c0 { filters 4, block 5x5x2, rate 20..400 Hz }",
    "conv2d c1 { filters 6, kernel 2, block 4x4x3, rate 20..400 Hz }",
    "dense d0 { units 12, block 6, rate 20..400 Hz }",
    shape="9x9x1",
    encode="conv e { filters 2, kernel 3 }",
)
FAULTS: dict[str, list[Any]] = {
    "one step late": [
        (faults.Late, ()),
        (faults.ShownLate, ()),
        (faults.Late, ("c0",)),
    ],
    "dropped spikes": [
        (faults.dropping(at=22, kept=0), ()),
        (faults.dropping(at=9, kept=1), ()),
        (faults.dropping(at=95, kept=4), ("c1",)),
    ],
    "false spikes": [
        (faults.false_spikes(0), ()),
        (faults.false_spikes(1), ()),
        (faults.false_spikes(2), ("c0", "c1")),
    ],
    "swapped channels": [
        (faults.swap_atoms(0, 0, 1), ()),
        (faults.swap_atoms(1, 2, 3), ("c1",)),
        (faults.swapped_input(0, 1), ("c0",)),
    ],
    "wrong exponent": [
        (faults.exponent(-1, 1), ()),
        (faults.exponent(4, -1), ()),
        (faults.exponent(0, 1), ("c0",)),
    ],
    "wrong chip": [
        (faults.elsewhere(0), ()),
        (faults.elsewhere(2), ("c1",)),
        (faults.elsewhere(3), ("c0",)),
    ],
}
SEEDED = [(name, *each) for name, several in FAULTS.items() for each in several]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case.of(CORES, tmp_path_factory.mktemp("board"), examples=2)


def compare_board(
    case: Case, board: type[RunningBoard], probed: tuple[str, ...]
) -> BoardComparison:
    status, written = case.run(board, *(f"--probe={name}" for name in probed))
    assert status == 0
    x = written.with_name("x.npy")  # labels are not needed
    with np.load(case.data) as data:
        np.save(x, data["x"])
    return compare(case.folder, x, case.weights, written)


def test_a_board_without_a_fault_agrees(case: Case) -> None:
    found = compare_board(case, RunningBoard, ("c0", "c1"))
    assert found.agrees
    assert found.layers == ("c0", "c1", "d0")
    assert found.spikes > 500


def test_each_fault_of_a_board_is_a_difference(case: Case) -> None:
    for fault, board, probed in SEEDED:
        found = compare_board(case, board, probed)
        assert found.first is not None, fault
        assert found.differing > 0, fault


def write_changed(written: Path, **arrays: object) -> Path:
    """Write a recording with other arrays."""
    with np.load(written) as file:
        given = {name: file[name] for name in file.files}
    other = written.with_name("changed.npz")
    np.savez(other, **{**given, **arrays})
    return other


@pytest.fixture(scope="module")
def written(case: Case) -> Path:
    status, path = case.run(RunningBoard)
    assert status == 0
    return path


def verb(case: Case, recording: Path) -> Done:
    return run("evaluate", case.folder, *case.arguments, "--compare", recording)


def test_the_verb_prints_that_both_agree_and_exits_with_0(
    case: Case, written: Path
) -> None:
    done = verb(case, written)
    assert done.returncode == 0
    assert "have the same spikes" in done.stdout


def test_the_verb_prints_where_they_differ_and_exits_with_1(
    case: Case, written: Path
) -> None:
    with np.load(written) as file:
        spikes = file["spikes"]
    place = tuple(np.argwhere(spikes)[0])
    spikes[place[:2]] = 0
    done = verb(case, write_changed(written, spikes=spikes))
    assert done.returncode == 1
    assert f"example {place[0]}, step {place[1]}" in done.stdout
    assert "likely cause" not in done.stdout


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"layout_id": "0123456789abcdef"}, "from another package"),
        ({"data_sha256": "0" * 64}, "from other data"),
        ({"steps": 30}, "30 steps per example, but the package has 60"),
        ({"neurons": 11}, "do not fit"),
        ({"layer": "nobody"}, "do not fit"),
        (0, "is truncated, or"),
        (10, "is truncated, or"),
        (200, "is truncated, or"),
        (-1, "is truncated, or"),
        (None, "No such file"),
    ],
)
def test_what_is_no_recording_of_this_run_is_refused_in_one_line(
    arrays: Any, message: str, case: Case, written: Path
) -> None:
    """A number stands for the bytes of a file that is cut off."""
    recording = written.with_name("none.npz")
    if isinstance(arrays, dict):
        recording = write_changed(written, **arrays)
    elif arrays is not None:
        recording = written.with_name("short.npz")
        recording.write_bytes(written.read_bytes()[:arrays])
    done = verb(case, recording)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_weights_of_another_package_are_refused(
    case: Case, written: Path, tmp_path: Path
) -> None:
    done = verb(replace(case, weights=Case.of(SMALL, tmp_path).weights), written)
    assert done.returncode == 1
    assert "written for another layout" in done.stderr
