"""Plot the quality of networks, the spikes of layers, and the variants of a sweep."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from snnc.results.sweep import select_best
from snnc.text.intervals import interval
from snnc.text.tables import human
from snnc.views.palette import COLOURS, HOST, looks
from snnc.views.plots.style import BREACH, HELD, axes, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.results.adaptation import Adaptation
    from snnc.results.evaluation import Evaluation
    from snnc.results.scores import LayerResult
    from snnc.results.statistics import LayerFiring
    from snnc.results.sweep import Cost, Sweep, Variant
    from snnc.runtime.examples import Array


MOST_NUMBERS = 12
"""The maximum number of classes for which a confusion matrix shows numbers."""
SHOWN = 60
"""The maximum number of neurons per layer in a raster; of larger layers, evenly spaced
neurons are shown."""
AVERAGED = 50
"""The number of examples per average in the plot of learning."""
_AREA, _LARGEST = 14.0, 900.0  # the area per core, and the maximum, in square points
_NAMED = 8  # the number of best variants whose settings fit in the picture


@theme()
def training(
    history: Mapping[str, Sequence[float]],
    what: str | None = None,
    phases: Sequence[tuple[str, int]] = (),
    ax: Axes | None = None,
) -> Axes:
    """Plot a metric for training and, if available, for validation.

    By default, plot the accuracy, if ``history``, the Keras metrics after each epoch,
    has it. ``phases`` are names, with the number of epochs before each. A history
    without the metric raises ValueError.
    """
    what = what or ("accuracy" if "accuracy" in history else "loss")
    _require_metric(history, what)
    ax = axes(ax, 2.6)
    for name, style, colour, label in (
        (what, "o-", COLOURS[0], "training"),
        (f"val_{what}", "s--", COLOURS[5], "validation"),
    ):
        if values := history.get(name, ()):
            epochs = range(1, len(values) + 1)
            ax.plot(epochs, values, style, markersize=4, color=colour, label=label)
    marks_phases = len(phases) > 1
    if marks_phases:
        above = ax.get_xaxis_transform()
        for before, begun in groupby(phases, key=itemgetter(1)):
            place = before + 0.5
            names = ", ".join(name for name, _ in begun)
            ax.axvline(place, color=COLOURS[4], linestyle=":", linewidth=1)
            ax.text(place, 1.01, names, transform=above, size=7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=what)
    ax.legend(loc="best")
    ax.set_title(f"{what} in training", pad=14 if marks_phases else None)
    return ax


def _require_metric(history: Mapping[str, Sequence[float]], what: str) -> None:
    if not history.get(what):
        measures = ", ".join(sorted(name for name in history if history[name]))
        raise ValueError(f"the history has no {what}: it has {measures or 'no epochs'}")


@theme()
def learning(result: Adaptation, ax: Axes | None = None) -> Axes:
    """Plot the accuracy, or the error, of recent examples while a readout learns."""
    ax = axes(ax, 2.6)
    if result.classes:
        values = 100.0 * (result.outputs.argmax(axis=1) == result.y)
    else:
        values = ((result.outputs - result.y) ** 2).mean(axis=1)
    sums = np.convolve(values, np.ones(AVERAGED))[: len(values)]
    numbers = np.arange(1, len(sums) + 1)
    means = sums / np.minimum(numbers, AVERAGED)
    ax.plot(numbers, means if result.classes else np.sqrt(means), color=COLOURS[0])
    title = f"the last {AVERAGED} examples while learning"
    ax.set(xlabel="examples", ylabel=_quality(result.classes), title=title)
    return ax


def _quality(classes: bool) -> str:
    return "accuracy (%)" if classes else "root mean square error"


@theme()
def accuracy(result: Evaluation, dt: float, ax: Axes | None = None) -> Axes:
    """Plot accuracy, or error, and energy against the presentation time.

    The band is the 95 % interval. The upper axis shows the energy, which is
    proportional to time.
    """
    if not result.over_time:
        raise ValueError(f"the simulator {result.simulator} has no presentation time")
    ax = axes(ax, 3.0)
    ms = [moment.steps * dt * 1e3 for moment in result.over_time]
    values = np.array([moment.value for moment in result.over_time])
    share = 1
    kind = "error"
    if result.classes:
        share = 100
        kind = "accuracy"
        ends = np.array([interval(value, result.examples) for value in values])
        low, high = share * ends.T
        ax.fill_between(ms, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        ax.set_ylim(0, 102)
    label = f"spikes, {result.simulator}"
    ax.plot(ms, share * values, "o-", color=COLOURS[0], label=label)
    keras = result.score.before
    label = "Keras before spikes"
    if keras is None:
        keras = result.score.keras
        label = "Keras"
    if keras is not None:
        ax.axhline(share * keras, linestyle="--", color=COLOURS[5], label=label)
    ax.legend(loc="best")
    ax.set(xlabel="presentation time (ms)", ylabel=_quality(result.classes))
    ax.set_xlim(left=0)
    name = f"{result.network} on {result.simulator}"
    title = f"{kind} of {name}"
    if result.energy is not None:
        scale = result.energy * 1e6 / ms[-1]  # in uJ per ms
        functions = (lambda time: scale * time, lambda energy: energy / scale)
        scaled = ax.secondary_xaxis("top", functions=functions)
        scaled.set_xlabel("estimated energy per example on the chip (uJ)")
        total = human(result.energy, "J")
        title = f"{kind} and estimated energy of {name}: {total} at the end"
    ax.set_title(title)
    return ax


@theme()
def raster(
    spikes: Mapping[str, Array],
    dt: float,
    ax: Axes | None = None,
    host: Collection[str] = (),
) -> Axes:
    """Plot a mark for each of the spikes (steps, *shape) of each layer.

    ``dt`` is the time step in seconds, and ``host`` are the layers off the chip.
    """
    ax = axes(ax, 0.75 * len(spikes) + 0.8)
    labels = []
    end = 0.0
    looked = looks(spikes, host)
    edge = ax.spines["left"].get_edgecolor()
    for i, (name, train) in enumerate(spikes.items()):
        end = len(train) * dt * 1e3
        # A layer has a band of 70 units: 60 for its neurons, and the rest is empty.
        top = -70 * i
        flat = train.reshape(len(train), -1)
        # Evenly spaced neurons, and no neuron twice in a small layer.
        shown = np.unique(np.linspace(0, flat.shape[1] - 1, SHOWN).round().astype(int))
        at, neuron = np.nonzero(flat[:, shown])
        height = 60 / len(shown)
        ax.plot(
            (at + 1) * dt * 1e3,
            top - (neuron + 0.5) * height,
            "|",
            color=looked[name].colour,
            markersize=min(8.0, max(2.6, height)),
            markeredgewidth=1.1,
        )
        ax.axhline(top - 65, color=edge, linewidth=0.4)
        some = f" of {human(flat.shape[1])}" if len(shown) < flat.shape[1] else ""
        labels.append(f"{name}\n{len(shown)}{some}")
    ax.set_yticks([-70 * i - 30 for i in range(len(labels))], labels)
    ax.tick_params("y", length=0)
    ax.set(ylim=(-70 * len(labels) + 5, 5), xlim=(0, end), xlabel="time (ms)")
    ax.set_title("spikes of one example")
    return ax


@theme()
def rates(
    firing: Mapping[str, LayerFiring],
    layers: Sequence[LayerResult],
    present: float,
    ax: Axes | None = None,
    host: Collection[str] = (),
) -> Axes:
    """Plot the distribution of firing rates, the checked percentile, and the budget.

    ``present`` is the duration of an example in seconds, and ``host`` are the layers
    off the chip.
    """
    height = 0.55 * len(layers) + 1.0
    ax = axes(ax, height)
    places = -np.arange(len(layers))
    low, high, rate = np.array([(x.low, x.high, x.rate) for x in layers]).T
    budget: dict[str, Any] = {"color": HOST, "alpha": 0.3, "label": "budget"}
    ax.barh(places, high - low, 0.8, left=low, linewidth=0, **budget)
    looked = looks([layer.name for layer in layers], host)
    shape: dict[str, Any] = {"step": "mid", "linewidth": 0}
    for place, layer in zip(places, layers, strict=True):
        seen = firing[layer.name].seen
        if seen.sum() > seen[0]:
            counts = np.log1p(seen) / np.log1p(seen.max())  # most neurons are silent
            edges = np.arange(len(seen)) / present
            bottom = place - 0.35
            shape["color"] = looked[layer.name].colour
            ax.fill_between(edges, bottom, bottom + 0.7 * counts, **shape)
    shape["color"] = HOST
    ax.fill_between([], [], label="neurons (log)", **shape)
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


@theme()
def confusion(result: Evaluation, ax: Axes | None = None) -> Axes:
    """Plot the number of examples by class (rows) and decision (columns)."""
    counts = np.array(result.confusion)
    if not counts.size:
        raise ValueError("a regression has no confusion matrix")
    classes = len(counts)
    side = min(6.0, 1.5 + 0.34 * classes)
    ax = axes(ax, side, side + 0.6, frame=True)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if classes <= MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                # Dark cells need light numbers.
                colour = "white" if shares[row, column] > 0.6 else "#1b1f24"
                ax.text(
                    column, row, count, color=colour, size=7, ha="center", va="center"
                )
    step = max(1, classes // MOST_NUMBERS)
    names = [each.name for each in result.by_class]
    places = range(0, classes, step)
    # Longer names would overlap.
    turn = 90 if max(map(len, names)) > 2 else 0
    ax.set_xticks(places, names[::step], rotation=turn)
    ax.set_yticks(places, names[::step])
    title = f"{result.network}: {result.examples} examples"
    ax.set(xlabel="taken for", ylabel="class", title=title)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8)  # type: ignore[union-attr]
    bar.set_label("fraction of the class")
    return ax


@theme()
def predictions(
    outputs: Array, targets: Array, name: str, ax: Axes | None = None
) -> Axes:
    """Plot outputs (examples, units) of a regression against the true values.

    Each unit has a colour, and ``name`` is the network's.
    """
    ax = axes(ax, 4.2, 4.6)
    units = outputs.shape[1]
    for unit in range(min(units, len(COLOURS))):
        label = f"unit {unit}" if units > 1 else None
        colour = COLOURS[unit]
        ax.plot(targets[:, unit], outputs[:, unit], ".", color=colour, label=label)
    ends = min(targets.min(), outputs.min()), max(targets.max(), outputs.max())
    ax.plot(ends, ends, "--", color=ax.spines["left"].get_edgecolor(), linewidth=1)
    title = f"{name}: {len(outputs)} examples"
    ax.set(xlabel="true", ylabel="predicted", title=title)
    if units > 1:
        ax.legend(loc="best")
    return ax


@theme()
def correlation(
    result: Evaluation, ax: Axes | None = None, host: Collection[str] = ()
) -> Axes:
    """Plot the correlation between each layer's spikes and Keras's activations."""
    layers = [r for r in result.layers if r.correlation is not None]
    if not layers:
        raise ValueError("no comparison with Keras: TensorFlow is not installed")
    ax = axes(ax, 0.32 * len(layers) + 0.9)
    places = [-i for i in range(len(layers))]
    values = [layer.correlation or 0.0 for layer in layers]
    looked = looks([layer.name for layer in result.layers], host)
    colours = [looked[layer.name].colour for layer in layers]
    ax.barh(places, values, 0.6, color=colours)
    ax.set_yticks(places, [layer.name for layer in layers])
    ax.tick_params("y", length=0)
    ax.set(xlim=(min(0.0, *values), 1.0), ylim=(-len(layers) + 0.4, 0.6))
    ax.set_xlabel("correlation of spikes with Keras's activations")
    ax.set_title(f"{result.network}: agreement of the spikes with Keras")
    return ax


@theme()
def sweep(variants: Sweep, over: Cost, ax: Axes | None = None) -> Axes:
    """Plot accuracy or error against costs; connect and name the best variants.

    Variants without an evaluation are omitted. Over energy, areas show the cores.
    """
    judged = [each for each in variants if each.score is not None and each.energy]
    if not judged:
        raise ValueError("nothing was evaluated: use a sweep with data")
    points = _points_of(judged, over)
    best = variants.front
    if over == "cores":  # these and the score are the only costs
        best = select_best(variants.variants, "cores")
    is_best = np.array([line in best for line in judged])
    ax = axes(ax, 3.2 + 0.16 * min(_NAMED, is_best.sum()))
    classifies = judged[0].classifies
    costs = "energy, cores" if over == "energy" else "cores"
    compared = f"{'accuracy' if classifies else 'error'}, {costs}"
    _scatter(ax, points, ~is_best, COLOURS[4], "others")
    _scatter(ax, points, is_best, COLOURS[5], f"best: {compared}")
    spread = points.deviation
    ax.errorbar(points.x, points.y, spread, fmt="none", ecolor=COLOURS[4], lw=0.8)
    by_cost = np.lexsort((points.y, points.x))
    order = by_cost[is_best[by_cost]]
    ax.plot(points.x[order], points.y[order], color=COLOURS[5], linewidth=0.8)
    _number(ax, points, order)
    named = [judged[i] for i in order[:_NAMED]]
    ax.set_xlabel("\n".join(_captions(named, over)), loc="left")
    ax.set_ylabel(_quality(classifies))
    ax.margins(0.1, 0.18)
    ax.legend(loc="best", markerscale=0.6)
    ax.set_title(f"{variants.network}: {len(judged)} variants")
    return ax


@dataclass(frozen=True, slots=True)
class _Points:
    """The costs, scores, standard deviations and areas of variants: (variants,)."""

    x: Array
    y: Array
    deviation: Array
    area: Array


def _points_of(judged: Sequence[Variant], over: Cost) -> _Points:
    """Return the points of variants; over energy, areas show their cores."""
    share = 100 if judged[0].classifies else 1
    x = cores = np.array([line.cores or 0 for line in judged])
    area = np.full(len(judged), _AREA)
    if over == "energy":
        x = 1e6 * np.array([line.energy for line in judged], float)
        area = np.clip(_AREA * cores, 12.0, _LARGEST)
    return _Points(
        x=x,
        y=share * np.array([line.score for line in judged], float),
        deviation=share * np.array([line.deviation or 0.0 for line in judged]),
        area=area,
    )


def _scatter(ax: Axes, points: _Points, shown: Array, colour: str, label: str) -> None:
    if shown.any():
        look: dict[str, Any] = {"color": colour, "alpha": 0.8, "linewidth": 0}
        area = points.area[shown]
        ax.scatter(points.x[shown], points.y[shown], area, label=label, **look)


def _number(ax: Axes, points: _Points, order: Array) -> None:
    """Write numbers from 1 above points, in the given order."""
    for number, i in enumerate(order, 1):
        # The size of a marker is about the square root of its area; 4 points are free.
        above = (0, sqrt(points.area[i]) / 2 + 4)
        ax.annotate(
            str(number),
            (points.x[i], points.y[i]),
            xytext=above,
            textcoords="offset points",
            ha="center",
            size=7,
        )


def _captions(named: Sequence[Variant], over: Cost) -> Iterator[str]:
    """Yield the name of the costs, and the settings of numbered variants."""
    if over == "energy":
        yield "estimated energy per example, uJ; area: cores (in brackets)"
    else:
        yield "cores"
    for number, line in enumerate(named, 1):
        settings = ", ".join(f"{key} {value}" for key, value in line.settings.items())
        cores = f" ({line.cores or 0})" if over == "energy" else ""
        yield f"{number}: {settings}{cores}"
