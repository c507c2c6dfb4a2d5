"""The numbers as a table: means over seeds, differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

# Student's t at 97.5 %, by degrees of freedom.
QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
HEAD = (
    *("network", "data", "seeds", "plain Keras", "Keras", "aware", "chip"),
    *("Keras - plain", "aware - plain", "chip - aware", "2 and 3 times as long"),
    *("by the mean: 1, 2, 3 times", "2 times, by the mean - aware", "budgets", "time"),
)


def page(found: Sequence[dict[str, Any]]) -> str:
    """Return the table in Markdown, a row for each network and data set."""
    rows = [HEAD, *(_row(cells) for cells in _grouped(found))]
    head, *rest = (f"| {' | '.join(cells)} |" for cells in rows)
    rule = "|---|---" + "|--:" * (len(HEAD) - 2) + "|"
    return "\n".join([head, rule, *rest])


def _grouped(found: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for key in dict.fromkeys((cell["kind"], cell["data"]) for cell in found):
        yield [cell for cell in found if (cell["kind"], cell["data"]) == key]


def _row(cells: list[dict[str, Any]]) -> list[str]:
    plain, smooth, aware = (_values(cells, k) for k in ("plain", "smooth", "aware"))
    way = cells[0]["decide"]
    chip, twice, thrice = (_chip(cells, times, way) for times in "123")
    means = [_chip(cells, times, "mean") for times in "123"]
    missed = sorted({name for cell in cells for name in cell["missed"]})
    seconds = [cell["seconds"]["trained"] / cell["seconds"]["plain"] for cell in cells]
    return [
        cells[0]["kind"],
        cells[0]["data"],
        str(len(cells)),
        *(f"{100 * values.mean():.1f} %" for values in (plain, smooth, aware, chip)),
        *(_paired(a - b) for a, b in ((smooth, plain), (aware, plain), (chip, aware))),
        f"{100 * twice.mean():.1f} %, {100 * thrice.mean():.1f} %",
        ", ".join(f"{100 * values.mean():.1f} %" for values in means),
        _paired(means[1] - aware),
        f"not held: {', '.join(missed)}" if missed else "held",
        f"{np.mean(seconds):.1f}x",
    ]


def _values(cells: list[dict[str, Any]], key: str) -> Any:
    return np.array([cell[key] for cell in cells])


def _chip(cells: list[dict[str, Any]], times: str, way: str) -> Any:
    return np.array([cell["chip"][times][way] for cell in cells])


def _paired(differences: Any) -> str:
    """Return a mean in points, with its 95 % interval where there are seeds."""
    points = 100 * differences
    if len(points) < 2:
        return f"{points.mean():+.1f}"
    spread = points.std(ddof=1) / math.sqrt(len(points))
    return f"{points.mean():+.1f} ± {QUANTILES[len(points) - 1] * spread:.1f}"
