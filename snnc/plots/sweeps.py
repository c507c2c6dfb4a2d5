"""Variants beside each other: how good each is, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from snnc.plots.style import COLOURS, axes, open_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.sweep.text import Line

_AREA, _LARGEST = 14.0, 900.0  # square points a core, and at most
_NAMED = 8  # of the best, as many as have room for their settings


def _area(line: Line) -> float:
    return min(_LARGEST, max(12.0, _AREA * (line.cores or 0)))


def sweep(name: str, lines: Sequence[Line], ax: Axes | None = None) -> Axes:
    """Draw accuracy, or error, over energy; the best are connected and named.

    Parameters
    ----------
    name
        Of the network.
    lines
        The variants; those that were not evaluated are left out.

    Raises
    ------
    ValueError
        If none was evaluated.
    """
    judged = [line for line in lines if line.score is not None and line.energy]
    if not judged:
        raise ValueError("nothing was evaluated: a sweep with data has a picture")
    named = min(_NAMED, sum(line.best for line in judged))
    ax = axes(ax, 3.2 + 0.16 * named)
    share = 100 if judged[0].classifies else 1
    kind = "accuracy" if judged[0].classifies else "error"
    for is_best, colour, label in (
        (False, COLOURS[4], "others"),
        (True, COLOURS[5], f"best: {kind}, energy, cores"),
    ):
        some = [line for line in judged if line.best == is_best]
        ax.scatter(
            [1e6 * (line.energy or 0) for line in some],
            [share * (line.score or 0) for line in some],
            s=[_area(line) for line in some],
            color=colour,
            alpha=0.8,
            linewidth=0,
            label=label if some else None,
        )
    best = sorted((v for v in judged if v.best), key=lambda v: v.energy or 0)
    numbers = range(1, len(best) + 1)
    points = [(1e6 * (v.energy or 0), share * (v.score or 0)) for v in best]
    ax.plot(*zip(*points, strict=True), color=COLOURS[5], linewidth=0.8)
    for number, line, point in zip(numbers, best, points, strict=True):
        ax.annotate(
            str(number),
            point,
            xytext=(0, sqrt(_area(line)) / 2 + 4),
            textcoords="offset points",
            ha="center",
            size=7,
        )
    told = [
        f"{number}: {', '.join(f'{k} {v}' for k, v in line.settings.items())}"
        f" ({line.cores})"
        for number, line in zip(numbers, best, strict=True)
    ]
    ax.set_xlabel(
        "microjoules an example; area: cores (in brackets)\n" + "\n".join(told[:named]),
        loc="left",
    )
    ax.set_ylabel("accuracy, %" if judged[0].classifies else "root mean square error")
    ax.margins(0.1, 0.18)
    ax.legend(loc="best", markerscale=0.6)
    open_frame(ax)
    ax.set_title(f"{name}: {len(judged)} variants")
    return ax
