# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Compute a maximum over windows with rectified linear neurons, in pairs.

Because max(a, b) = b + relu(a - b), a window of k values needs k - 1 neurons
in ceil(log2 k) levels. Axes are reduced one at a time. The maximum itself has
no neuron. It is the sum of one value of the window and the neurons with which
this value was compared. The readers of the pool read all of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

Triple: TypeAlias = "tuple[int, int, int]"  # along depth, height and width
# the places along them that are read
Grid: TypeAlias = "tuple[range, ...]"
Padding = Literal["valid", "same"]


@dataclass(frozen=True)
class PoolWindow:
    """Windows along the three axes: size, stride and padding."""

    size: Triple
    stride: Triple
    padding: Padding = "valid"

    def count(self, places: int, axis: int) -> int:
        """Return the number of windows along an axis of this size."""
        size = self.size[axis]
        stride = self.stride[axis]
        if self.padding == "same":
            return -(-places // stride)
        return (places - size) // stride + 1

    def pads(self, places: int, axis: int) -> tuple[int, int]:
        """Return the zeros before and after an axis, as in Keras."""
        if self.padding == "valid":
            return 0, 0
        last = (self.count(places, axis) - 1) * self.stride[axis]
        missing = max(last + self.size[axis] - places, 0)
        return missing // 2, missing - missing // 2


@dataclass(frozen=True)
class Read:
    """The inputs of a level's neurons from one population.

    ``level`` is the level that is read, or None for the pool's source.
    ``grid`` contains the positions that are read, which are all positions
    along the level's own axis. ``nodes`` has, for each neuron of a window, the
    weights, 1 or -1, and their places in window j of that axis: ``first + j *
    step``.
    """

    level: int | None
    grid: Grid
    nodes: Nodes


# weight, first, step
Node: TypeAlias = "tuple[tuple[int, int, int], ...]"
Nodes: TypeAlias = "tuple[Node, ...]"


@dataclass(frozen=True)
class Level:
    """Neurons that compare along one axis; a window's neurons are adjacent.

    ``shape`` is (depth, height, width). Along ``axis``, there are ``windows``
    times the neurons of a window.
    """

    axis: int
    windows: int
    shape: Triple
    reads: tuple[Read, ...]


class Pick(NamedTuple):
    """Positions of a level that are part of the maximum; None as in `Read`."""

    level: int | None
    grid: Grid


@dataclass(frozen=True)
class MaxTree:
    """The levels of a maximum, in order, and the terms of its sum."""

    levels: tuple[Level, ...]
    picks: tuple[Pick, ...]


@dataclass(frozen=True)
class _Value:
    """A value in a window: a source value plus neurons."""

    leaf: int
    nodes: tuple[tuple[int, int], ...] = ()  # a level of the axis, its neuron


@lru_cache(maxsize=64)
def max_tree(size: Triple, window: PoolWindow) -> MaxTree:
    """Return the neurons of a maximum over ``size`` positions."""
    levels: list[Level] = []
    picks = [Pick(None, whole(size))]
    for axis, width in enumerate(window.size):
        places = size[axis]
        count = window.count(places, axis)
        stride = window.stride[axis]
        before, after = window.pads(places, axis)
        size = _put(size, axis, count)
        # Use a value of its own that no window has in the padding.
        base = width - 1 - after
        leaves = [*(i for i in range(width) if i != base), base]
        values = [_Value(leaf) for leaf in leaves]
        while len(values) > 1:
            pairs = list(zip(values[0::2], values[1::2]))
            reads = _reads(pairs, picks, levels, axis, (before, stride))
            shape = _put(size, axis, count * len(pairs))
            # A level outputs the larger value of each pair. The last of an odd
            # number passes unchanged: the fewer neurons are on its way, the
            # less its readers have to read.
            larger = []
            for i, (_, b) in enumerate(pairs):
                larger.append(_Value(b.leaf, (*b.nodes, (len(levels), i))))
            values = larger + values[2 * len(pairs) :]
            levels.append(Level(axis, count, shape, reads))
        (last,) = values
        start = last.leaf - before
        kept = range(start, start + (count - 1) * stride + 1, stride)
        picks = [p._replace(grid=_put(p.grid, axis, kept)) for p in picks]
        for level, node in last.nodes:
            shape = levels[level].shape
            own = shape[axis] // count
            kept = range(node, shape[axis], own)
            picks.append(Pick(level, _put(whole(shape), axis, kept)))
    return MaxTree(tuple(levels), tuple(picks))


def _reads(
    pairs: list[tuple[_Value, _Value]],
    picks: Sequence[Pick],
    levels: Sequence[Level],
    axis: int,
    place: tuple[int, int],
) -> tuple[Read, ...]:
    """Return the positions that a level reads, by source or earlier level."""
    before, stride = place
    signed = [tuple(zip((1, -1), pair)) for pair in pairs]
    leaves: list[Node] = []
    for pair in signed:
        leaves.append(tuple((s, v.leaf - before, stride) for s, v in pair))
    reads = [Read(pick.level, pick.grid, tuple(leaves)) for pick in picks]
    used = {n[0] for pair in pairs for value in pair for n in value.nodes}
    for level in sorted(used):
        shape = levels[level].shape
        step = shape[axis] // levels[level].windows
        nodes: list[Node] = []
        for pair in signed:
            own = [(s, n) for s, v in pair for k, n in v.nodes if k == level]
            nodes.append(tuple((s, n, step) for s, n in own))
        reads.append(Read(level, whole(shape), tuple(nodes)))
    return tuple(reads)


def entries(
    nodes: Nodes,
    windows: int,
    places: range,
    pools: Sequence[tuple[int, int]] = (),
) -> list[dict[int, int]]:
    """Return the positions and weights that each neuron reads along one axis.

    ``nodes`` are indices of ``places`` in the output of ``pools``. The weights
    have to be divided by the size of the pools' windows. Padding is not read.
    """
    rows = []
    for j in range(windows):
        for node in nodes:
            read: dict[int, int] = {}
            for weight, first, step in node:
                place = first + j * step
                if 0 <= place < len(places):
                    spread = _spread(places[place], pools)
                    for where, times in spread.items():
                        read[where] = read.get(where, 0) + weight * times
            rows.append({p: read[p] for p in sorted(read) if read[p]})
    return rows


EVERY: Nodes = (((1, 0, 1),),)  # each neuron reads its own place


def _spread(place: int, pools: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the positions whose mean is a position after pools."""
    weights = {place: 1}
    for window, stride in reversed(pools):
        wider: dict[int, int] = {}
        for where, times in weights.items():
            for offset in range(window):
                at = where * stride + offset
                wider[at] = wider.get(at, 0) + times
        weights = wider
    return weights


def whole(size: Triple) -> Grid:
    """Return all places."""
    return tuple(map(range, size))


def _put(values: tuple[Any, ...], axis: int, value: int | range) -> Any:
    """Return the values with another one for an axis."""
    return (*values[:axis], value, *values[axis + 1 :])
