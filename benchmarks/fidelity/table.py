"""The numbers as a table: accuracies, and differences of the same test examples.

Examples of all seeds are taken together; intervals are of 95 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.fidelity.measure import Bools, unpack
from snnc.tools.scores import difference

HEAD = (
    *("network", "data", "seeds x images", "decide"),
    *("plain Keras", "before", "Keras"),
    *("last", "mean", "from rest"),
    *("last - before", "mean - before", "from rest - before", "chip - plain"),
    *("agreement", "budgets"),
)


NOTES = """\
`before` is the accuracy of Keras with the weights from before the phase `spikes`, and
`Keras` is its accuracy with the weights after this phase. `last` and `mean` are the
accuracies on the chip for the two settings of `decide`, with examples presented in a
row. `from rest` is the accuracy on the chip with each example from rest. Differences
are in percentage points over the same examples of all seeds, with 95 % confidence
intervals. `chip` uses the setting of `decide` in the spec. `agreement` is the
correlation between spikes and Keras activations in the layer where it is lowest.
"""


def page(found: Sequence[dict[str, Any]]) -> str:
    """Return a table in Markdown, a row for each network and data set."""
    rows = [HEAD, ("---",) * len(HEAD), *map(_row, _group_cells(found))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"# Kinds of networks\n\n{NOTES}\n{table}"


def _group_cells(found: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for key in dict.fromkeys((cell["kind"], cell["data"]) for cell in found):
        yield [cell for cell in found if (cell["kind"], cell["data"]) == key]


def _row(cells: list[dict[str, Any]]) -> tuple[str, ...]:
    first, names = cells[0], cells[0]["right"]
    right = {
        name: np.concatenate([unpack(cell["right"][name]) for cell in cells])
        for name in names
    }
    images = len(right["plain"]) // len(cells)
    before, chip = right["before"], right[first["decide"]]
    return (
        *(first["kind"], first["data"], f"{len(cells)} x {images}", first["decide"]),
        *(f"{100 * one.mean():.1f} %" for one in right.values()),
        *(_apart(right[way], before) for way in ("last", "mean", "rest")),
        *(_apart(chip, right["plain"]), _agreement(cells), _budgets(cells)),
    )


def _apart(one: Bools, other: Bools) -> str:
    interval = difference(one, other)
    assert interval is not None
    low, high = (100 * end for end in interval)
    return f"{100 * (one.mean() - other.mean()):+.1f} ({low:+.1f} to {high:+.1f})"


def _agreement(cells: list[dict[str, Any]]) -> str:
    several = [
        (layer["agreement"], name)
        for cell in cells
        for name, layer in cell["layers"].items()
        if layer["agreement"] is not None
    ]
    return "{:.3f}, {}".format(*min(several))


def _budgets(cells: list[dict[str, Any]]) -> str:
    missed = {
        f"{name} at {layer['rate']:.0f} Hz"
        for cell in cells
        for name, layer in cell["layers"].items()
        if not layer["holds"]
    }
    return f"missed: {', '.join(sorted(missed))}" if missed else "held"
