"""Count the slices and channels of a source that a target's strips read."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from operator import itemgetter

from snnc.loihi.axis import Interval, Picked, Tiles
from snnc.loihi.bands import Bands
from snnc.loihi.depth import Depth
from snnc.loihi.link import SourceChannels
from snnc.loihi.taps import Tap, without_factor
from snnc.loihi.tiling import EnsembleTiling, Tiling

Pattern = tuple[tuple[int, Tap], ...]
"""Outputs, and the taps through which they read a position, without a common factor."""
Entries = Sequence[Mapping[int, int]]
"""For each output, the positions that it reads and their weights."""
Read = tuple[int, Tap, Interval]
"""An output slice, the tap through which it reads, and its reading channels."""
Kind = tuple[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class ComparedDepth:
    """A depth axis where each output reads a few positions, as in a `ComparedAxis`."""

    entries: Entries
    picked: Picked | None = None

    def tap(self, output: int, place: int) -> Tap:
        """Return the tap through which one slice reads another; may be empty."""
        weight = self.entries[output].get(place)
        return ((0, weight),) if weight else ()

    def within(self, slices: Interval) -> Interval:
        """Return the input slices among some slices of the source."""
        return slices if self.picked is None else self.picked.within(slices)


def pattern_of(reads: list[tuple[int, Tap]]) -> tuple[Pattern, int]:
    """Return the outputs' taps, and the common factor of their weights."""
    taps, scale = without_factor([tap for _, tap in reads])
    return tuple(zip((output for output, _ in reads), taps, strict=True)), scale


@dataclass(frozen=True, slots=True)
class SynapseFanOut(SourceChannels):
    """The inputs of a strip from each pixel of a source ensemble.

    ``entries`` is the number of channels that the strip reads.

    Attributes
    ----------
    lengths
        ``(reached, number)``: how many channels reach how many channels of the strip.
    kinds
        The same for channels with different weights, with their factors.
    """

    lengths: tuple[tuple[int, int], ...]
    kinds: frozenset[tuple[Kind, int]]


@dataclass(frozen=True, slots=True)
class FanOuts:
    """The depth axis and channels of a projection that stores each weight."""

    depth: Depth | ComparedDepth
    bands: Bands

    def fan(
        self, part: EnsembleTiling, strip: Interval, slices: Interval
    ) -> SynapseFanOut:
        """Return a strip's inputs from the source's ``slices``."""
        lengths, width = Counter[int](), self.bands.width
        scales: dict[tuple[int, range, Pattern], set[int]] = {}
        alike = self._alike(part, strip)
        for place in range(*slices):
            reads = tuple(self._reads(part, strip, place))
            for groups in alike:
                one = groups.start
                reached = sum(width(one, own) for _, _, own in reads)
                if not reached:
                    continue
                lengths[reached] += self.bands.size(groups)
                read = [(out, tap) for out, tap, own in reads if width(one, own)]
                pattern, scale = pattern_of(read)
                scales.setdefault((reached, groups, pattern), set()).add(scale)
        kinds = Counter[Kind]()
        for (reached, groups, _), factors in scales.items():
            kinds[reached, frozenset(factors)] += self.bands.size(groups)
        return SynapseFanOut(
            entries=lengths.total(),
            distinct=sum(len(own) * number for (_, own), number in kinds.items()),
            lengths=tuple(sorted(lengths.items())),
            kinds=frozenset(kinds.items()),
        )

    def _reads(
        self, part: EnsembleTiling, strip: Interval, place: int
    ) -> Iterator[Read]:
        """Yield how slices of a strip read one slice of the source."""
        for out in range(*part.slices_of(strip)):
            if tap := self.depth.tap(out, place):
                yield out, tap, _own(part, strip, out)

    def _alike(self, part: EnsembleTiling, strip: Interval) -> list[range]:
        """Return the source's groups; join consecutive groups that are read equally.

        There may be a million groups, and few differ because of a strip's ends.
        """
        here, given = self.bands.groups, self.bands.given
        ends = {here.start, here.start + 1, here.stop - 1, here.stop}
        for out in range(*part.slices_of(strip)):
            for channel in _own(part, strip, out):
                ends |= {channel // given, -(-channel // given)}
        inside = sorted(end for end in ends if here.start <= end <= here.stop)
        return [range(a, b) for a, b in pairwise(inside)]

    def _channels(
        self, part: EnsembleTiling, strip: Interval, place: int
    ) -> list[Interval]:
        """Return the channel ranges that a strip reads from one slice of its source."""
        stretches: list[Interval] = []
        for _, _, own in sorted(self._reads(part, strip, place), key=itemgetter(2)):
            if not (groups := self.bands.source_groups(own)):
                continue
            start, stop = self.bands.of(groups[0])[0], self.bands.of(groups[-1])[1]
            if stretches and start <= stretches[-1][1]:
                start, before = stretches.pop()
                stop = max(stop, before)
            stretches.append((start, stop))
        return stretches

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        """Return how many channels of each source strip the target's strips read.

        A channel is counted once per target strip. Source strips are in ensemble order.
        """
        sums = []
        for part in source.parts:
            steps = Counter[int]()
            for place in range(*part.slices):
                first, stop = self.depth.within((place, place + 1))
                if first == stop:
                    continue
                shift = (place - part.slices[0]) * part.channels
                for start, end in self._times(target, first):
                    steps[shift + start] += 1
                    steps[shift + end] -= 1
            sums.append(_sums(steps, part.strips))
        return sums

    def _times(self, target: Tiling, place: int) -> Iterator[Interval]:
        """Yield the channels that each strip reads from one slice of the source."""
        for part in target.parts:
            for strip in part.strips:
                yield from self._channels(part, strip, place)

    def count_pairs(self, source: int, target: int) -> int:
        """Return how many pairs of channels, in any slices, are connected.

        Parameters
        ----------
        source, target
            The number of depth slices of the source (only those that are read) and
            target.
        """
        pairs = product(range(target), range(source))
        slices = sum(1 for out, place in pairs if self.depth.tap(out, place))
        return slices * self.bands.channels * self.bands.given

    def overlaps(self, source: Tiling, target: Tiling) -> dict[tuple[int, int], int]:
        """Return how many channels of source strips the target's strips read.

        Keys are pairs of strip numbers, in ensemble order; pairs that share no channels
        are omitted.
        """
        counts = Counter[tuple[int, int]]()
        strips = [(part, strip) for part in target.parts for strip in part.strips]
        before = 0
        for part in source.parts:
            size = part.strips.size
            for place in range(*part.slices):
                first, stop = self.depth.within((place, place + 1))
                shift = (place - part.slices[0]) * part.channels
                for there, (post, strip) in enumerate(strips if first < stop else ()):
                    for low, high in self._channels(post, strip, first):
                        low, high = shift + low, shift + high
                        for i in range(low // size, -(-high // size)):
                            held = min(high, (i + 1) * size) - max(low, i * size)
                            counts[before + i, there] += held
            before += len(part.strips)
        return counts


def _own(part: EnsembleTiling, strip: Interval, out: int) -> Interval:
    """Return the channels of an output slice in a strip of its ensemble."""
    start = (out - part.slices[0]) * part.channels
    return max(0, strip[0] - start), min(part.channels, strip[1] - start)


def _sums(steps: Mapping[int, int], strips: Tiles) -> list[int]:
    """Return, for each strip, the sum of a function that changes by ``steps``."""
    places = sorted(steps)
    heights = [0, *accumulate(steps[place] for place in places)]
    widths = (b - a for a, b in pairwise(places))
    before = [
        0,
        0,
        *accumulate(h * w for h, w in zip(heights[1:-1], widths, strict=True)),
    ]

    def up_to(place: int) -> int:
        i = bisect(places, place)
        return before[i] + heights[i] * (place - places[i - 1]) if i else 0

    return [up_to(stop) - up_to(start) for start, stop in strips]
