"""The numbers as plots: the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.study.tables import COLUMNS, OURS, ROWS

COLOURS = {
    "swap": "#bab0ac",
    "tuned": "#76b7b2",
    "smooth": "#e15759",
    "spikes": "#4e79a7",
}
SIZE = (3.3, 2.9)  # inches of a panel


def write(folder: Path, known: list[dict[str, Any]]) -> None:
    """Write each plot, with a panel for each network."""
    if not known:
        return
    _plot(folder / "time.svg", known, _time)
    _plot(folder / "columns.svg", known, _columns)


def _plot(
    path: Path, known: list[dict[str, Any]], panel: Callable[[Any, Any], None]
) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    settings = {
        "svg.hashsalt": "snnc",  # else the ids in the file are random
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(settings):
        size = (SIZE[0] * len(known), SIZE[1])
        figure, axes = pyplot.subplots(1, len(known), figsize=size, squeeze=False)
        for network, axis in zip(known, axes[0], strict=True):
            axis.set_title(network["title"])
            panel(axis, network)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5)
        figure.tight_layout(rect=(0, 0.09, 1, 1))
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _time(axis: Any, network: dict[str, Any]) -> None:
    """Accuracy over presentation time; broken lines are on NengoDL."""
    for name in COLUMNS:
        column = network["columns"][name]
        row = "loihi" if name in OURS else "nengo"
        curve = column.get(row, {}).get("curve", [])
        steps = np.arange(1, len(curve) + 1)
        style = "-" if name in OURS else "--"
        percents = 100 * np.array(curve)
        axis.plot(steps, percents, style, color=COLOURS[name], label=COLUMNS[name])
    axis.set_xlabel("presented for, ms")
    axis.set_ylabel("accuracy, %")
    axis.set_ylim(0, 102)
    axis.grid(alpha=0.3)


def _columns(axis: Any, network: dict[str, Any]) -> None:
    """Accuracies of every way to run, one bar for each column."""
    width = 0.8 / len(COLUMNS)
    for place, (name, label) in enumerate(COLUMNS.items()):
        cells = [network["columns"][name].get(row, {}) for row in ROWS]
        heights = [100 * cell.get("accuracy", 0) for cell in cells]
        places = np.arange(len(ROWS)) + (place - (len(COLUMNS) - 1) / 2) * width
        axis.bar(places, heights, width, color=COLOURS[name], label=label)
    axis.set_xticks(np.arange(len(ROWS)), ["Keras", "rates", "Nengo", "Loihi"])
    axis.set_ylabel("accuracy, %")
    axis.set_ylim(0, 102)
