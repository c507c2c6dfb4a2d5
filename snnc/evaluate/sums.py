"""Sums parts up, in whatever order they came."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.alike import correlation, merged
from snnc.evaluate.part import Part
from snnc.evaluate.result import Layer, Work
from snnc.evaluate.subject import Subject


def outputs_of(parts: Sequence[Part]) -> NDArray[np.float64]:
    """Return the outputs of all examples in their order: (moments, examples, units)."""
    return np.concatenate([part.outputs for part in _in_order(parts)], axis=1)


def keras_of(parts: Sequence[Part]) -> NDArray[np.float64] | None:
    """Return Keras's outputs of all examples in their order: (examples, units)."""
    said = [part.keras.outputs for part in _in_order(parts) if part.keras is not None]
    return np.concatenate(said) if said else None


def layers_of(
    parts: Sequence[Part], subject: Subject, examples: int, steps: int
) -> tuple[Layer, ...]:
    """Return how each layer fired that has a budget."""
    names = subject.evaluate.BUDGETS
    return tuple(_layer(parts, subject, name, examples, steps) for name in names)


def _layer(
    parts: Sequence[Part], subject: Subject, name: str, examples: int, steps: int
) -> Layer:
    seconds = steps * subject.network.DT
    seen = _seen(parts, name)
    low, high, q = subject.evaluate.BUDGETS[name]
    rate = percentile(seen, q) / seconds
    fired = reduce(np.bitwise_or, (part.fired[name] for part in parts))
    neurons = prod(subject.network.LAYERS[name].shape)
    return Layer(
        name,
        low,
        high,
        q,
        rate,
        within(rate, low, high, seconds),
        spikes=_spikes(seen) / examples,
        silent=(neurons - int(np.unpackbits(fired).sum())) / neurons,
        saturated=int(seen[steps:].sum()) / int(seen.sum()),
        correlation=_alike(parts, name),
    )


def _alike(parts: Sequence[Part], name: str) -> float | None:
    said = [part.keras.alike[name] for part in _in_order(parts) if part.keras]
    return correlation(reduce(merged, said)) if said else None


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


def spikes_of(parts: Sequence[Part], examples: int) -> dict[str, float]:
    """Return the spikes of each layer in an example."""
    return {name: _spikes(_seen(parts, name)) / examples for name in parts[0].spikes}


def work_of(spikes: dict[str, float], subject: Subject, steps: int) -> Work:
    """Return what the package says that these spikes take on the chip."""
    return Work(**subject.evaluate.chip_work(spikes, steps))


def overflows_of(parts: Sequence[Part]) -> tuple[int, ...]:
    """Return how often each register has overflowed, as `OVERFLOWS` names them."""
    return tuple(int(n) for n in np.sum([part.overflows for part in parts], axis=0))


def _in_order(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.start)


def _seen(parts: Sequence[Part], name: str) -> NDArray[np.int64]:
    return reduce(_added, (part.spikes[name] for part in parts))


def _added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def _spikes(seen: NDArray[np.int64]) -> int:
    return int(seen @ np.arange(len(seen)))
