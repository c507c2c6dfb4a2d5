"""What an evaluation found."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.part import Part
from snnc.evaluate.subject import Subject

OVERFLOWS = ("input", "current", "current with bias")


@dataclass(frozen=True, slots=True)
class Layer:
    """How fast a layer fired; rates in Hz, spikes of an example."""

    name: str
    low: float
    high: float
    percentile: float
    rate: float
    holds: bool
    spikes: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How good outputs are: a share of right ones, or a root mean square error.

    ``interval`` is the 95 % interval of the share. ``keras`` is what the Keras model
    has reached, ``agreement`` the share of same decisions, or the root mean square
    difference.
    """

    value: float
    interval: tuple[float, float] | None
    keras: float | None
    agreement: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """All of it; None is what a simulator does not tell."""

    network: str
    simulator: str
    presentation: str | None
    examples: int
    steps: int | None
    classifies: bool
    score: Score
    layers: tuple[Layer, ...]
    spikes: float | None
    clipped: float | None
    overflows: tuple[int, ...] | None
    cores: int | None
    seconds: float


def score(
    outputs: NDArray[Any], y: NDArray[Any], keras: NDArray[Any] | None, classifies: bool
) -> Score:
    """Judge outputs, (examples, units), by labels and by Keras's outputs."""
    if not classifies:
        return Score(
            _rms(outputs - y),
            None,
            None if keras is None else _rms(keras - y),
            None if keras is None else _rms(outputs - keras),
        )
    decided = outputs.argmax(axis=1)
    right = int((decided == y).sum())
    his = None if keras is None else keras.argmax(axis=1)
    return Score(
        right / len(y),
        interval(right, len(y)),
        None if his is None else float((his == y).mean()),
        None if his is None else float((his == decided).mean()),
    )


def interval(right: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    from scipy.stats import binomtest

    bounds = binomtest(right, count).proportion_ci(0.95, "wilson")
    return float(bounds.low), float(bounds.high)


def outputs_of(parts: Sequence[Part]) -> NDArray[np.float64]:
    """Return the outputs of all examples in their order."""
    return np.concatenate([p.outputs for p in sorted(parts, key=lambda p: p.start)])


def layers_of(
    parts: Sequence[Part], subject: Subject, examples: int, steps: int
) -> tuple[Layer, ...]:
    """Return how fast each layer fired that has a budget."""
    seconds = steps * subject.network.DT
    found = []
    for name, budget in subject.evaluate.BUDGETS.items():
        seen = _seen(parts, name)
        low, high, q = budget
        rate = percentile(seen, q) / seconds
        holds = within(rate, low, high, seconds)
        spikes = _spikes(seen) / examples
        found.append(Layer(name, low, high, q, rate, holds, spikes))
    return tuple(found)


def within(rate: float, low: float, high: float, seconds: float) -> bool:
    """Tell whether a rate is within 5 % or one spike of its bounds."""
    below, above = (max(0.05 * bound, 1 / seconds) for bound in (low, high))
    slack = 1e-6 * high  # a rate is a whole number of spikes, give or take an ulp
    return low - below - slack <= rate <= high + above + slack


def percentile(seen: NDArray[np.int64], q: float) -> float:
    """Return a percentile of values of which each is given by how often it was seen.

    Interpolates as `numpy.percentile` does, which would need all of them at once.
    """
    ranks = np.cumsum(seen)
    place = q / 100 * (ranks[-1] - 1)
    ends = (np.floor(place), np.ceil(place))
    low, high = np.searchsorted(ranks, ends, side="right")
    return float(low + (high - low) * (place % 1))


def clipped_of(parts: Sequence[Part], subject: Subject, steps: int) -> float:
    """Return the share of encoder values that ask for more than a spike a step."""
    layers = subject.network.LAYERS
    encoders = [name for name in subject.evaluate.BUDGETS if layers[name].clipped]
    seen = [_seen(parts, name) for name in encoders]
    most = sum(int(counts[steps:].sum()) for counts in seen)
    return most / max(1, sum(int(counts.sum()) for counts in seen))


def spikes_of(parts: Sequence[Part], examples: int) -> float:
    """Return the spikes of an example, of all layers together."""
    return sum(_spikes(_seen(parts, name)) for name in parts[0].spikes) / examples


def overflows_of(parts: Sequence[Part]) -> tuple[int, ...]:
    """Return how often each register has overflowed, as `OVERFLOWS` names them."""
    return tuple(int(n) for n in np.sum([part.overflows for part in parts], axis=0))


def _seen(parts: Sequence[Part], name: str) -> NDArray[np.int64]:
    return reduce(_added, (part.spikes[name] for part in parts))


def _added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def _spikes(seen: NDArray[np.int64]) -> int:
    return int(seen @ np.arange(len(seen)))


def _rms(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(values**2)))
