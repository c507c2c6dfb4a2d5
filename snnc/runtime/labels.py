# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Read examples with labels, and check that a network accepts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .data import (
    DataError,
    DataSpec,
    Inputs,
    check_input,
    naming,
    open_arrays,
    select_input,
)
from .examples import Array

if TYPE_CHECKING:
    from typing import TypeAlias

    from .layout import FileName

_NUMBERED = ": labels are numbered by np.unique(y, return_inverse=True)[1]"

ClassWeight: TypeAlias = "Mapping[int, float] | Literal['balanced']"


@dataclass(frozen=True)
class Examples(Inputs):
    """Inputs with their labels, in the same order.

    ``y`` is (examples,) int64 or (examples, units) float32.
    """

    y: Array


def open_data(
    path: FileName,
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Examples:
    """Open ``x`` and ``y`` of a file or folder: see `data`.

    Chooses examples as `select` does. Raises DataError, which names the file
    and the array, if they can't be read or the network does not accept them.
    """
    arrays = open_arrays(path, ("x", "y"))
    with naming(path):
        return select(arrays["x"], arrays["y"], spec, limit, seed)


def select(
    x: Array,
    y: Array,
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Examples:
    """Return the examples to present.

    `examples.sample_indices` chooses them by ``limit`` and ``seed``, and their
    order. Raises DataError if they are not as ``spec`` says.
    """
    if x.shape[0] != y.shape[0]:
        counts = f"x has {x.shape[0]} examples, y has {y.shape[0]}"
        raise DataError(f"{counts}: write as many of both")
    chosen = select_input(x, spec, limit, seed)
    labels = check_labels(y[chosen.rows], len(chosen), spec)
    return Examples(x, chosen.rows, chosen.warning, labels)


def load_data(path: FileName, spec: DataSpec) -> tuple[Array, Array]:
    """Return ``x`` and ``y`` as `check_data` does, from a file.

    Raises DataError as `open_data` does.
    """
    examples = open_data(path, spec)
    return np.asarray(examples.x, np.float32), examples.y


def check_groups(groups: Any, count: int) -> Array:
    """Return the group of each example, (count,).

    Raises DataError unless there is one group per example.
    """
    values: Array = np.asarray(groups)
    if values.shape != (count,) or values.dtype.kind not in "iuUS":
        message = f"groups are {values.dtype} {values.shape}"
        raise DataError(f"{message}, not a whole number or a word an example")
    return values


def check_data(x: Any, y: Any, spec: DataSpec) -> tuple[Array, Array]:
    """Return ``x``, (examples, *shape) as float32, and ``y``.

    ``y`` is (examples,) int64, or (examples, units) float32. Raises DataError
    if the shape, type, number or range of either is not as ``spec`` says.
    """
    x = check_input(x, spec)
    return x, check_labels(np.asarray(y), len(x), spec)


def check_labels(y: Array, count: int, spec: DataSpec) -> Array:
    """Return the labels or targets of ``count`` examples, as in `Examples`."""
    check = _check_classes if spec.classifies else _check_targets
    return check(y, count, spec.units)


def _check_classes(y: Array, count: int, classes: int) -> NDArray[np.int64]:
    if y.shape != (count,):
        one_hot = y.shape == (count, classes)
        column = ": use y[:, 0]" if y.shape == (count, 1) else ""
        hint = ": use y.argmax(axis=1)" if one_hot else column
        raise DataError(f"y has shape {y.shape}, not ({count},){hint}")
    if y.dtype.kind not in "iu":
        whole = y.dtype.kind in "bf" and (y == np.rint(y)).all()
        numbered = _NUMBERED if y.dtype.kind in "US" else ""
        hint = ": use y.astype(int)" if whole else numbered
        raise DataError(f"y has type {y.dtype}, not integer{hint}")
    if y.min() < 0 or y.max() >= classes:
        extent = f"labels run from {y.min()} to {y.max()}"
        raise DataError(f"y: {extent}, not within 0..{classes - 1}")
    return np.asarray(y, np.int64)


def _check_targets(y: Array, count: int, units: int) -> NDArray[np.float32]:
    if y.shape != (count, units):
        column = y.shape == (count,) and units == 1
        hint = ": use y[:, np.newaxis]" if column else ""
        raise DataError(f"y has shape {y.shape}, not ({count}, {units}){hint}")
    if y.dtype.kind not in "iuf":
        raise DataError(f"y has type {y.dtype}, not float")
    targets = np.asarray(y, np.float32)
    if not np.isfinite(targets).all():
        raise DataError("y holds values that are NaN or infinite as float32")
    return targets


def unused_ends(y: Array, classes: int) -> str | None:
    """Say if labels look shifted; None if they do not."""
    unused = [end for end in (0, classes - 1) if not (y == end).any()]
    if not unused:
        return None
    named = " nor of ".join(f"class {end}" for end in unused)
    message = f"no example is of {named}, of 0..{classes - 1}"
    return f"{message}: are labels shifted?"


def balance_classes(
    asked: ClassWeight,
    y: Array | None,
    classes: int,
) -> dict[int, float]:
    """Return the weight of each class's examples in the loss.

    It is 1 unless ``asked`` has another. "balanced" gives all classes of the
    labels ``y``, (examples,), the same total weight, with mean 1 per example.

    Raises DataError if a class is unknown, or if "balanced" lacks labels.
    """
    if asked != "balanced":
        if others := set(asked) - set(range(classes)):
            message = f"there is no class {min(others)}"
            raise DataError(f"class_weight: {message}")
        return {label: float(asked.get(label, 1)) for label in range(classes)}
    if y is None:
        raise DataError("class_weight: balanced needs y as an array")
    counts = np.bincount(y, minlength=classes)
    alike = len(y) / np.count_nonzero(counts) / np.maximum(1, counts)
    return dict(enumerate(alike.tolist()))
