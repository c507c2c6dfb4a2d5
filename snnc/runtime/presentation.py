# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""In which order and in what company examples are presented."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

# Each example from rest, or in rows with the state carried over.
Presentation = Literal["rest", "row"]
Span = tuple[int, int]  # the first example, and that behind the last

# A row begins from rest, so that what it gives does not depend on who ran the
# rows before it. It is long beside the few examples that the state lasts for.
ROW = 200


def drawn(
    count: int,
    examples: int | None,
    seed: int | None,
) -> NDArray[np.int64]:
    """Return which of ``count`` examples are presented, in what order.

    ``seed`` draws ``examples`` of them, or all, so that no order of theirs
    tells one of the next. Without a seed they are the first, as they are.
    """
    wanted = count if examples is None else min(examples, count)
    if seed is None:
        return np.arange(wanted)
    random = np.random.default_rng(seed)
    return random.choice(count, wanted, replace=False).astype(np.int64)


def spans_of(count: int, size: int) -> list[Span]:
    """Return ``count`` examples in spans of ``size``."""
    return [(at, min(at + size, count)) for at in range(0, count, size)]
