"""Which slices and channels of a source the strips of a target read, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, product

from snnc.loihi.axis import Interval
from snnc.loihi.bands import Bands
from snnc.loihi.compared import ComparedDepth
from snnc.loihi.depth import Depth
from snnc.loihi.link import Feed
from snnc.loihi.scatter import Pattern, without_factor
from snnc.loihi.taps import Tap
from snnc.loihi.tiling import Part, Piece, Tiling

Read = tuple[int, Tap, Interval]
"""An output slice, the tap with which it reads, and which of its channels do."""
Kind = tuple[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Fan(Feed):
    """What a strip reads of each pixel of a source ensemble.

    ``entries`` are the image channels that it reads.

    Attributes
    ----------
    lengths
        How many of them reach how many channels of the strip: ``(reached, number)``.
    kinds
        The same of those whose weights differ, with the factors that they come at.
    """

    lengths: tuple[tuple[int, int], ...]
    kinds: frozenset[tuple[Kind, int]]


@dataclass(frozen=True, slots=True)
class Fans:
    """The depth axis and the channels of a projection that is stored by weights."""

    depth: Depth | ComparedDepth
    bands: Bands

    def fan(self, part: Part, strip: Interval, slices: Interval) -> Fan:
        """What a strip reads of the source's ``slices``."""
        lengths, width = Counter[int](), self.bands.width
        scales: dict[tuple[int, int, Pattern], set[int]] = {}
        for place in range(*slices):
            reads = tuple(self._reads(part, strip, place))
            for group in self._groups(reads):
                reached = sum(width(group, own) for _, _, own in reads)
                lengths[reached] += self.bands.size(group)
                found = [(out, tap) for out, tap, own in reads if width(group, own)]
                pattern, scale = without_factor(found)
                scales.setdefault((reached, group, pattern), set()).add(scale)
        kinds = Counter[Kind]()
        for (reached, group, _), factors in scales.items():
            kinds[reached, frozenset(factors)] += self.bands.size(group)
        return Fan(
            entries=lengths.total(),
            distinct=sum(len(own) * number for (_, own), number in kinds.items()),
            lengths=tuple(sorted(lengths.items())),
            kinds=frozenset(kinds.items()),
        )

    def _reads(self, part: Part, strip: Interval, place: int) -> Iterator[Read]:
        """How slices of a strip read one of the source."""
        channels = part.channels
        for out in range(*part.touched(strip)):
            if tap := self.depth.tap(out, place):
                start = (out - part.slices[0]) * channels
                low, high = max(0, strip[0] - start), min(channels, strip[1] - start)
                yield out, tap, (low, high)

    def _groups(self, reads: Iterable[Read]) -> frozenset[int]:
        return frozenset(g for _, _, own in reads for g in self.bands.reached(own))

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        """How many channels of each strip of the source strips of the target read.

        A channel counts once for each of these. The strips are those of one source
        ensemble after the other.
        """
        found = []
        for part in source.parts:
            times: list[int] = []
            for place in range(*part.slices):
                first, stop = self.depth.within((place, place + 1))
                read = first < stop
                times += self._times(target, first) if read else [0] * part.channels
            before = [0, *accumulate(times)]
            found.append([before[b] - before[a] for a, b in part.strips])
        return found

    def _times(self, target: Tiling, place: int) -> Iterator[int]:
        """For each channel of a slice of the source, how many strips read it."""
        count = Counter(
            group
            for part in target.parts
            for strip in part.strips
            for group in self._groups(self._reads(part, strip, place))
        )
        for group in self.bands.groups:
            yield from [count[group]] * self.bands.size(group)

    def joined(self, source: int, target: int) -> int:
        """How many pairs of a slice and channel at both ends are connected.

        Parameters
        ----------
        source, target
            Slices of the depth axis at either end, of the source those read.
        """
        pairs = product(range(target), range(source))
        slices = sum(1 for out, place in pairs if self.depth.tap(out, place))
        return slices * self.bands.channels * self.bands.given

    def shared(self, pre: Piece, post: Piece) -> int:
        """How many of the channels of one core's neurons another core reads."""
        total, channels = 0, self.bands.channels
        for place in range(*pre.part.touched(pre.strip)):
            start = (place - pre.part.slices[0]) * channels
            low, high = pre.strip[0] - start, pre.strip[1] - start
            first, stop = self.depth.within((place, place + 1))
            if first == stop:
                continue
            for group in self._groups(self._reads(post.part, post.strip, first)):
                below, above = self.bands.of(group)
                total += max(0, min(high, above) - max(low, below))
        return total
