"""A projection that is stored without weights between unconnected neurons.

A `nengo.Sparse` stores a separate array of weights for each neuron that is read, so its
axes have one run per position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise, product
from math import gcd
from operator import itemgetter
from typing import NamedTuple

from snnc.ir.device import Profile
from snnc.loihi.axis import (
    ONE,
    Axis,
    Interval,
    Kind,
    Picked,
    Tap,
    TapRun,
    Taps,
    View,
    length,
    positions,
    without_factor,
)
from snnc.loihi.link import (
    BlockView,
    Cost,
    Link,
    ReadStrips,
    SourceChannels,
    count_arrays,
)
from snnc.loihi.tiling import NO_EDGES, Bands, Edges, EnsembleTiling, Tiling, edges_of

Reads = Mapping[int, Tap]
"""The positions that an output reads, and their taps."""
Pattern = tuple[tuple[int, Tap], ...]
"""Outputs, and the taps through which they read a position, without a common factor."""


def pattern_of(reads: Sequence[tuple[int, Tap]]) -> tuple[Pattern, int]:
    """Return the outputs' taps, divided by their common factor, and this factor."""
    taps, scale = without_factor([tap for _, tap in reads])
    return tuple(zip((output for output, _ in reads), taps, strict=True)), scale


class ScatterAxis(Axis):
    """An axis where zero taps connect nothing, and each position is a separate run.

    A `nengo.Sparse` stores an array of weights for each neuron that is read. An array
    belongs to the neurons that read it (`set_weights`, ``nengo_loihi/block.py:734``),
    so a run is one position. ``reads`` returns the positions that an output reads
    through nonzero taps. By default, all outputs may differ.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        reads: Callable[[int], Reads],
        picked: Picked | None = None,
        inside: Interval | None = None,
        period: int = 1,
    ) -> None:
        # `Axis` needs a stride and taps, but here `reads` replaces them.
        super().__init__(
            inputs,
            outputs,
            stride=1,
            before=0,
            taps=Taps(1, range(1), 0, ()),
            picked=picked,
        )
        self.inside = inside or (outputs, 0)
        self.period = period
        self.reads = reads
        self._read = cache(self._find_places)
        self._seen: dict[tuple[int, tuple[TapRun, ...]], View] = {}

    def tap(self, output: int, place: int) -> Tap:
        return self.reads(output).get(place, ())

    def taps_of(self, tile: Interval) -> tuple[int, ...]:
        """Return the reader's taps through which a tile of outputs reads, in order."""
        taps = (
            tap for output in positions(tile) for tap in self.reads(output).values()
        )
        return tuple(sorted({place for tap in taps for place, _ in tap}))

    def _view(self, tile: Interval) -> View:
        size = length(tile)
        runs = self._find_runs(tile)
        # Views with equal content are one object.
        return self._seen.setdefault((size, runs), View(size, len(runs), lambda: runs))

    def count_inputs(self, tile: Interval) -> int:
        return len(self._read(tile))

    def _stretches(self, tile: Interval) -> Iterator[Interval]:
        """Yield the intervals without gaps that a tile reads."""
        places = self._read(tile)
        first = 0
        for i, place in enumerate(places):
            if i + 1 == len(places) or places[i + 1] != place + 1:
                yield places[first], place + 1
                first = i + 1

    def _find_places(self, tile: Interval) -> tuple[int, ...]:
        """Return the positions that a tile reads, in order."""
        places = {place for output in positions(tile) for place in self.reads(output)}
        return tuple(sorted(places))

    def _find_runs(self, tile: Interval) -> tuple[TapRun, ...]:
        readers: dict[int, list[tuple[int, Tap]]] = {}
        for output in positions(tile):
            for place, tap in self.reads(output).items():
                readers.setdefault(place, []).append((output - tile[0], tap))
        return tuple(self._run(reads) for _, reads in sorted(readers.items()))

    def _run(self, reads: Sequence[tuple[int, Tap]]) -> TapRun:
        pattern, scale = pattern_of(reads)
        values = self._values.setdefault(pattern, len(self._values))
        first = reads[0][0]
        return TapRun(first, len(reads), values, scale, (first,))


def window_axis(axis: Axis) -> ScatterAxis:
    """Return the axis of a window whose positions are stored one by one."""

    def reads(output: int) -> Reads:
        start = output * axis.stride - axis.before
        places = axis.taps.nonzero_places(-start, axis.inputs - start)
        return {start + t: axis.taps[t] for t in places}

    return ScatterAxis(axis.inputs, axis.outputs, reads, axis.picked, axis.inside)


def transposed_axis(
    inputs: int,
    outputs: int,
    taps: int,
    step: int,
    before: int,
    picked: Picked | None = None,
) -> ScatterAxis:
    """Return a transposed convolution's axis, as in `snnc.ir.reach.Window`."""
    entries = []
    for output in range(outputs):
        first = max(0, -(-(output - before) // step))
        stop = min(inputs, (output - before + taps - 1) // step + 1)
        last = taps - 1 - before + output
        entries.append({i: ((last - i * step, 1),) for i in range(first, stop)})
    # The outputs whose taps are all between the first and the last input.
    inside = before, (inputs - 1) * step + before - taps + 2
    return ScatterAxis(
        inputs,
        outputs,
        entries.__getitem__,
        picked=picked,
        inside=inside,
        period=step,
    )


class Slide(NamedTuple):
    """A kernel that moves over an axis whose positions are repeated.

    ``taps`` are the positions of its taps.
    """

    taps: range
    stride: int
    before: int
    repeats: int


class RepeatedAxis(ScatterAxis):
    """The axis of a kernel over repeated positions.

    Several taps may read one position, through the sum of their weights. ``tap_sets``
    are the sets of taps whose sums are stored.
    """

    def __init__(
        self, inputs: int, outputs: int, slide: Slide, picked: Picked | None = None
    ) -> None:
        entries = [_repeated_reads(inputs, output, slide) for output in range(outputs)]
        last = inputs * slide.repeats + slide.before - slide.taps[-1] - 1
        # The outputs whose taps all read inputs, and no padding.
        inside = -(-slide.before // slide.stride), last // slide.stride + 1
        # After so many outputs, the kernel has moved by whole inputs.
        period = slide.repeats // gcd(slide.repeats, slide.stride)
        super().__init__(
            inputs,
            outputs,
            entries.__getitem__,
            picked=picked,
            inside=inside,
            period=period,
        )
        sets = {_tap_set(tap) for reads in entries for tap in reads.values()}
        self.tap_sets = tuple(sorted(sets))

    def taps_of(self, tile: Interval) -> tuple[int, ...]:
        """Return the indices of the sums of taps through which a tile reads."""
        outputs = (self.reads(output).values() for output in positions(tile))
        read = {_tap_set(tap) for taps in outputs for tap in taps}
        return tuple(i for i, taps in enumerate(self.tap_sets) if taps in read)


def _repeated_reads(inputs: int, output: int, slide: Slide) -> Reads:
    """Return the positions that an output reads, and through which taps."""
    reads: dict[int, Tap] = {}
    for tap, offset in enumerate(slide.taps):
        place = output * slide.stride - slide.before + offset
        source = place // slide.repeats
        if 0 <= source < inputs:
            reads[source] = (*reads.get(source, ()), (tap, 1))
    return reads


def _tap_set(tap: Tap) -> tuple[int, ...]:
    return tuple(place for place, _ in tap)


Read = tuple[int, Tap, Interval]
"""An output slice, the tap through which it reads, and its reading channels."""


class SparseLink(Link):
    """The connections of a projection, each a `nengo.Sparse` from the neurons read.

    Each neuron that a block reads needs an in-axon and an array of weights without
    indices (`set_weights`, ``nengo_loihi/block.py:734``; compression 3, ``:524``). If
    an ensemble is split, arrays with equal weights to the same neurons, as pools create
    them, are stored once (``builder/split_blocks.py:612``).

    With ``dense``, each connection is a `nengo.Dense`, which is stored in the same way
    but reads all neurons of the source.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        bands: Bands,
        profile: Profile,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__(axes, bands, profile)
        self._dense = dense

    @property
    def edges(self) -> Edges:
        return NO_EDGES if self._dense else edges_of(self.bands)

    def _find_feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> Iterator[SourceChannels]:
        fans = (self.fan(part, strip, s) for s in self.depth.ensembles(group))
        return (fan for fan in fans if fan.entries)

    def in_axons(self, feed: SourceChannels, block: BlockView) -> int:
        return block.rows.inputs * block.columns.inputs * feed.entries

    def _find_cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        shared = not block.whole
        rows = block.rows.kinds(shared=shared)
        columns = block.columns.kinds(shared=shared)
        channels = dict(feed.lengths if block.whole else feed.distinct)
        arrays = count_arrays(rows, columns, channels)
        return self._price(arrays, 0 if self._dense else None, aligned=True)

    def _read_strips(self, part: EnsembleTiling, target: Tiling) -> ReadStrips:
        strips = [0] * len(part.strips)
        read = Counter(channels for _, channels in self._reading(part, target))
        for channels, number in read.items():
            for i, overlap in part.strips.overlaps(channels):
                strips[i] += number * overlap
        return 1, 0, strips

    def _shared(self, channels: int) -> int:
        return channels

    def pairs(self, source: Tiling, target: Tiling) -> int:
        # A Dense stores the weights of all slices, also those that are always 0.
        slices = target.volume[0] * self.depth.inputs
        if not self._dense:
            places = product(range(target.volume[0]), range(self.depth.inputs))
            slices = sum(1 for out, place in places if self.depth.tap(out, place))
        return slices * self.bands.channels * self.bands.given

    def strip_pairs(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int, int]]:
        counts = Counter[tuple[int, int]]()
        before = 0
        for part in source.parts:
            for there, channels in self._reading(part, target):
                for i, overlap in part.strips.overlaps(channels):
                    counts[before + i, there] += overlap
            before += len(part.strips)
        for (here, there), number in counts.items():
            yield here, there, 1, number

    def fan(
        self, part: EnsembleTiling, strip: Interval, slices: Interval
    ) -> SourceChannels:
        """Return a strip's inputs from the source's ``slices``."""
        lengths = Counter[Kind]()
        width = self.bands.width
        scales: dict[tuple[int, range, Pattern], set[int]] = {}
        alike = self._alike(part, strip)
        for place in positions(slices):
            reads = tuple(self._reads(part, strip, place))
            for groups in alike:
                one = groups.start
                reached = sum(width(one, targets) for _, _, targets in reads)
                if not reached:
                    continue
                lengths[reached, ONE] += self.bands.size(groups)
                read = [
                    (out, tap) for out, tap, targets in reads if width(one, targets)
                ]
                pattern, scale = pattern_of(read)
                scales.setdefault((reached, groups, pattern), set()).add(scale)
        distinct = Counter[Kind]()
        for (reached, groups, _), factors in scales.items():
            distinct[reached, frozenset(factors)] += self.bands.size(groups)
        return SourceChannels(
            entries=lengths.total(),
            lengths=frozenset(lengths.items()),
            distinct=frozenset(distinct.items()),
        )

    def _reads(
        self, part: EnsembleTiling, strip: Interval, place: int
    ) -> Iterator[Read]:
        for out in positions(part.slices_of(strip)):
            tap = self.depth.tap(out, place)
            if tap or self._dense:
                yield out, tap, part.channels_of(strip, out)

    def _alike(self, part: EnsembleTiling, strip: Interval) -> list[range]:
        """Return ranges of source groups that a strip reads in the same way.

        There may be a million groups, but most of them are in a single range.
        """
        here = self.bands.groups
        given = self.bands.given
        ends = {here.start, here.start + 1, here.stop - 1, here.stop}
        for out in positions(part.slices_of(strip)):
            for channel in part.channels_of(strip, out):
                ends |= {channel // given, -(-channel // given)}
        inside = sorted(end for end in ends if here.start <= end <= here.stop)
        return [range(a, b) for a, b in pairwise(inside)]

    def _channels(
        self, part: EnsembleTiling, strip: Interval, place: int
    ) -> list[Interval]:
        """Return the channel ranges that a strip reads from one slice of its source."""
        stretches: list[Interval] = []
        for _, _, targets in sorted(self._reads(part, strip, place), key=itemgetter(2)):
            if not (groups := self.bands.source_groups(targets)):
                continue
            start = self.bands.of(groups[0])[0]
            stop = self.bands.of(groups[-1])[1]
            if stretches and start <= stretches[-1][1]:
                start, before = stretches.pop()
                stop = max(stop, before)
            stretches.append((start, stop))
        return stretches

    def _reading(
        self, part: EnsembleTiling, target: Tiling
    ) -> Iterator[tuple[int, Interval]]:
        """Yield the number of each target strip, and the channels that it reads."""
        strips = [(post, strip) for post in target.parts for strip in post.strips]
        for slice_ in positions(part.slices):
            first, stop = self.depth.within((slice_, slice_ + 1))
            start = (slice_ - part.slices[0]) * part.channels
            for number, (post, strip) in enumerate(strips if first < stop else ()):
                for low, high in self._channels(post, strip, first):
                    yield number, (start + low, start + high)
