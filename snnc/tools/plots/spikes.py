"""Plot the spikes of layers: a raster of an example, and rates with budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from snnc.text.tables import human
from snnc.tools.plots.style import BREACH, COLOURS, HELD, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.runtime.examples import Array
    from snnc.tools.evaluate.results import LayerResult
    from snnc.tools.statistics import LayerFiring

SHOWN = 60
"""The maximum number of neurons per layer in a raster; of larger layers, evenly spaced
neurons are shown."""


def raster(spikes: Mapping[str, Array], dt: float, ax: Axes | None = None) -> Axes:
    """Plot a mark for each spike, layer by layer.

    Parameters
    ----------
    spikes
        For each layer, the number of spikes per step, of shape (steps, *shape).
    dt
        The time step in seconds.
    """
    ax = axes(ax, 0.75 * len(spikes) + 0.8)
    labels, places, top, steps = [], [], 0, 1
    for i, (name, train) in enumerate(spikes.items()):
        steps, flat = len(train), train.reshape(len(train), -1)
        shown = np.unique(np.linspace(0, flat.shape[1] - 1, SHOWN).round().astype(int))
        at, neuron = np.nonzero(flat[:, shown])
        height = 60 / len(shown)
        ys = top - (neuron + 0.5) * height
        ax.plot(
            (at + 1) * dt * 1e3,
            ys,
            linestyle="none",
            marker="|",
            markersize=min(8.0, max(2.6, 60 / len(shown))),
            markeredgewidth=1.1,
            color=COLOURS[i % len(COLOURS)],
            label=name,
        )
        some = f"{len(shown)} of {human(flat.shape[1])}"
        labels.append(f"{name}\n{some if len(shown) < flat.shape[1] else len(shown)}")
        places.append(top - 30)
        top -= 70
        ax.axhline(top + 5, color=ax.spines["left"].get_edgecolor(), linewidth=0.4)
    ax.set_yticks(places, labels)
    ax.tick_params("y", length=0)
    ax.set(ylim=(top + 5, 5), xlim=(0, steps * dt * 1e3), xlabel="time (ms)")
    ax.set_title("spikes of one example")
    return ax


def rates(
    firing: Mapping[str, LayerFiring],
    layers: Sequence[LayerResult],
    present: float,
    ax: Axes | None = None,
) -> Axes:
    """Plot the distribution of firing rates, the checked percentile, and the budget.

    Parameters
    ----------
    firing
        For each layer, how many neurons fired each number of spikes.
    layers
        The budgets and percentiles.
    present
        The duration of an example in seconds.
    """
    ax = axes(ax, 0.55 * len(layers) + 1.0)
    colour = ax.spines["left"].get_edgecolor()
    for i, layer in enumerate(layers):
        ax.barh(
            -i,
            layer.high - layer.low,
            0.8,
            left=layer.low,
            color=COLOURS[2],
            alpha=0.2,
            linewidth=0,
            label="budget" if i == 0 else None,
        )
        seen = firing[layer.name].seen
        if seen.sum() > seen[0]:
            counts = np.log1p(seen) / np.log1p(seen.max())  # most neurons are silent
            edges = np.arange(len(seen)) / present
            ax.fill_between(
                edges,
                -i - 0.35,
                -i - 0.35 + 0.7 * counts,
                step="mid",
                color=COLOURS[4],
                linewidth=0,
                label="neurons (log)" if i == 0 else None,
            )
        ax.plot(
            layer.rate,
            -i,
            "o" if layer.holds else "X",
            color=HELD if layer.holds else BREACH,
            markeredgecolor=colour,
            markeredgewidth=0.5,
            markersize=7,
            zorder=3,
        )
    handles = [
        ax.plot([], [], "o", color=HELD, label="percentile, held")[0],
        ax.plot([], [], "X", color=BREACH, label="percentile, missed")[0],
    ]
    known, _ = ax.get_legend_handles_labels()
    ax.legend(
        handles=[h for h in known if h not in handles] + handles,
        loc="upper left",
        bbox_to_anchor=(0, -0.28 / (0.55 * len(layers) + 1.0) - 0.08),
        ncols=4,
    )
    ax.set_yticks([-i for i in range(len(layers))], [layer.name for layer in layers])
    ax.tick_params("y", length=0)
    ax.set(xlim=(0, None), xlabel="Hz", title="rates of neurons in one example")
    return ax
