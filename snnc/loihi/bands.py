"""Which channels of a source are read by which channels of a reader."""

from __future__ import annotations

from snnc.dataclass import dataclass
from snnc.loihi.axis import Interval


@dataclass(frozen=True, slots=True)
class Bands:
    """A kernel whose channels form groups, side by side at both ends.

    Attributes
    ----------
    first
        The row of the kernel that meets the source's first channel.
    channels, filters
        Channels of the source and of the reader.
    read
        Rows of a group.
    given
        The reader's channels of a group.
    """

    first: int
    channels: int
    filters: int
    read: int
    given: int

    @property
    def groups(self) -> range:
        """The groups that the source has channels of."""
        stop = -(-(self.first + self.channels) // self.read)
        return range(self.first // self.read, stop)

    @property
    def outputs(self) -> Interval:
        """The reader's channels that read any of the source's."""
        groups = self.groups
        return groups.start * self.given, groups.stop * self.given

    @property
    def are_all(self) -> bool:
        """Whether each channel of the reader reads some of the source's."""
        return self.outputs == (0, self.filters)

    def of(self, group: int) -> Interval:
        """The source's channels of a group."""
        start = group * self.read - self.first
        return max(0, start), min(self.channels, start + self.read)

    def size(self, groups: range) -> int:
        """How many channels of some groups side by side the source has."""
        return self.of(groups[-1])[1] - self.of(groups[0])[0]

    def width(self, group: int, outputs: Interval) -> int:
        """How many out of ``outputs`` read a group."""
        start = group * self.given
        stop = min(outputs[1], start + self.given)
        return max(0, stop - max(outputs[0], start))

    def reached(self, outputs: Interval) -> range:
        """The groups of the source's that ``outputs`` read."""
        here = self.groups
        first = max(here.start, outputs[0] // self.given)
        return range(first, min(here.stop, -(-outputs[1] // self.given)))


def one_band(channels: int, filters: int) -> Bands:
    """Every channel of the reader reads all of the source's."""
    return Bands(0, channels, filters, channels, filters)
