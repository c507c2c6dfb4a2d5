"""The numbers as tables: means over seeds, differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.fidelity.measure import SLOWER

STARTS = ("chip", "spread")  # voltages of the encoder: all 0, or spread over 0..1
# Student's t at 97.5 %, by degrees of freedom.
QUANTILES = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
SAME = ("network", "data", "seeds")
TRAINED = (
    *("plain Keras", "snnc", "snnc, aware", "snnc - plain", "aware - plain"),
    "budgets",
)
ON_CHIP = (
    *("Keras, aware", "chip", "spread", "chip - aware", "spread - aware"),
    *("2, 3 times as long", "mean", "spread, mean", "mean, 2 and 3 times"),
    *("spread, slower", "spread, slower - aware"),
    *("spread, 2 times, mean", "spread, 2 times, mean - aware"),
)


def page(found: Sequence[dict[str, Any]]) -> str:
    """Return tables in Markdown, a row for each network and data set."""
    groups = list(_grouped(found))
    trained = [[*_named(cells), *_trained(cells)] for cells in groups]
    on_chip = [[*_named(cells), *_on_chip(cells)] for cells in groups]
    return (
        "Trained, by the Keras models:\n\n"
        f"{_table([*SAME, *TRAINED], trained)}\n\n"
        "The same weights on the emulator, examples in a row. `spread` is with "
        "`start spread` of the encoder, `slower` the last output behind a readout "
        "of twice its `synapse`, 20 ms:\n\n"
        f"{_table([*SAME, *ON_CHIP], on_chip)}"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first, *rest = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    rule = "|---|---" + "|--:" * (len(head) - 2) + "|"
    return "\n".join([first, rule, *rest])


def _grouped(found: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for key in dict.fromkeys((cell["kind"], cell["data"]) for cell in found):
        yield [cell for cell in found if (cell["kind"], cell["data"]) == key]


def _named(cells: list[dict[str, Any]]) -> list[str]:
    return [cells[0]["kind"], cells[0]["data"], str(len(cells))]


def _trained(cells: list[dict[str, Any]]) -> list[str]:
    plain, smooth, aware = (_values(cells, k) for k in ("plain", "smooth", "aware"))
    missed = sorted({name for cell in cells for name in cell["missed"]})
    return [
        *map(_share, (plain, smooth, aware)),
        *(_paired(a - plain) for a in (smooth, aware)),
        f"not held: {', '.join(missed)}" if missed else "held",
    ]


def _on_chip(cells: list[dict[str, Any]]) -> list[str]:
    aware, way = _values(cells, "aware"), cells[0]["decide"]
    chip, spread = (_judged(cells, start, "1", way) for start in STARTS)
    slower = _judged(cells, "spread", "1", SLOWER)
    settled = _judged(cells, "spread", "2", "mean")
    return [
        *map(_share, (aware, chip, spread)),
        *(_paired(a - aware) for a in (chip, spread)),
        _longer(cells, way),
        *(_share(_judged(cells, start, "1", "mean")) for start in STARTS),
        _longer(cells, "mean"),
        *(_share(slower), _paired(slower - aware)),
        *(_share(settled), _paired(settled - aware)),
    ]


def _longer(cells: list[dict[str, Any]], way: str) -> str:
    several = (_judged(cells, "chip", times, way) for times in "23")
    return ", ".join(map(_share, several))


def _values(cells: list[dict[str, Any]], key: str) -> Any:
    return np.array([cell[key] for cell in cells])


def _judged(cells: list[dict[str, Any]], start: str, times: str, way: str) -> Any:
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
