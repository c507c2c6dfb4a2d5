# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Splits examples for validation, and weights the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import DataError

DRAWS = 100  # of groups, until both sides have every class

Rows = NDArray[np.int64]


def split(count: int, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return the rows to hold out, and the others, both shuffled."""
    order = np.random.default_rng(seed).permutation(count)
    held_out, others = np.split(order, [int(share * count)])
    return held_out, others


def split_groups(
    groups: NDArray[Any],
    share: float,
    seed: int,
    y: NDArray[np.int64] | None = None,
) -> tuple[Rows, Rows]:
    """Split as `split` does, but keep each group on one side.

    ``groups``, (examples,), are for example the recorded subjects. The groups
    held out have ``share`` of the examples or a little more. With labels
    ``y``, (examples,), both sides have every class.

    Raises DataError if there is only one group, or if no draw gives both sides
    every class.
    """
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise DataError(f"all examples are of group {names[0]}: none to hold")
    random = np.random.default_rng(seed)
    sizes = np.bincount(group)
    lacking: str | None = None
    for _ in range(DRAWS):
        order = random.permutation(len(names))
        reached = np.cumsum(sizes[order]) >= share * len(group)
        some = min(int(reached.argmax()) + 1, len(names) - 1)
        is_held = np.isin(group, order[:some])
        lacking = None if y is None else _lacking(y, is_held)
        if lacking is None:
            rows = random.permutation(len(group))
            return rows[is_held[rows]], rows[~is_held[rows]]
    raise DataError(f"{lacking}, however whole groups are drawn")


def _lacking(y: NDArray[np.int64], is_held: NDArray[np.bool_]) -> str | None:
    """Say which classes are missing on one side."""
    sides = {"validation": y[is_held], "training": y[~is_held]}
    for side, labels in sides.items():
        missing = np.setdiff1d(y, labels)
        if len(missing):
            named = ", ".join(map(str, missing))
            return f"{side} has no example of class {named}"
    return None


ClassWeight = Mapping[int, float] | Literal["balanced"]
Labels = NDArray[np.int64]


def unused_ends(y: Labels, classes: int) -> str | None:
    """Say if labels look shifted; None if they do not."""
    unused = [end for end in (0, classes - 1) if not (y == end).any()]
    if not unused:
        return None
    named = " nor of ".join(f"class {end}" for end in unused)
    message = f"no example is of {named}, of 0..{classes - 1}"
    return f"{message}: are labels shifted?"


def weights_of_classes(
    asked: ClassWeight,
    y: Labels | None,
    classes: int,
) -> dict[int, float]:
    """Return the weight of each class's examples in the loss.

    It is 1 unless ``asked`` has another. "balanced" gives all classes of the
    labels ``y``, (examples,), the same total weight, with mean 1 per example.

    Raises DataError if there is no such class, or no labels to balance.
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
