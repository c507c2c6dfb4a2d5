# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Read examples with labels, and check that a network accepts them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import AS_NUMBERS, DataError, open_arrays
from .data import DataSpec, Inputs, check_input, select_input


@dataclass(frozen=True)
class Examples(Inputs):
    """Inputs with their labels, in the same order.

    ``y`` is (examples,) int64 or (examples, units) float32.
    """

    y: NDArray[Any]


def open_data(
    path: str | PathLike[str],
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Examples:
    """Open ``x`` and ``y`` of an ``.npz`` file, or a folder of ``.npy`` files.

    Arrays of a folder may be larger than memory. Chooses examples as `select`
    does. Raises DataError, which names the file and the array, if they can't
    be read or the network does not accept them.
    """
    arrays, identity = open_arrays(path, ("x", "y"))
    try:
        chosen = select(arrays["x"], arrays["y"], spec, limit, seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return replace(chosen, identity=identity)


def select(
    x: NDArray[Any],
    y: NDArray[Any],
    spec: DataSpec,
    limit: int | None = None,
    seed: int | None = None,
) -> Examples:
    """Return the examples to present.

    `examples.drawn` chooses them by ``limit`` and ``seed``, and their order.
    Raises DataError if they are not as ``spec`` says.
    """
    counts = f"x has {x.shape[0]} examples, y has {y.shape[0]}"
    if x.shape[0] != y.shape[0]:
        raise DataError(f"{counts}: write as many of both")
    chosen = select_input(x, spec, limit, seed)
    rows, warning = chosen.rows, chosen.warning
    labels = _check_labels(y[rows], len(rows), spec)
    return Examples("", x, rows, warning, labels)


def load_data(
    path: str | PathLike[str],
    spec: DataSpec,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return ``x`` and ``y`` as `check_data` does, from a file.

    Raises DataError as `open_data` does.
    """
    examples = open_data(path, spec)
    return np.asarray(examples.x, np.float32), examples.y


def load_groups(
    path: str | PathLike[str],
    name: str,
    count: int,
) -> NDArray[Any]:
    """Return the array of a file that has each example's group: (count,).

    Raises DataError unless it has one whole number per example.
    """
    arrays, _ = open_arrays(path, (name,))
    try:
        return check_groups(arrays[name], count)
    except DataError as error:
        raise DataError(f"{path}: {name}: {error}") from error


def check_groups(groups: Any, count: int) -> NDArray[Any]:
    """Return the group of each example, (count,).

    Raises DataError unless there is one group per example.
    """
    values: NDArray[Any] = np.asarray(groups)
    if values.shape != (count,) or values.dtype.kind not in "iuUS":
        message = f"groups are {values.dtype} {values.shape}"
        raise DataError(f"{message}, not a whole number or a word an example")
    return values


def check_data(
    x: Any,
    y: Any,
    spec: DataSpec,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return ``x``, (examples, *shape) as float32, and ``y``.

    ``y`` is (examples,) int64, or (examples, units) float32. Raises DataError
    if the shape, type, number or range of either is not as ``spec`` says.
    """
    x = check_input(x, spec)
    return x, _check_labels(np.asarray(y), len(x), spec)


def _check_labels(y: NDArray[Any], count: int, spec: DataSpec) -> NDArray[Any]:
    check = _check_classes if spec.classifies else _check_targets
    return check(y, count, spec.units)


def _check_classes(y: NDArray[Any], count: int, classes: int) -> NDArray[Any]:
    if y.shape != (count,):
        one_hot = y.shape == (count, classes)
        column = ": use y[:, 0]" if y.shape == (count, 1) else ""
        hint = ": use y.argmax(axis=1)" if one_hot else column
        raise DataError(f"y has shape {y.shape}, not ({count},){hint}")
    if y.dtype.kind not in "iu":
        whole = y.dtype.kind == "f" and (y == np.rint(y)).all()
        numbered = AS_NUMBERS.get(y.dtype.kind, "")
        hint = ": use y.astype(int)" if whole else numbered
        raise DataError(f"y has type {y.dtype}, not integer{hint}")
    if y.min() < 0 or y.max() >= classes:
        extent = f"labels run from {y.min()} to {y.max()}"
        raise DataError(f"y: {extent}, not within 0..{classes - 1}")
    return np.asarray(y, np.int64)


def _check_targets(y: NDArray[Any], count: int, units: int) -> NDArray[Any]:
    if y.shape != (count, units):
        hint = ": use y[:, np.newaxis]" if y.shape == (count,) else ""
        hint = hint if units == 1 else ""
        raise DataError(f"y has shape {y.shape}, not ({count}, {units}){hint}")
    if y.dtype.kind not in "iuf":
        raise DataError(f"y has type {y.dtype}, not float")
    targets = np.asarray(y, np.float32)
    if not np.isfinite(targets).all():
        raise DataError("y holds values that are NaN or infinite as float32")
    return targets
