"""A comparison names the likely cause of a board's fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnc.cli import main
from snnc.tools.board.compare import BoardComparison, compare
from tests.board import faults
from tests.board.packages import SMALL, Case
from tests.board.running import RunningBoard
from tests.support import network

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CORES = network(
    """
  timing { present 60 ms }
  defaults { rate 20..400 Hz }
  input image 9x9x1 in 0..1
  encode conv e { filters 2, kernel 3 }
  conv2d c0 { filters 4, block 5x5x2 }
  conv2d c1 { filters 6, kernel 2, block 4x4x3 }
  dense d0 { units 12, block 6 }
  readout y { classes 4 }
"""
)
FAULTS = {
    "one step late": [
        (faults.late(), ()),
        (faults.shown_late(), ()),
        (faults.late(), ("c0",)),
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
    assert found.sent == 10  # as the spike generator of the board was given
    assert found.spikes > 500


def test_causes_are_named(case: Case) -> None:
    named = []
    for cause, board, probed in SEEDED:
        found = compare_board(case, board, probed)
        assert found.first is not None, cause
        named.append((cause, found.cause and found.cause.name, str(found)))
    right = [cause for cause, name, _ in named if cause == name]
    assert len(right) >= 15, [text for cause, name, text in named if cause != name]


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


def verb(case: Case, recording: Path, *more: str) -> int:
    given = ["--data", str(case.data), "--weights", str(case.weights)]
    return main(
        ["evaluate", str(case.folder), *given, "--compare", str(recording), *more]
    )


def test_the_verb_prints_that_both_agree_and_exits_with_0(
    case: Case, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb(case, written) == 0
    assert "have the same spikes" in capsys.readouterr().out


def test_the_verb_prints_where_they_differ_and_exits_with_1(
    case: Case, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(written) as file:
        spikes = file["spikes"]
    place = tuple(np.argwhere(spikes)[0])
    spikes[place[:2]] = 0
    assert verb(case, write_changed(written, spikes=spikes)) == 1
    said = capsys.readouterr().out
    assert f"example {place[0]}, step {place[1]}" in said
    assert "likely cause: dropped spikes" in said


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"layout_id": "0123456789abcdef"}, "from another package"),
        ({"data_sha256": "0" * 64}, "from other data"),
        ({"steps": 30}, "30 steps per example, but the package has 60"),
        ({"neurons": 11}, "do not fit"),
        ({"layer": "nobody"}, "do not fit"),
    ],
)
def test_what_is_another_runs_is_refused_in_one_line(
    arrays: dict[str, object],
    message: str,
    case: Case,
    written: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verb(case, write_changed(written, **arrays)) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("size", [0, 10, 200, -1])
def test_a_file_that_is_cut_off_is_refused_in_one_line(
    size: int, case: Case, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = written.with_name("short.npz")
    short.write_bytes(written.read_bytes()[:size])
    assert verb(case, short) == 1
    said = capsys.readouterr().err
    assert "is truncated, or" in said
    assert said.count("\n") == 1


def test_no_file_is_refused_in_one_line(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb(case, tmp_path / "none.npz") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_weights_of_another_package_are_refused(
    case: Case, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Case.of(SMALL, tmp_path)
    given = ["--data", str(case.data), "--weights", str(other.weights)]
    assert main(["evaluate", str(case.folder), *given, "--compare", str(written)]) == 1
    assert "written for another layout" in capsys.readouterr().err
