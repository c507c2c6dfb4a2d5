# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Batches of examples, as tf.data pipelines."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ..data import DataError, DataSpec
from .splitting import split, split_groups

WINDOW = 10_000  # examples of a dataset to shuffle together
Pair = tuple[NDArray[Any], NDArray[Any]]  # x and y
SAMPLE = 4096  # the most examples to measure a network on


class Batches(NamedTuple):
    """Batches of ``x``, (batch, *shape), and ``y``.

    ``training`` returns endless batches, starting with those of an epoch; an
    epoch has ``steps``. ``validation`` is one pass over the examples held out,
    None without any. ``sample`` has at most `SAMPLE` single training examples
    to measure on.
    """

    training: Callable[[int], tf.data.Dataset]
    steps: int
    validation: tf.data.Dataset | None
    sample: tf.data.Dataset


@dataclass(frozen=True)
class Pipelines:
    """Makes batches of ``batch`` examples that fit ``spec``.

    ``validation`` is the share to hold out. ``seed`` chooses these and, with
    the epoch, the order of the others. The last examples are left out if
    ``replicas`` can't share them evenly.
    """

    spec: DataSpec
    batch: int
    validation: float
    seed: int
    replicas: int = 1

    def of_arrays(
        self,
        x: Any,
        y: Any,
        groups: Any = None,
        held_out: Pair | None = None,
    ) -> Batches:
        """Return batches of checked arrays.

        ``groups``, (examples,), are not divided; ``held_out`` are examples to
        validate on instead of a share of the arrays. Raises DataError as
        `splitting.split_groups` does.
        """
        share = 0.0 if held_out is not None else self.validation
        if groups is None or not share:
            kept, rest = split(len(x), share, self.seed)
        else:
            labels = y if self.spec.classifies else None
            kept, rest = split_groups(groups, share, self.seed, labels)
        kept, rest = self._shared(kept), self._shared(rest)
        training = tf.constant(x[rest]), tf.constant(y[rest])
        batches = self._repeated(lambda epoch: self._drawn(training, epoch))
        steps = -(-len(rest) // self.batch)
        slices = tf.data.Dataset.from_tensor_slices
        sample = slices((x[rest[:SAMPLE]], y[rest[:SAMPLE]]))
        kept_pair = (x[kept], y[kept]) if held_out is None else held_out
        return Batches(batches, steps, self._validation(kept_pair), sample)

    def of_dataset(
        self,
        dataset: tf.data.Dataset,
        held_out: Pair | None = None,
    ) -> Batches:
        """Return batches of a dataset.

        The choice of the examples held out also depends on their positions in
        it. Takes one pass to count the others. Raises DataError as
        `single_examples` does.
        """
        examples = single_examples(dataset, self.spec)
        if held_out is not None or not self.validation:
            kept = None if held_out is None else self._validation(held_out)
            return self._endless(examples, kept)
        placed = examples.enumerate()

        def validates(place: Any, _: Any) -> Any:
            pair = tf.stack([tf.constant(self.seed, tf.int64), place])
            drawn = tf.random.stateless_uniform([], pair)
            return drawn < self.validation

        def trains(place: Any, example: Any) -> Any:
            return ~validates(place, example)

        def example_of(_: Any, example: Any) -> Any:
            return example

        training = placed.filter(trains).map(example_of)
        validation = placed.filter(validates).map(example_of)
        if self.replicas > 1:
            count = _length(validation)
            validation = validation.take(count - count % self.replicas)
        return self._endless(training, _sharded(validation.batch(self.batch)))

    def _endless(
        self,
        training: tf.data.Dataset,
        validation: tf.data.Dataset | None,
    ) -> Batches:
        count = _length(training)
        count -= count % self.replicas
        examples = training.take(count)
        batches = self._repeated(lambda epoch: self._mixed(examples, epoch))
        steps = -(-count // self.batch)
        return Batches(batches, steps, validation, training.take(SAMPLE))

    def _validation(self, held_out: Pair) -> tf.data.Dataset | None:
        count = len(held_out[0]) - len(held_out[0]) % self.replicas
        if not count:
            return None
        pair = tuple(values[:count] for values in held_out)
        examples = tf.data.Dataset.from_tensor_slices(pair)
        return _sharded(examples.batch(self.batch))

    def _shared(self, order: Any) -> Any:
        return order[: len(order) - len(order) % self.replicas]

    def _drawn(self, examples: Any, epoch: Any) -> tf.data.Dataset:
        """Return batches of arrays, in the order of an epoch."""
        order = self._order(len(examples[1]), epoch, 0)
        places = tf.data.Dataset.from_tensor_slices(order).batch(self.batch)
        return places.map(lambda at: tuple(tf.gather(v, at) for v in examples))

    def _mixed(self, examples: tf.data.Dataset, epoch: Any) -> tf.data.Dataset:
        """Return batches of a dataset, shuffled in windows."""

        def shuffled(window: Any, pair: Any) -> Any:
            order = self._order(tf.shape(pair[1])[0], epoch, window)
            return tuple(tf.gather(values, order) for values in pair)

        windows = examples.batch(WINDOW).enumerate().map(shuffled)
        return windows.unbatch().batch(self.batch)

    def _order(self, count: Any, epoch: Any, window: Any) -> Any:
        # tf.data does not accept a tensor as the seed of a shuffle where the
        # global seed is 0, as after keras.utils.set_random_seed(0).
        drawn = epoch * 2**20 + tf.cast(window, tf.int64)
        seed = tf.stack([tf.constant(self.seed, tf.int64), drawn])
        return tf.random.experimental.stateless_shuffle(tf.range(count), seed)

    def _repeated(
        self,
        batches_of: Callable[[Any], tf.data.Dataset],
    ) -> Callable[[int], tf.data.Dataset]:
        """Return endless batches from an epoch on, each in its own order."""

        def beginning(epoch: int) -> tf.data.Dataset:
            epochs = tf.data.Dataset.range(epoch, tf.int64.max)
            return _sharded(epochs.flat_map(batches_of)).prefetch(1)

        return beginning


def sample_of(batches: Batches) -> NDArray[np.float32]:
    """Return the examples to measure on, (examples, *shape)."""
    return np.stack([x for x, _ in batches.sample.as_numpy_iterator()])


def single_examples(
    dataset: tf.data.Dataset,
    accepted: DataSpec,
) -> tf.data.Dataset:
    """Return a dataset of single examples, checked as they are read.

    Raises DataError if shapes or types do not fit the network. A value out of
    range raises tf.errors.InvalidArgumentError when it is read.
    """
    if not isinstance(dataset, tf.data.Dataset):
        raise DataError("y is missing")
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DataError("the dataset does not consist of pairs (x, y)")
    x, y = spec
    shape, units = accepted.shape, accepted.units
    if x.shape.rank == len(shape) + 1:
        return single_examples(dataset.unbatch(), accepted)
    if not x.shape.is_compatible_with(shape):
        raise DataError(f"x has shape {x.shape}, not {shape}")
    if accepted.classifies:
        if y.shape.rank != 0 or not y.dtype.is_integer:
            raise DataError(f"y is {y.dtype.name} {y.shape}, not an integer")
    elif not y.shape.is_compatible_with([units]):
        raise DataError(f"y has shape {y.shape}, not ({units},)")
    if dataset.cardinality() in (0, tf.data.INFINITE_CARDINALITY):
        raise DataError("the dataset is empty or never ends")

    def within_range(x: Any, y: Any) -> Any:
        return _checked_x(x, accepted), _checked_y(y, accepted)

    return dataset.map(within_range)


def _checked_x(x: Any, spec: DataSpec) -> Any:
    x = tf.cast(x, tf.float32)
    inside = tf.reduce_all((x >= spec.low) & (x <= spec.high))
    message = f"x: a value is outside {spec.low}..{spec.high}"
    tf.debugging.Assert(inside, [message])
    return x


def _checked_y(y: Any, spec: DataSpec) -> Any:
    if not spec.classifies:
        return tf.ensure_shape(tf.cast(y, tf.float32), [spec.units])
    known = (y >= 0) & (y < spec.units)
    tf.debugging.Assert(known, [f"y: a label is not in 0..{spec.units - 1}"])
    return y


def _sharded(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Let workers share batches by batch, as there are no files to share."""
    options = tf.data.Options()
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return batches.with_options(options)


def _length(examples: tf.data.Dataset) -> int:
    return int(examples.reduce(np.int64(0), lambda number, *_: number + 1))
