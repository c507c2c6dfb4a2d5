"""Read the numbers of a safetensors file."""

from __future__ import annotations

import math
from collections.abc import Mapping

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
    nonzero = int(np.count_nonzero(wide))
    if not finite.size:
        return Spread(None, None, None, None, nan, infinite, nonzero)
    # JSON can't represent a sum that overflows.
    low, high, mean, deviation = (
        float(each) if math.isfinite(each) else None
        for each in (finite.min(), finite.max(), finite.mean(), finite.std())
    )
    return Spread(low, high, mean, deviation, nan, infinite, nonzero)
