"""Read the numbers of a safetensors file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from snnc.results.weights import Spread
from snnc.runtime.examples import Array
from snnc.weight_files.header import StoredTensor, WeightsHeader


def read_values(header: WeightsHeader) -> dict[str, Array]:
    """Return the tensors of a file by name; OSError if it can no longer be read."""
    data = header.path.read_bytes()
    return {t.name: _array(t, data[t.start : t.stop]) for t in header.tensors.values()}


def _array(stored: StoredTensor, data: bytes) -> Array:
    if stored.dtype == "bfloat16":
        # bfloat16, which NumPy lacks, is the upper half of a float32.
        upper = np.frombuffer(data, "<u2").astype("<u4") << 16
        return upper.view("<f4").reshape(stored.shape)
    dtype = np.dtype(stored.dtype).newbyteorder("<")
    return np.frombuffer(data, dtype).reshape(stored.shape)


def spreads(values: Mapping[str, Array]) -> dict[str, Spread]:
    """Return the statistics of each tensor."""
    return {name: spread(array) for name, array in values.items()}


def spread(array: Array) -> Spread:
    """Return the statistics of one tensor."""
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    nan = int(np.count_nonzero(np.isnan(wide)))
    infinite = wide.size - finite.size - nan
    return Spread(
        min=_of_finite(finite, np.min),
        max=_of_finite(finite, np.max),
        mean=_of_finite(finite, np.mean),
        std=_of_finite(finite, np.std),
        nan=nan,
        infinite=infinite,
        nonzero=int(np.count_nonzero(wide)),
    )


def _of_finite(values: Array, statistic: Callable[[Array], Any]) -> float | None:
    """Return a statistic, or None for JSON, which has no infinite numbers.

    The sum of large values may overflow.
    """
    result = float(statistic(values)) if values.size else math.inf
    return result if math.isfinite(result) else None
