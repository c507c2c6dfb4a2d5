"""Read examples from iterables, such as a ``tf.data.Dataset``, larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from snnc.runtime.data import DataError, select
from snnc.runtime.network import Network
from snnc.tools.statistics import Array

ENDLESS = -1  # the cardinality of a tf.data.Dataset that never ends
Batch = tuple[Array, Array | None]
"""Examples, (examples, *shape), and their labels, if any."""


def is_array(x: object) -> bool:
    """Return whether all examples are in memory or memory-mapped."""
    return isinstance(x, list | tuple) or hasattr(x, "__array__")


def read_batches(x: object, network: Network) -> Iterator[Batch]:
    """Yield the batches of an iterable; a single example is a batch of one.

    An item may be a tuple of examples and labels.

    Raises
    ------
    DataError
        If ``x`` is not an iterable, or never ends.
    """
    if hasattr(x, "cardinality") and int(x.cardinality()) == ENDLESS:
        raise DataError("x never ends: take a part of x, such as x.take(1000)")
    if not isinstance(x, Iterable):
        raise DataError(f"x is {type(x).__name__}, neither an array nor an iterable")
    for item in x.as_numpy_iterator() if hasattr(x, "as_numpy_iterator") else x:
        batch, *others = item if isinstance(item, tuple) else (item,)
        batch, y = np.asarray(batch), np.asarray(others[0]) if others else None
        if batch.shape == network.input.shape:
            batch, y = batch[np.newaxis], None if y is None else y[np.newaxis]
        yield batch, y


def store_examples(x: object, y: object, network: Network) -> tuple[Array, Any]:
    """Store the examples of an iterable, and return them with their labels.

    The examples are in a temporary file, which is deleted after the last use. ``y``
    contains the labels, unless the iterable yields labels.

    Raises
    ------
    DataError
        If the network does not accept the examples, or there are none.
    """
    labels: list[Array] = []
    count = 0
    with TemporaryFile() as file:
        for batch, given in read_batches(x, network):
            select(batch, None, network)[:].tofile(file)
            count += len(batch)
            if given is not None:
                labels.append(given)
        if not count:
            raise DataError("x holds no examples")
        file.flush()
        stored = np.memmap(file, np.float32, "r", shape=(count, *network.input.shape))
    return stored, np.concatenate(labels) if y is None and labels else y
