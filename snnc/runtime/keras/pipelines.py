# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Splits examples for validation, and batches them as tf.data pipelines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DataError, range_warning
from ..examples import Array
from ..files import warn
from ..network import Network
from .backend import Dataset, Tensor, tf

WINDOW = 10_000  # examples of a dataset to shuffle together
SAMPLE = 4096  # the most examples to measure a network on
DRAWS = 100  # of groups, until both sides have every class
Pair = tuple[Array, Array]  # x and y
Rows = NDArray[np.int64]


class Batches(NamedTuple):
    """Batches of ``x``, of shape (batch, *shape), and ``y``.

    ``of_epoch`` returns the ``steps`` batches of an epoch, in an order of its
    own. ``validation`` is one pass over the held-out examples, or None.
    ``sample`` contains at most `SAMPLE` training examples for measurements.
    """

    of_epoch: Callable[[Tensor], Dataset]
    steps: int
    validation: Dataset | None
    sample: NDArray[np.float32]

    def training(self, epoch: int) -> Dataset:
        """Return endless batches from an epoch on."""
        epochs = tf.data.Dataset.range(epoch, tf.int64.max)
        return epochs.flat_map(self.of_epoch).prefetch(1)


@dataclass(frozen=True)
class Pipelines:
    """Makes batches of ``batch`` examples for a network.

    ``validation`` is the fraction to hold out, unless ``held_out`` contains
    examples for validation. ``seed`` chooses the held-out examples and, with
    the epoch, the order of the others. If ``replicas`` can't divide the
    examples evenly, the last ones are left out.
    """

    network: Network
    batch: int
    validation: float
    seed: int
    replicas: int = 1
    held_out: Pair | None = None

    def of_arrays(
        self,
        x: Array,
        y: Array,
        groups: Array | None = None,
    ) -> Batches:
        """Return batches of checked arrays.

        ``groups``, of shape (examples,), are not divided. Raises DataError
        like `split_groups`.
        """
        share = 0.0 if self.held_out is not None else self.validation
        if groups is None or not share:
            kept, rest = split(len(x), share, self.seed)
        else:
            labels = y if self.network.readout.classes else None
            kept, rest = split_groups(groups, share, self.seed, labels)
        rest = rest[: self._round_to_replicas(len(rest))]
        training = tf.constant(x[rest]), tf.constant(y[rest])

        def batches_of(epoch: Tensor) -> Dataset:
            order = self._order(len(rest), epoch, 0)
            places = tf.data.Dataset.from_tensor_slices(order)
            return places.batch(self.batch).map(gather)

        def gather(places: Tensor) -> Tensor:
            return tuple(tf.gather(values, places) for values in training)

        steps = -(-len(rest) // self.batch)
        validation = self._validation(self.held_out or (x[kept], y[kept]))
        return Batches(batches_of, steps, validation, x[rest[:SAMPLE]])

    def of_dataset(self, dataset: Dataset) -> Batches:
        """Return batches of a dataset.

        Which examples are held out also depends on their positions in the
        dataset. The others are counted in one pass. Raises DataError like
        `single_examples`.
        """
        training = single_examples(dataset, self.network)
        validation = None
        if self.held_out is not None:
            validation = self._validation(self.held_out)
        elif self.validation:
            placed = training.enumerate()

            def validates(place: Tensor, _: Tensor) -> Tensor:
                pair = tf.stack([tf.constant(self.seed, tf.int64), place])
                drawn = tf.random.stateless_uniform([], pair)
                return drawn < self.validation

            training = placed.filter(lambda *each: ~validates(*each))
            training = training.map(lambda _, example: example)
            validation = placed.filter(validates)
            validation = validation.map(lambda _, example: example)
            if self.replicas > 1:
                count = self._round_to_replicas(_length(validation))
                validation = validation.take(count)
            validation = validation.batch(self.batch)
        count = self._round_to_replicas(_length(training))
        examples = training.take(count)

        def batches_of(epoch: Tensor) -> Dataset:
            def shuffle(window: Tensor, pair: Tensor) -> Tensor:
                order = self._order(tf.shape(pair[1])[0], epoch, window)
                return tuple(tf.gather(values, order) for values in pair)

            windows = examples.batch(WINDOW).enumerate().map(shuffle)
            return windows.unbatch().batch(self.batch)

        some = training.take(SAMPLE).as_numpy_iterator()
        sample = np.stack([x for x, _ in some])
        warn(
            range_warning(
                float(sample.min()),
                float(sample.max()),
                self.network.input,
            )
        )
        steps = -(-count // self.batch)
        return Batches(batches_of, steps, validation, sample)

    def _validation(self, held_out: Pair) -> Dataset | None:
        count = self._round_to_replicas(len(held_out[0]))
        if not count:
            return None
        pair = tuple(values[:count] for values in held_out)
        examples = tf.data.Dataset.from_tensor_slices(pair)
        return examples.batch(self.batch)

    def _round_to_replicas(self, count: int) -> int:
        return count - count % self.replicas

    def _order(self, count: Tensor, epoch: Tensor, window: Tensor) -> Tensor:
        # tf.data does not accept a tensor as the seed of a shuffle where the
        # global seed is 0, as after keras.utils.set_random_seed(0).
        drawn = epoch * 2**20 + tf.cast(window, tf.int64)
        seed = tf.stack([tf.constant(self.seed, tf.int64), drawn])
        return tf.random.experimental.stateless_shuffle(tf.range(count), seed)


def split(count: int, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return the rows to hold out and the other rows, both shuffled."""
    order = np.random.default_rng(seed).permutation(count)
    held_out, others = np.split(order, [int(share * count)])
    return held_out, others


def split_groups(
    groups: Array,
    share: float,
    seed: int,
    y: Array | None = None,
) -> tuple[Rows, Rows]:
    """Split like `split`, but keep each group on one side.

    ``groups``, of shape (examples,), contains for example the recorded
    subjects. The held-out groups contain at least the fraction ``share`` of
    the examples. With labels ``y``, of shape (examples,), both sides contain
    every class. Raises DataError if there is only one group, or if no draw
    gives both sides every class.
    """
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"all examples are of group {names[0]}: none to hold")
    random = np.random.default_rng(seed)
    sizes = np.bincount(group)
    lacking = ""
    for _ in range(DRAWS):
        order = random.permutation(len(names))
        reached = np.cumsum(sizes[order]) >= share * len(group)
        some = min(int(reached.argmax()) + 1, len(names) - 1)
        is_held = np.isin(group, order[:some])
        lacking = "" if y is None else _lacking(y, is_held)
        if not lacking:
            rows = random.permutation(len(group))
            return rows[is_held[rows]], rows[~is_held[rows]]
    raise DataError(f"{lacking}, however whole groups are drawn")


def _lacking(y: Array, is_held: NDArray[np.bool_]) -> str:
    """Describe the classes that are missing on one side, if any."""
    sides = {"validation": y[is_held], "training": y[~is_held]}
    for side, labels in sides.items():
        missing = np.setdiff1d(y, labels)
        if len(missing):
            named = ", ".join(map(str, missing))
            return f"{side} has no example of class {named}"
    return ""


def single_examples(dataset: Dataset, network: Network) -> Dataset:
    """Return a dataset of single examples, checked as they are read.

    Raises DataError if shapes or types do not fit the network. A value out of
    range raises tf.errors.InvalidArgumentError when it is read.
    """
    if not isinstance(dataset, tf.data.Dataset):
        raise DataError("y is missing")
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DataError("the dataset does not consist of pairs (x, y)")
    (x, y), shape = spec, network.input.shape
    classes = network.readout.classes
    units = network.readout.units
    if x.shape.rank == len(shape) + 1:
        return single_examples(dataset.unbatch(), network)
    if not x.shape.is_compatible_with(shape):
        raise DataError(f"x has shape {x.shape}, not {shape}")
    if classes:
        if y.shape.rank != 0 or not y.dtype.is_integer:
            raise DataError(f"y is {y.dtype.name} {y.shape}, not an integer")
    elif not y.shape.is_compatible_with([units]):
        raise DataError(f"y has shape {y.shape}, not ({units},)")
    if dataset.cardinality() in (0, tf.data.INFINITE_CARDINALITY):
        raise DataError("the dataset is empty or never ends")
    low = network.input.low
    high = network.input.high

    def check(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x = tf.cast(x, tf.float32)
        inside = tf.reduce_all((x >= low) & (x <= high))
        message = f"x: a value is outside {low}..{high}"
        tf.debugging.Assert(inside, [message])
        if not classes:
            return x, tf.ensure_shape(tf.cast(y, tf.float32), [units])
        message = f"y: a label is not in 0..{units - 1}"
        tf.debugging.Assert((y >= 0) & (y < units), [message])
        return x, y

    return dataset.map(check)


def _length(examples: Dataset) -> int:
    return int(examples.reduce(np.int64(0), lambda number, *_: number + 1))
