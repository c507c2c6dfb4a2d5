"""Count the arrays of weights that a convolution stores for one block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from snnc.ir.device import Profile
from snnc.loihi.axis import TapRun, View


@dataclass(frozen=True, slots=True)
class Storage:
    """Stored arrays: Pairs ``(pixels reached, number of such arrays)``.

    ``top`` is the largest index in the arrays. ``aligned`` says whether every base is
    suitable for pop16.
    """

    arrays: tuple[tuple[int, int], ...]
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


@lru_cache(maxsize=65536)
def storage_of(footprint: Footprint, profile: Profile) -> Storage:
    """Return the arrays that a block stores for one connection.

    There is one array per run of kernel rows, run of kernel columns, and page of the
    first compartment reached (`conv2d_loihi_weights`, ``nengo_loihi/conv.py:235-262``).
    If the ensemble is split, there is one array per distinct value
    (`set_new_synapse_weights`, ``builder/split_blocks.py:612``).
    """
    if footprint.size <= profile.synapse.page:
        return _on_one_page(footprint, profile)
    width, channels = footprint.columns.size, footprint.channels
    areas: dict[Hashable, int] = {}
    top = 0
    for row, column in product(footprint.rows.runs, footprint.columns.runs):
        key = _identity(row, column, footprint)
        last = ((row.length - 1) * width + column.length) * channels - 1
        for page in _pages(row.starts, column.starts, footprint, profile):
            areas[key, page] = row.length * column.length
            top = max(top, page + last)
    return Storage(_tally(areas), top, _suits_pop16(footprint, profile))


def _on_one_page(footprint: Footprint, profile: Profile) -> Storage:
    """Return the storage if all arrays begin on one page, without a loop over pairs."""
    rows, columns = footprint.rows, footprint.columns
    if footprint.shared:
        arrays = _distinct(rows, columns, footprint.zero)
    else:
        arrays = Counter[int]()
        pairs = product(rows.lengths.items(), columns.lengths.items())
        for (high, n), (wide, m) in pairs:
            arrays[high * wide] += n * m
    high, wide = max(rows.lengths, default=0), max(columns.lengths, default=0)
    last = ((high - 1) * columns.size + wide) * footprint.channels - 1
    return Storage(
        tuple(arrays.items()), max(0, last), _suits_pop16(footprint, profile)
    )


def _distinct(rows: View, columns: View, zero: bool) -> Counter[int]:
    """Count the arrays with different values, scale or size, by area."""
    arrays = Counter[int]()
    nothing: set[tuple[int, int]] = set()
    kinds = product(rows.kinds.items(), columns.kinds.items())
    for ((high, some), n), ((wide, others), m) in kinds:
        scales = {a * b for a in some for b in others}
        if zero or 0 in scales:
            nothing.add((high, wide))
        if not zero:
            arrays[high * wide] += n * m * len(scales - {0})
    arrays.update(high * wide for high, wide in nothing)
    return arrays


def _identity(row: TapRun, column: TapRun, footprint: Footprint) -> Hashable:
    """Return the key of an array; equal arrays of a synapse have equal keys."""
    if not footprint.shared:
        return row.tap, row.length, column.tap, column.length
    scale = 0 if footprint.zero else row.scale * column.scale
    if scale == 0:
        return row.length, column.length
    return row.values, column.values, scale


def _pages(
    rows: Sequence[int],
    columns: Sequence[int],
    footprint: Footprint,
    profile: Profile,
) -> set[int]:
    """Return the offsets of the pages on which arrays begin."""
    page, channels = profile.synapse.page, footprint.channels
    width = footprint.columns.size
    return {
        (row * width + column) * channels // page * page
        for row in rows
        for column in columns
    }


def _suits_pop16(footprint: Footprint, profile: Profile) -> bool:
    multiple, channels = profile.axon.pop16_base, footprint.channels
    if channels % multiple == 0:
        return True
    width = footprint.columns.size
    starts = product(footprint.rows.starts, footprint.columns.starts)
    bases: Iterator[int] = ((row * width + column) * channels for row, column in starts)
    return all(base % multiple == 0 for base in bases)


def _tally(areas: dict[Hashable, int]) -> tuple[tuple[int, int], ...]:
    counts: dict[int, int] = {}
    for area in areas.values():
        counts[area] = counts.get(area, 0) + 1
    return tuple(counts.items())
