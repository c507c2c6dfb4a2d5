"""What was decided of each example, as a table for other programs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.files import write_file


def write_examples(
    path: Path,
    outputs: NDArray[Any],
    y: NDArray[Any],
    keras: NDArray[Any] | None,
    classifies: bool,
) -> None:
    """Write a CSV file with a row an example: its number, label, Keras and the chip.

    Classes are numbers; of values, each unit has columns of its own. Without Keras's
    outputs, (examples, units), its columns are left out.
    """
    told = {"label": y, "keras": keras, "chip": outputs}
    columns: dict[str, list[Any]] = {"example": list(range(len(y)))}
    for name, values in told.items():
        if values is not None:
            columns |= _columns(name, np.asarray(values), classifies)
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    write_file(path, table.getvalue())


def _columns(name: str, values: NDArray[Any], classifies: bool) -> dict[str, list[Any]]:
    if classifies:
        decided = values if values.ndim == 1 else values.argmax(axis=1)
        return {name: decided.tolist()}
    return {f"{name}_{i}": column.tolist() for i, column in enumerate(values.T)}
