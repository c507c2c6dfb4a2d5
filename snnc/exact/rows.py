"""Keeps each row of weights once, as runs of neighbours without the zeros between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact.compiled import compiled
from snnc.exact.tables import Int32, Int64, Rows

GAP = 8  # zeros in a row of weights that are cheaper to skip than to add


class Store:
    """Collects arrays of weights, equal ones once; numbers their rows."""

    def __init__(self) -> None:
        self._first: dict[tuple[Any, ...], int] = {}
        self._counts: list[Int64] = []
        self._runs: list[Int64] = []
        self._weights: list[Int32] = []
        self._rows = 0
        self._size = 0

    def add(self, weights: Int32, indices: Int32) -> int:
        """Return the number of the first row of (atoms, entries) arrays."""
        key = (weights.shape, weights.tobytes(), indices.tobytes())
        if key not in self._first:
            self._first[key] = self._rows
            self._append(*_increasing(weights, indices))
            self._rows += len(weights)
        return self._first[key]

    def _append(self, weights: Int32, indices: Int32) -> None:
        counts, runs, kept = cut_runs(weights, indices, GAP)
        runs[1] += self._size
        self._counts.append(counts)
        self._runs.append(runs)
        self._weights.append(kept)
        self._size += len(kept)

    def sizes(self) -> Int64:
        """Return the number of runs of each row."""
        return np.concatenate([np.zeros(0, np.int64), *self._counts])

    def rows(self) -> Rows:
        """Return all rows that were added."""
        first = np.concatenate(([0], np.cumsum(self.sizes()))).astype(np.int64)
        empty = np.zeros((3, 0), np.int64)
        offset, begin, length = np.concatenate([empty, *self._runs], axis=1)
        weights = np.concatenate([np.zeros(0, np.int32), *self._weights])
        return Rows(first, offset.copy(), begin.copy(), length.copy(), weights)


def _increasing(weights: Int32, indices: Int32) -> tuple[Int32, Int32]:
    """Return both in the order of the indices; of equal indices the last counts."""
    weights = np.ascontiguousarray(weights, np.int32)
    indices = np.ascontiguousarray(indices, np.int32)
    if (np.diff(indices, axis=1) > 0).all():
        return weights, indices
    order = np.argsort(indices, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    indices = np.take_along_axis(indices, order, axis=1)
    weights[:, :-1][np.diff(indices, axis=1) == 0] = 0
    return weights, indices


@compiled
def cut_runs(
    weights: Int32, indices: Int32, gap: int
) -> tuple[Int64, Int64, NDArray[np.int32]]:
    """Cut rows where indices jump or more than ``gap`` weights are zero.

    Returns
    -------
    counts : (rows,) int64
        Runs of each row.
    runs : (3, runs) int64
        Offset, begin in ``kept`` and length of each run.
    kept : int32
        The weights of all runs.
    """
    atoms, entries = weights.shape
    counts = np.zeros(atoms, np.int64)
    runs = np.empty((3, weights.size), np.int64)
    kept = np.empty(weights.size, np.int32)
    used = written = 0
    for a in range(atoms):
        end = -1  # of the run that is open
        for i in range(entries):
            if weights[a, i] == 0:
                continue
            near = end >= 0 and i - end <= gap
            if near and indices[a, i] - indices[a, end] == i - end:
                for k in range(end + 1, i + 1):
                    kept[written] = weights[a, k]
                    written += 1
                runs[2, used - 1] += i - end
            else:
                runs[0, used] = indices[a, i]
                runs[1, used] = written
                runs[2, used] = 1
                kept[written] = weights[a, i]
                written += 1
                used += 1
                counts[a] += 1
            end = i
    return counts, runs[:, :used].copy(), kept[:written].copy()
