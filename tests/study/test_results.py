"""Pages show the numbers of the file of results, and no others."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import record, results
from benchmarks.record import Row
from tests.support import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GENERATED = ("api.md", "changelog.md")
MEASURED = re.compile(r"(?<![\d.,])\d+\.\d+ (?:%|µJ|uJ|points)")
"""Accuracies and energies. A whole number of percent may be a setting."""
ROWS = record.read()


def prose(path: Path) -> Iterator[str]:
    """Yield the lines of a page outside code, which shows what a command prints."""
    is_code = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code and not line.startswith("    "):
            yield line


def shown_values(rows: list[Row]) -> set[str]:
    """Return all forms in which a page may show the numbers of rows."""
    tables = (
        results.markdown(make(results.entries()[name], rows))
        for name, make in results.TABLES.items()
    )
    found = {number for table in tables for number in MEASURED.findall(table)}
    return found | {f"{row.value:.1f} {row.unit}" for row in rows}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_tables_are_made_from_the_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert results.with_tables(text, ROWS) == text, "run `make results`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_page_shows_a_number_that_the_file_lacks(path: Path) -> None:
    if path.name in GENERATED:
        return
    known = shown_values(ROWS)
    numbers = [number for line in prose(path) for number in MEASURED.findall(line)]
    assert [number for number in numbers if number not in known] == []


def test_a_changed_number_changes_its_page() -> None:
    [row, *_] = [row for row in ROWS if row.command == "learning zero"]
    changed = [*ROWS, record.Run(row.command, row.seed, 1).row(row.measure, 1.5, "%")]
    path = ROOT / "docs/learning.md"
    text = path.read_text(encoding="utf-8")
    assert results.with_tables(text, changed[::-1]) != text


def test_each_command_is_a_benchmark() -> None:
    for group in results.entries().values():
        for entry in group:
            module, *_ = entry.command.split()
            assert find_spec(f"benchmarks.{module}") is not None


def test_rows_are_replaced_by_those_of_the_same_command(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    run = record.Run("learning zero", seed=3, examples=10)
    record.write([run.row("a", 1.0, "%"), run.row("b", 2.0, "%")], path)
    record.write([run.row("b", 3.0, "%", (2.5, 3.5))], path)
    first, second = record.read(path)
    assert (first.measure, first.value, first.low) == ("a", 1.0, None)
    assert (second.measure, second.value, second.high) == ("b", 3.0, 3.5)
    assert second.code == record.training_code()


def test_a_comment_is_not_other_training_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "code.py"
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setattr(record, "TRAINING", ("code.py",))
    hashes = []
    for text in ("x = 1\n", '"""What."""\nx = 1  # why\n', "x = 2\n"):
        file.write_text(text, encoding="utf-8")
        hashes.append(record.training_code.__wrapped__())
    assert hashes[0] == hashes[1] != hashes[2]
