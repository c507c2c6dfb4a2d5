"""Plot the spikes of layers: a raster of an example, and rates with budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.text.tables import human
from snnc.tools.plots.style import BREACH, COLOURS, HELD, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.runtime.examples import Array
    from snnc.tools.evaluate.results import LayerResult
    from snnc.tools.scores import LayerFiring

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
    height = 0.55 * len(layers) + 1.0
    ax = axes(ax, height)
    places = -np.arange(len(layers))
    low, high, rate = np.array([(x.low, x.high, x.rate) for x in layers]).T
    budget: dict[str, Any] = {"color": COLOURS[2], "alpha": 0.2, "label": "budget"}
    ax.barh(places, high - low, 0.8, left=low, linewidth=0, **budget)
    label: str | None = "neurons (log)"
    for place, layer in zip(places, layers, strict=True):
        seen = firing[layer.name].seen
        if seen.sum() > seen[0]:
            counts = np.log1p(seen) / np.log1p(seen.max())  # most neurons are silent
            edges, bottom = np.arange(len(seen)) / present, place - 0.35
            shape: dict[str, Any] = {"step": "mid", "linewidth": 0, "label": label}
            top = bottom + 0.7 * counts
            ax.fill_between(edges, bottom, top, color=COLOURS[4], **shape)
            label = None
    holds = np.array([layer.holds for layer in layers])
    edge = ax.spines["left"].get_edgecolor()
    mark: dict[str, Any] = {"markeredgecolor": edge, "markeredgewidth": 0.5}
    for shown, form, colour, verdict in (
        (holds, "o", HELD, "held"),
        (~holds, "X", BREACH, "missed"),
    ):
        mark |= {"color": colour, "label": f"percentile, {verdict}"}
        ax.plot(rate[shown], places[shown], form, markersize=7, zorder=3, **mark)
    below = -0.28 / height - 0.08
    ax.legend(loc="upper left", bbox_to_anchor=(0, below), ncols=4)
    ax.set_yticks(places, [layer.name for layer in layers])
    ax.tick_params("y", length=0)
    ax.set(xlim=(0, None), xlabel="Hz", title="rates of neurons in one example")
    return ax
