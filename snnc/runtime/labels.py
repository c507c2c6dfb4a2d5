# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What labels are like before a network is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .arrays import DataError

ClassWeight = Mapping[int, float] | Literal["balanced"]
Labels = NDArray[np.int64]


def unused_ends(y: Labels, classes: int) -> str | None:
    """Say if labels look as if they were shifted; None if they do not."""
    unused = [end for end in (0, classes - 1) if not (y == end).any()]
    if not unused:
        return None
    named = " nor of ".join(f"class {end}" for end in unused)
    told = f"no example is of {named}, of 0..{classes - 1}"
    return f"{told}: are labels shifted?"


def weights_of_classes(
    asked: ClassWeight,
    y: Labels | None,
    classes: int,
) -> dict[int, float]:
    """Return what an example of each class counts in the loss.

    That is 1 unless it is ``asked`` for. "balanced" lets all classes that
    labels ``y``, (examples,), have count alike, and examples 1 on average.

    Raises DataError if there is no such class, or no labels to balance.
    """
    if asked != "balanced":
        if others := set(asked) - set(range(classes)):
            told = f"there is no class {min(others)}"
            raise DataError(f"class_weight: {told}")
        return {label: float(asked.get(label, 1)) for label in range(classes)}
    if y is None:
        raise DataError("class_weight: balanced needs y as an array")
    counts = np.bincount(y, minlength=classes)
    alike = len(y) / np.count_nonzero(counts) / np.maximum(1, counts)
    return dict(enumerate(alike.tolist()))
