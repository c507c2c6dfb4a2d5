"""How right a network is: over time, class by class, and beside Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.plots.style import COLOURS, axes, open_frame
from snnc.text.units import human

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.runtime.results import Result

MOST_NUMBERS = 12
"""Classes with which each cell of a confusion matrix still has its number."""


def accuracy(result: Result, dt: float, ax: Axes | None = None) -> Axes:
    """Draw accuracy, or error, and energy over how long an example is presented.

    The band is the 95 % interval. Energy grows with time as in the whole example: the
    scale above tells it.

    Raises
    ------
    ValueError
        If the simulator tells nothing of shorter presentations.
    """
    from snnc.runtime.statistics import interval

    if not result.over_time:
        raise ValueError(f"the simulator {result.simulator} has no presentation time")
    ax = axes(ax, 3.0)
    ms = [moment.steps * dt * 1e3 for moment in result.over_time]
    values = [moment.value for moment in result.over_time]
    share = 100 if result.classes else 1
    if result.classes:
        low, high = zip(*(interval(v, result.examples) for v in values), strict=True)
        below, above = (100 * np.array(end) for end in (low, high))
        ax.fill_between(ms, below, above, color=COLOURS[0], alpha=0.2, linewidth=0)
        ax.set_ylim(0, 102)
    ax.plot(ms, [share * v for v in values], "o-", color=COLOURS[0], label="chip")
    if result.score.keras is not None:
        ax.axhline(
            share * result.score.keras, linestyle="--", color=COLOURS[5], label="Keras"
        )
    ax.legend(loc="best")
    ax.set_xlabel("milliseconds that an example is presented")
    ax.set_ylabel("accuracy, %" if result.classes else "root mean square error")
    ax.set_xlim(left=0)
    open_frame(ax)
    kind = "accuracy" if result.classes else "error"
    name = f"{result.network} on {result.simulator}"
    if result.work is None:
        ax.set_title(f"{kind} of {name}")
        return ax
    scale = result.work.energy_joules * 1e6 / ms[-1]

    def energy(time: Any) -> Any:
        return scale * time

    def time(joules: Any) -> Any:
        return joules / scale

    scaled = ax.secondary_xaxis("top", functions=(energy, time))
    scaled.set_xlabel("microjoules an example on the chip")
    total = human(result.work.energy_joules, "J")
    ax.set_title(f"{kind} and energy of {name}: {total} at the end")
    return ax


def confusion(result: Result, ax: Axes | None = None) -> Axes:
    """Draw how many examples of each class (rows) were taken for each (columns).

    Raises
    ------
    ValueError
        If the network has no classes.
    """
    counts = np.array(result.confusion)
    if not counts.size:
        raise ValueError("a regression has no confusion matrix")
    classes = len(counts)
    side = min(6.0, 1.5 + 0.34 * classes)
    ax = axes(ax, side, side + 0.6)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    image = ax.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    if classes <= MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "black" if shares[row, column] > 0.6 else "white"
                ax.text(
                    column, row, count, ha="center", va="center", size=7, color=colour
                )
    step = max(1, classes // MOST_NUMBERS)
    names = [result.names[i] if result.names else str(i) for i in range(classes)]
    places = range(0, classes, step)
    long = max(map(len, names)) > 2
    ax.set_xticks(places, names[::step], rotation=90 if long else 0)
    ax.set_yticks(places, names[::step])
    ax.set_xlabel("taken for")
    ax.set_ylabel("class")
    figure = ax.figure
    bar = figure.colorbar(image, ax=ax, shrink=0.8)  # type: ignore[union-attr]
    bar.set_label("share of the class")
    ax.set_title(f"{result.network}: {result.examples} examples")
    return ax


def correlation(result: Result, ax: Axes | None = None) -> Axes:
    """Draw how the spikes of each layer go with Keras's activations.

    Raises
    ------
    ValueError
        If nothing was compared with Keras.
    """
    layers = [r for r in result.layers if r.correlation is not None]
    if not layers:
        raise ValueError("nothing was compared with Keras: TensorFlow is not installed")
    ax = axes(ax, 0.32 * len(layers) + 0.9)
    places = [-i for i in range(len(layers))]
    values = [layer.correlation or 0.0 for layer in layers]
    ax.hlines(places, 0, values, color=COLOURS[0], linewidth=2)
    ax.plot(values, places, "o", color=COLOURS[0])
    ax.set_yticks(places, [layer.name for layer in layers])
    ax.tick_params("y", length=0)
    ax.set_xlim(min(0.0, *values), 1.02)
    ax.set_ylim(-len(layers) + 0.4, 0.6)
    ax.set_xlabel("correlation of spikes with Keras's activations")
    open_frame(ax)
    ax.set_title(f"{result.network}: where the chip computes what Keras does")
    return ax
