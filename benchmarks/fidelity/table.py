"""The numbers as a table: means over seeds, differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

STARTS = ("chip", "spread")  # voltages of the encoder: all 0, or spread over 0..1
# Student's t at 97.5 %, by degrees of freedom.
QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
HEAD = (
    *("network", "data", "seeds", "plain Keras", "Keras", "aware", "chip", "spread"),
    *("Keras - plain", "aware - plain", "chip - aware", "spread - aware"),
    *("2 times as long: chip, spread", "by the mean: chip, spread"),
    *("2 times, by the mean: chip, spread", "2 times, by the mean: spread - aware"),
    *("budgets", "time"),
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
    chip, spread = (_on_chip(cells, start, "1", way) for start in STARTS)
    double = [_on_chip(cells, start, "2", way) for start in STARTS]
    mean = [_on_chip(cells, start, "1", "mean") for start in STARTS]
    double_mean = [_on_chip(cells, start, "2", "mean") for start in STARTS]
    missed = sorted({name for cell in cells for name in cell["missed"]})
    seconds = [cell["seconds"]["trained"] / cell["seconds"]["plain"] for cell in cells]
    return [
        cells[0]["kind"],
        cells[0]["data"],
        str(len(cells)),
        *map(_share, (plain, smooth, aware, chip, spread)),
        *(_paired(a - b) for a, b in ((smooth, plain), (aware, plain))),
        *(_paired(a - aware) for a in (chip, spread)),
        *(", ".join(map(_share, pair)) for pair in (double, mean, double_mean)),
        _paired(double_mean[1] - aware),
        f"not held: {', '.join(missed)}" if missed else "held",
        f"{np.mean(seconds):.1f}x",
    ]


def _values(cells: list[dict[str, Any]], key: str) -> Any:
    return np.array([cell[key] for cell in cells])


def _on_chip(cells: list[dict[str, Any]], start: str, times: str, way: str) -> Any:
    return np.array([cell[start][times][way] for cell in cells])


def _share(values: Any) -> str:
    return f"{100 * values.mean():.1f} %"


def _paired(differences: Any) -> str:
    """Return a mean in points, with its 95 % interval where there are seeds."""
    points = 100 * differences
    if len(points) < 2:
        return f"{points.mean():+.1f}"
    spread = points.std(ddof=1) / math.sqrt(len(points))
    return f"{points.mean():+.1f} ± {QUANTILES[len(points) - 1] * spread:.1f}"
