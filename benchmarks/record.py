"""Rows of `benchmarks/results.csv`: a number with all that is needed to make it again.

A benchmark that takes ``--output FILE`` appends a row for each number that it measures.
`benchmarks.results` runs the benchmarks whose numbers pages show.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import platform
import subprocess
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path

from tools.density import without_docstrings

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.csv"
TRAINING = (
    "snnc/runtime/keras",
    "snnc/runtime/neurons.py",
    "snnc/language/editions.py",
)
"""The code that decides what a training gives, with the default settings."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measured number.

    ``command`` has no seeds and no paths. ``low`` and ``high`` are the ends of the 95 %
    confidence interval, if there is one. ``code`` is `training_code` at that time.
    """

    command: str
    commit: str
    seed: int
    examples: int
    measure: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    machine: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command with one seed, which gives several rows."""

    command: str
    seed: int
    examples: int

    def row(
        self,
        measure: str,
        value: float,
        unit: str,
        interval: tuple[float, float] | None = None,
    ) -> Row:
        """Return the row of a number, measured now, here, with this code."""
        low, high = (None, None) if interval is None else interval
        return Row(
            command=self.command,
            commit=commit(),
            seed=self.seed,
            examples=self.examples,
            measure=measure,
            value=value,
            unit=unit,
            low=low,
            high=high,
            machine=machine(),
            code=training_code(),
        )


def read(path: Path = RESULTS) -> list[Row]:
    """Return the rows of a file, if it exists; old ones have no machine and no code."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [_row(cells) for cells in csv.DictReader(file)]


def _row(cells: dict[str, str | None]) -> Row:
    low = cells["low"]
    high = cells["high"]
    return Row(
        command=cells["command"] or "",
        commit=cells["commit"] or "",
        seed=int(cells["seed"] or 0),
        examples=int(cells["examples"] or 0),
        measure=cells["measure"] or "",
        value=float(cells["value"] or 0),
        unit=cells["unit"] or "",
        low=float(low) if low else None,
        high=float(high) if high else None,
        machine=cells.get("machine") or "",
        code=cells.get("code") or "",
    )


def write(rows: Iterable[Row], path: Path = RESULTS) -> None:
    """Replace rows of the same command, seed and measure, add the others, print all."""
    new = list(rows)
    names = {_identity(row) for row in new}
    kept = [row for row in read(path) if _identity(row) not in names]
    _save([*kept, *new], path)
    for row in new:
        print(row.command, row.seed, row.measure, row.value, row.unit, flush=True)


def rename_code(
    old: str,
    new: str,
    path: Path = RESULTS,
    commands: Container[str] | None = None,
) -> int:
    """Replace the ``code`` of rows; return the number of rows that had the old one.

    With ``commands``, other rows stay as they are.
    """
    rows = read(path)
    renamed = [
        replace(row, code=new)
        if row.code == old and (commands is None or row.command in commands)
        else row
        for row in rows
    ]
    _save(renamed, path)
    return sum(before != after for before, after in zip(rows, renamed, strict=True))


def _save(rows: Iterable[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = [field.name for field in fields(Row)]
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)


def _identity(row: Row) -> tuple[str, int, str]:
    return row.command, row.seed, row.measure


@cache
def commit() -> str:
    """Return the short hash of the checkout's commit."""
    command = ["git", "rev-parse", "--short=8", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@cache
def machine() -> str:
    """Return the processor and the Python version."""
    names = [
        line.partition(": ")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    processor = names[0] if names else platform.processor()
    return f"{len(names)} x {processor}, Python {platform.python_version()}"


@cache
def training_code() -> str:
    """Return a hash of the code that trains, without comments and docstrings.

    It is the same for the same minor version of Python.
    """
    found = hashlib.sha256()
    for place in TRAINING:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found.update(ast.unparse(without_docstrings(tree)).encode())
    return found.hexdigest()[:12]
