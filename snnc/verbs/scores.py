"""Score outputs, and compare both ways to decide."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from snnc.results import scores as results
from snnc.results.scores import Interval
from snnc.runtime import examples
from snnc.runtime.examples import Array, decide
from snnc.runtime.network import Decide, Network
from snnc.text.intervals import interval

QUARTERS = (1, 2, 3, 4)


def moments(steps: int) -> tuple[int, ...]:
    """Return the number of steps after each quarter of an example."""
    ends = {max(1, steps * quarter // 4) for quarter in QUARTERS}
    return tuple(sorted(ends))


def decide_early(rows: Array, how: Decide) -> Array:
    """Return the outputs (moments, examples, units) if examples ended at `moments`."""
    ends = moments(rows.shape[1])
    return np.stack([decide(rows[:, :end], how) for end in ends])


def per_example_score(outputs: Array, y: Array, classes: bool) -> Array:
    """Return the quality of each example's outputs (examples, units).

    This is whether the decision is correct, or the negative mean square error.
    """
    if classes:
        return np.asarray(outputs.argmax(axis=1) == y)
    return np.asarray(-np.mean((outputs - y) ** 2, axis=1))


def difference(first: Array, second: Array, comparisons: int = 1) -> Interval | None:
    """Return the 95 % interval of the mean of ``first`` minus ``second``.

    Both arrays are `per_example_score` of the same examples. With several
    ``comparisons``, all intervals hold simultaneously in 95 % of cases (Bonferroni).
    Return None for a single value.
    """
    z = NormalDist().inv_cdf(1 - 0.025 / comparisons)
    apart = first.astype(np.float64) - second
    count = float(len(apart))
    total = float(apart.sum())
    squares = float(apart @ apart)
    if first.dtype == np.bool_:
        # A. Agresti, Y. Min, Simple improved confidence intervals for
        # comparing matched proportions, Statistics in Medicine 24, 2005,
        # 729-740: add half an example to each of the four cells.
        count = count + 2
        squares = squares + 1
    elif count < 2:
        return None
    mean = total / count
    spread = z * math.sqrt(max(0.0, squares - total * mean)) / count
    return mean - spread, mean + spread


def score(
    outputs: Array,
    y: Array,
    classes: bool,
    keras: Array | None = None,
    model: results.KerasModel | None = None,
    before: Array | None = None,
    unknown: str | None = None,
) -> results.Score:
    """Score outputs of shape (examples, units) against labels and Keras.

    ``y`` contains labels, of shape (examples,), if there are ``classes``, and otherwise
    values, of shape (examples, units). ``before`` contains Keras's outputs with the
    weights from before the phase `spikes`; ``unknown`` says why these are missing.
    """
    value = examples.score(outputs, y, classes)
    scored = results.Score(
        value,
        interval(value, len(y)) if classes else _error_interval(outputs, y),
        before=None if before is None else examples.score(before, y, classes),
        unknown=unknown,
        r2=None if classes else explained_variance(outputs, y),
    )
    # The phase `spikes` makes Keras less accurate with its weights (decision 024).
    best = before if unknown or before is not None else keras
    if best is not None:
        more, less = (_shares(o, y, classes) for o in (best, outputs))
        scored = replace(scored, loss=difference(more, less))
    if keras is None:
        return scored
    target = keras.argmax(axis=1) if classes else keras
    agreement = examples.score(outputs, target, classes)
    quality = examples.score(keras, y, classes)
    return replace(scored, keras=quality, agreement=agreement, model=model)


def _error_interval(outputs: Array, y: Array) -> Interval | None:
    # The interval is computed for mean squares, and has to stay an interval of errors.
    merits = per_example_score(outputs, y, classes=False)
    squares = difference(merits, np.zeros_like(merits))
    if squares is None:
        return None
    low, high = (math.sqrt(max(0.0, -bound)) for bound in reversed(squares))
    return low, high


def explained_variance(outputs: Array, y: Array) -> float | None:
    """Return R2: 1 minus the unexplained fraction of the variance of ``y``.

    Both arrays have the shape (examples, units). Return None if ``y`` does not vary.
    """
    variance = float(y.var(axis=0, dtype=np.float64).mean())
    return 1 - float(np.mean((outputs - y) ** 2)) / variance if variance else None


def unit_results(outputs: Array, y: Array) -> tuple[results.UnitResult, ...]:
    """Score each unit of a regression; the arrays have the shape (examples, units)."""
    units = []
    for output, true in zip(
        outputs.T[..., np.newaxis], y.T[..., np.newaxis], strict=True
    ):
        rmse = examples.score(output, true, classes=False)
        units.append(results.UnitResult(rmse, explained_variance(output, true)))
    return tuple(units)


def _shares(outputs: Array, y: Array, classes: bool) -> Array:
    """Return each example's contribution to the score; higher is better.

    The mean is the accuracy or the negative root mean square error. To first order, an
    example with square error e changes the error by (e / rms - rms) / 2 (the delta
    method).
    """
    merits = per_example_score(outputs, y, classes)
    rms = 0.0 if classes else math.sqrt(-merits.mean())
    return (merits / rms - rms) / 2 if rms else merits


def over_time(
    outputs: Array, y: Array, classes: bool, steps: int
) -> tuple[results.ScoreAtTime, ...]:
    """Score outputs (moments, examples, units) after each of `moments`."""
    # The same examples at several times: pairwise and joint intervals (decision 024).
    *early, end = (per_example_score(each, y, classes) for each in outputs)
    gains = [difference(end, merit, len(early)) for merit in early]
    values = [examples.score(each, y, classes) for each in outputs]
    timed = zip(moments(steps), values, [*gains, None], strict=True)
    return tuple(
        results.ScoreAtTime(steps=moment, value=value, gain=gain)
        for moment, value, gain in timed
    )


def confusion(outputs: Array, y: Array) -> tuple[tuple[int, ...], ...]:
    """Count the decisions for each class, by true class."""
    units = outputs.shape[1]
    pairs = y * units + outputs.argmax(axis=1)
    counts = np.bincount(pairs, minlength=units**2).reshape(units, units)
    return tuple(map(tuple, counts.tolist()))


def other_decision(how: Decide) -> Decide:
    """Return the other way to decide from the same spikes."""
    return "mean" if how == "last" else "last"


def compare_decisions(
    network: Network, outputs: Array, others: Array, y: Array
) -> tuple[results.ReadoutVariant, ...]:
    """Compare outputs (examples, units) with the outputs of the other decision.

    Both follow from the same spikes, so no second run is needed (decision 024). ``y``
    contains the labels.
    """
    readout = network.readout
    chosen = per_example_score(outputs, y, readout.classes)
    other = per_example_score(others, y, readout.classes)
    variant = results.ReadoutVariant(
        decide=other_decision(readout.decide),
        synapse=readout.synapse,
        value=examples.score(others, y, readout.classes),
        gain=difference(other, chosen),
    )
    return (variant,)
