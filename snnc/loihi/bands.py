"""Channel groups in a projection, and channel slices ("strips") with equal inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import lcm

from snnc.loihi.axis import Interval, Tiles


@dataclass(frozen=True, slots=True)
class Bands:
    """A kernel whose channels form groups, in the same order at both ends.

    Attributes
    ----------
    first
        The kernel's input channel for the source's first channel.
    channels, filters
        The number of channels of the source and of the reader.
    read
        The number of the kernel's input channels per group.
    given
        The number of the reader's channels per group.
    """

    first: int
    channels: int
    filters: int
    read: int
    given: int

    @property
    def groups(self) -> range:
        """The groups with channels in the source."""
        stop = -(-(self.first + self.channels) // self.read)
        return range(self.first // self.read, stop)

    @property
    def outputs(self) -> Interval:
        """The reader's channels that read any channel of the source."""
        groups = self.groups
        return groups.start * self.given, groups.stop * self.given

    @property
    def are_all(self) -> bool:
        """Whether each channel of the reader reads a channel of the source."""
        return self.outputs == (0, self.filters)

    def of(self, group: int) -> Interval:
        """Return the source's channels in a group."""
        start = group * self.read - self.first
        return max(0, start), min(self.channels, start + self.read)

    def size(self, groups: range) -> int:
        """Return how many of the source's channels are in consecutive groups."""
        return self.of(groups[-1])[1] - self.of(groups[0])[0]

    def width(self, group: int, outputs: Interval) -> int:
        """Return how many of ``outputs`` read a group."""
        start = group * self.given
        stop = min(outputs[1], start + self.given)
        return max(0, stop - max(outputs[0], start))

    def source_groups(self, outputs: Interval) -> range:
        """Return the source's groups that channels in ``outputs`` read."""
        here = self.groups
        first = max(here.start, outputs[0] // self.given)
        return range(first, min(here.stop, -(-outputs[1] // self.given)))


def one_band(channels: int, filters: int) -> Bands:
    """Return a single group: every channel of the reader reads every source channel."""
    return Bands(0, channels, filters, channels, filters)


@dataclass(frozen=True, slots=True)
class Edges:
    """The channels within a slice at which the inputs from a source change.

    Inputs change every ``step`` channels (never if ``step`` is 0), always in the same
    way except at the ``marks``.
    """

    marks: tuple[int, ...] = ()
    step: int = 0


NO_EDGES = Edges()


def edges_of(bands: Bands) -> Edges:
    """Return the edges of grouped channels; the outer groups may be incomplete."""
    (low, high), given = bands.outputs, bands.given
    return Edges((low, low + given, high - given, high), given)


@lru_cache(maxsize=4096)
def unlike_strips(
    extent: int, channels: int, size: int, edges: frozenset[Edges]
) -> tuple[Interval, ...]:
    """Return a representative of each kind of strip in an ensemble.

    There may be a million strips, but few of them differ in their inputs.

    Parameters
    ----------
    extent, channels
        The number of channels of the ensemble, and of each of its slices.
    size
        The number of channels of a strip.
    edges
        The edges of the links into the ensemble.
    """
    strips = Tiles(extent, size)
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
    strips: Tiles,
    start: int,
    channels: int,
    marks: Collection[int],
    steps: Collection[int],
) -> Iterator[int]:
    first = -(-start // strips.size)
    last = -(-(start + channels) // strips.size) - 1
    stops = {first, last, last + 1}
    for mark in marks:
        i = (start + mark) // strips.size
        stops |= {i, i + 1}
    # The positions of strips relative to the steps repeat with this period.
    period = lcm(strips.size, *steps) // strips.size
    for a, b in pairwise(sorted(i for i in stops if first <= i <= last + 1)):
        i = a
        while i < min(b, a + period):
            yield i
            # All strips within a step have equal inputs.
            within = i * strips.size - start
            ends = [start + (within // step + 1) * step for step in steps]
            i = max(i + 1, min(ends, default=strips.extent) // strips.size)
