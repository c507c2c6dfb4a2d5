"""The strips of an ensemble's channels among which all are that read differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise
from math import lcm

from snnc.dataclass import dataclass
from snnc.loihi.axis import Cut, Interval, cut
from snnc.loihi.bands import Bands


@dataclass(frozen=True, slots=True)
class Edges:
    """Where, along the channels of a slice, what they read of a source changes.

    It changes every ``step`` channels (never if that is 0), in the same way but for
    what lies at one of the ``marks``.
    """

    marks: tuple[int, ...] = ()
    step: int = 0


NO_EDGES = Edges()


def edges_of(bands: Bands) -> Edges:
    """Those of channels in groups; the source may have a part of its outer groups."""
    (low, high), given = bands.outputs, bands.given
    return Edges((low, low + given, high - given, high), given)


@lru_cache(maxsize=4096)
def unlike_strips(
    extent: int, channels: int, size: int, edges: frozenset[Edges]
) -> tuple[Interval, ...]:
    """Strips out of all those of an ensemble: each other one is fed like one of them.

    There may be a million, of which these are few.

    Parameters
    ----------
    extent, channels
        Channels of the ensemble, and of each of its slices.
    size
        Those of a strip.
    edges
        What the links that feed them tell.
    """
    strips = cut(extent, size)
    marks = {mark for one in edges for mark in one.marks}
    steps = {one.step for one in edges if one.step}
    strips_by_kind: dict[object, Interval] = {}
    for start in range(0, extent, channels):
        for i in _in_slice(strips, start, channels, marks, steps):
            a, b = strips[i]
            touched = b - a, a // channels, (b - 1) // channels
            strips_by_kind.setdefault(i if edges - {NO_EDGES} else touched, (a, b))
    return tuple(strips_by_kind.values())


def _in_slice(
    strips: Cut,
    start: int,
    channels: int,
    marks: Collection[int],
    steps: Collection[int],
) -> Iterator[int]:
    """Strips that begin in the slice whose first channel is ``start``."""
    first = -(-start // strips.size)
    last = -(-(start + channels) // strips.size) - 1
    stops = {first, last, last + 1}
    for mark in marks:
        i = (start + mark) // strips.size
        stops |= {i, i + 1}
    # Strips lie to the steps as those do that are so many before them.
    period = lcm(strips.size, *steps) // strips.size
    for a, b in pairwise(sorted(i for i in stops if first <= i <= last + 1)):
        i = a
        while i < min(b, a + period):
            yield i
            # A strip within a step is like all others within one.
            within = i * strips.size - start
            ends = [start + (within // step + 1) * step for step in steps]
            i = max(i + 1, min(ends, default=strips.extent) // strips.size)
