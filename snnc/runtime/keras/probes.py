# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Traced functions that measure a model in training.

They follow the model's weights and scales as these change.
"""

# mypy: allow-untyped-decorators
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

Batches = Sequence[NDArray[np.float32]]
Settle = Callable[[Any, float], None]
Function = TypeVar("Function", bound=Callable[..., Any])


class Driven(NamedTuple):
    """The percentile of a layer's currents, and the highest of them.

    Currents below 0 count as 0, as neurons ignore them.
    """

    percentile: float
    highest: float


class Currents:
    """Computes percentiles of currents, storing only the values above them.

    They equal those of `numpy.percentile`.
    """

    def __init__(
        self,
        model: keras.Model,
        currents: Mapping[str, Any],
        percentiles: Mapping[str, float],
    ) -> None:
        """Take a model, its currents (batch, ...), and their percentiles."""
        self._shares = {name: percentiles[name] / 100 for name in currents}
        values = list(currents.values())
        self._sizes = [math.prod(one.shape[1:]) for one in values]
        probe = keras.Model(model.input, values)
        counts = tf.TensorSpec([len(values)], tf.int32)

        @_traced(_examples(model), counts)
        def largest(x: Any, counts: Any) -> list[Any]:
            outputs = tf.nest.flatten(probe(x, training=False))
            pairs = zip(outputs, tf.unstack(counts), strict=True)
            return [_largest(found, count) for found, count in pairs]

        self._largest = largest

    def __call__(self, batches: Batches) -> dict[str, Driven]:
        """Measure the percentiles on batches."""
        count = sum(map(len, batches))
        lasts = [size * count - 1 for size in self._sizes]
        shares = self._shares.values()
        places = [s * last for s, last in zip(shares, lasts, strict=True)]
        both = zip(lasts, places, strict=True)
        counts = [last - int(place) + 1 for last, place in both]
        kept = [np.empty(0, np.float32) for _ in counts]
        for x in batches:
            found = self._largest(x, counts)
            for i, values in enumerate(found):
                kept[i] = _above(np.append(kept[i], values), counts[i])
        return dict(zip(self._shares, map(_driven, kept, places), strict=True))


def settling(
    model: keras.Model,
    norms: Sequence[keras.layers.BatchNormalization],
) -> Settle:
    """Return a function that updates batch norms' statistics.

    It takes examples, (batch, ...), and the share of each average to keep. The
    averages of equal batches are their means if batch n, from 0 on, keeps n /
    (n + 1).
    """
    probe = keras.Model(model.input, [norm.output for norm in norms])
    momentum = tf.TensorSpec([], tf.float32)

    @_traced(_examples(model), momentum)
    def settle(x: Any, momentum: Any) -> None:
        usual = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = momentum
        probe(x, training=True)
        for norm, one in zip(norms, usual, strict=True):
            norm.momentum = one

    return settle


def _traced(*inputs: tf.TensorSpec) -> Callable[[Function], Function]:
    """Let TensorFlow trace a function once, for any batch size."""
    traced: Callable[[Function], Function] = tf.function(
        input_signature=inputs,
        autograph=False,
    )
    return traced


def _examples(model: keras.Model) -> tf.TensorSpec:
    return tf.TensorSpec([None, *model.input.shape[1:]], tf.float32)


def _largest(values: Any, count: Any) -> Any:
    flat = tf.nn.relu(tf.reshape(values, [-1]))
    count = tf.minimum(count, tf.size(flat))
    return tf.math.top_k(flat, count, sorted=False).values


def _above(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the ``count`` largest values, the two least first."""
    first = max(len(values) - count, 0)
    second = min(first + 1, len(values) - 1)
    return np.partition(values, (first, second))[first:]


def _driven(above: NDArray[Any], place: float) -> Driven:
    """Interpolate a percentile from the largest values, two least first."""
    low, high = float(above[0]), float(above[:2][-1])
    return Driven(low + (high - low) * (place % 1), float(above.max()))
