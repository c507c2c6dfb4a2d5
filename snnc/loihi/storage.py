"""Count the arrays of weights that a block stores for one connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

from snnc.ir.device import Profile
from snnc.loihi.axis import Kind, TapRun, View


class Storage(NamedTuple):
    """Stored arrays: the number of arrays by their size in pixels.

    ``top`` is the largest index in the arrays. ``aligned`` says whether every base is
    suitable for pop16.
    """

    arrays: Mapping[int, int]
    top: int
    aligned: bool


class Footprint(NamedTuple):
    """A block's view of a source image, for a strip of ``channels`` channels.

    ``shared`` says whether equal arrays are stored once, as nengo-loihi does after
    splitting an ensemble. ``zero`` says whether all weights of the strip are zero.
    """

    rows: View
    columns: View
    channels: int
    shared: bool
    zero: bool

    @property
    def size(self) -> int:
        """The number of compartments of the block."""
        return self.rows.size * self.columns.size * self.channels

    def bases(self, rows: Iterable[int], columns: Iterable[int]) -> set[int]:
        """Return the first compartments that are reached from some rows and columns."""
        width, channels = self.columns.size, self.channels
        return {(i * width + j) * channels for i, j in product(rows, columns)}


def count_arrays(*axes: Mapping[Kind, int]) -> Counter[int]:
    """Return the number of arrays by size.

    Each axis contains the number of kinds, by length and by their common factors. All
    arrays of zeros with equal lengths are equal.
    """
    arrays = Counter[int]()
    zeros = set()
    for kinds in product(*(axis.items() for axis in axes)):
        lengths = tuple([length for (length, _), _ in kinds])
        scales = set(map(prod, product(*[some for (_, some), _ in kinds])))
        number = prod([number for _, number in kinds])
        arrays[prod(lengths)] += number * len(scales - {0})
        if 0 in scales:
            zeros.add(lengths)
    arrays.update(map(prod, zeros))
    return arrays


@lru_cache(maxsize=65536)
def storage_of(footprint: Footprint, profile: Profile) -> Storage:
    """Return the arrays that a block stores for one convolution.

    There is one array per run of kernel rows, run of kernel columns, and page of the
    first compartment reached (`conv2d_loihi_weights`, ``nengo_loihi/conv.py:235-262``).
    If the ensemble is split, there is one array per distinct value
    (`set_new_synapse_weights`, ``builder/split_blocks.py:612``).
    """
    rows, columns, channels, shared, zero = footprint
    aligned = channels % profile.axon.pop16_base == 0 or not any(
        base % profile.axon.pop16_base
        for base in footprint.bases(rows.starts, columns.starts)
    )
    if footprint.size <= profile.synapse.page:
        # All arrays begin on one page, so no loop over pairs of runs is needed.
        zeros = {(1, frozenset([0 if shared and zero else 1])): 1}
        kinds = rows.kinds(shared), columns.kinds(shared)
        high, wide = (max((n for n, _ in each), default=0) for each in kinds)
        top = max(0, ((high - 1) * columns.size + wide) * channels - 1)
        return Storage(count_arrays(*kinds, zeros), top, aligned)
    page, top = profile.synapse.page, 0
    areas: dict[Hashable, int] = {}
    for row, column in product(rows.runs, columns.runs):
        key = _identity(row, column, footprint)
        last = ((row.length - 1) * columns.size + column.length) * channels - 1
        for base in footprint.bases(row.starts, column.starts):
            areas[key, base // page] = row.length * column.length
            top = max(top, base // page * page + last)
    return Storage(Counter(areas.values()), top, aligned)


def _identity(row: TapRun, column: TapRun, footprint: Footprint) -> Hashable:
    """Return the key of an array; equal arrays of a synapse have equal keys."""
    if not footprint.shared:
        return row.tap, row.length, column.tap, column.length
    scale = 0 if footprint.zero else row.scale * column.scale
    if scale == 0:
        return row.length, column.length
    return row.values, column.values, scale
