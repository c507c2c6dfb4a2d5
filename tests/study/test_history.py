"""The ten numbers of a release, and what counts as worse."""

from pathlib import Path

import pytest

from benchmarks import history
from snnc import __version__
from tools import release


def test_a_line_is_read_as_it_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    history.append({"check": 2.125, "nodes": 270.8}, path)
    history.append({"check": 2.25, "nodes": 260.0}, path)
    lines = history.read(path)
    assert [line["check"] for line in lines] == ["2.125", "2.25"]
    assert lines[0]["version"] == __version__


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ({"check": 2.4, "build": 2.4}, []),
        ({"check": 2.6, "build": 1.0}, ["check"]),
        ({"new": 9.0}, []),
    ],
)
def test_a_number_is_worse_if_it_rose_by_more_than_a_quarter(
    now: dict[str, float], names: list[str]
) -> None:
    assert history.worse(now, {"check": "2.0", "build": "2.0"}) == names


def test_the_file_has_a_column_for_each_number() -> None:
    names = {number.name for number in history.NUMBERS}
    assert names <= set(history.read()[-1])


def test_a_release_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    history.append({"check": 2.0}, path)
    assert not list(release.history_problems(__version__, path))
    (problem,) = release.history_problems("9.0.0", path)
    assert problem == "history.csv has no line for 9.0.0: run `make bench APPEND=1`"
