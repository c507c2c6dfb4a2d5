# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What a readout decides, and how right that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .network import Decide


def decide(rows: NDArray[Any], how: Decide) -> NDArray[Any]:
    """Return what rows of examples, (examples, steps, units), decide.

    That is the mean of the later half of an example's rows, or its last row.
    """
    if how == "last":
        return rows[:, -1].copy()
    later: NDArray[Any] = rows[:, rows.shape[1] // 2 :].mean(axis=1)
    return later


def score(outputs: NDArray[Any], y: NDArray[Any], classes: bool) -> float:
    """Return the share of right decisions, or the root mean square error.

    ``outputs`` are (examples, units); ``y`` are labels, (examples,), if units
    are ``classes``, else values of the outputs' shape.
    """
    if classes:
        return float(np.mean(outputs.argmax(axis=1) == y))
    return float(np.sqrt(np.mean((outputs - y) ** 2)))
