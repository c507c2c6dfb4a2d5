"""The results of each example of a run, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from snnc.runtime.files import write_file
from snnc.runtime.labels import Examples
from snnc.text.tables import csv_table
from snnc.tools.statistics import Array

Record = dict[str, int | float]
"""An example's index in the data, its label, and predictions. For a regression, each
unit has its own entry."""


def list_records(
    examples: Examples, answers: dict[str, Array | None], classifies: bool
) -> list[Record]:
    """Return a record for each example, in the order of the data.

    ``answers`` contains the outputs, (examples, units), in the order of the run, by
    their source.
    """
    order = np.argsort(examples.rows)
    columns: dict[str, list[Any]] = {"example": examples.rows[order].tolist()}
    for name, values in {"label": examples.y, **answers}.items():
        if values is not None:
            columns |= _columns(name, values[order], classifies)
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def write_records(path: Path, records: list[Record]) -> None:
    """Write a CSV file with one row per example."""
    write_file(path, csv_table(records[0], (record.values() for record in records)))


def _columns(name: str, values: Array, classifies: bool) -> dict[str, list[Any]]:
    if classifies:
        decided = values if values.ndim == 1 else values.argmax(axis=1)
        return {name: decided.tolist()}
    return {f"{name}_{i}": column.tolist() for i, column in enumerate(values.T)}
