"""The depth axis: which slices read which slices, and through which taps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, lcm

from snnc.loihi.axis import Interval, Picked, Tiles, cut
from snnc.loihi.taps import Tap, Taps


def _reading(
    stride: int, before: int, taps: int, outputs: Interval, inputs: Interval
) -> range:
    """Return the output slices among ``outputs`` that read any of ``inputs``."""
    first = (inputs[0] + before - taps) // stride + 1
    stop = -(-(inputs[1] + before) // stride)
    return range(max(outputs[0], first), min(outputs[1], stop))


def ensembles(
    extent: int, group: int, picked: Picked | None = None
) -> Sequence[Interval]:
    """Return the slices of each ensemble of a source.

    Parameters
    ----------
    extent
        The number of slices of the source, or of those that are picked.
    group
        The number of slices per ensemble, picked or not; the last may have fewer.
    picked
        The slices that are read; results then count only these. An ensemble may contain
        none.
    """
    if picked is None:
        return cut(extent, group)
    return [picked.within(slices) for slices in cut(picked.extent, group)]


@dataclass(frozen=True, slots=True)
class EquivalentItems:
    """Equal items in a sequence, at a distance of ``period``."""

    within: range
    period: int

    def some(self, number: int) -> Iterator[int]:
        """Yield indices below ``number`` that include every different item."""
        again = min(self.within.start + self.period, number)
        yield from range(again)
        yield from range(max(again, self.within.stop), number)

    def both(self, other: EquivalentItems) -> EquivalentItems:
        """Return the items that are equal in two sequences of periodic items."""
        start = max(self.within.start, other.within.start)
        stop = max(start, min(self.within.stop, other.within.stop))
        return EquivalentItems(range(start, stop), lcm(self.period, other.period))


NONE_EQUIVALENT = EquivalentItems(range(0), 1)


@dataclass(frozen=True, slots=True)
class Depth:
    """An axis where output ``o`` reads input ``o * stride - before + t`` with tap t.

    Input slices are all slices of the source, or those that are ``picked``.
    """

    stride: int
    before: int
    taps: Taps
    picked: Picked | None = None

    def tap(self, output: int, place: int) -> Tap:
        """Return the tap through which one slice reads another; may be empty."""
        index = place - output * self.stride + self.before
        return self.taps[index] if 0 <= index < len(self.taps) else ()

    def within(self, slices: Interval) -> Interval:
        """Return the input slices among some slices of the source."""
        return slices if self.picked is None else self.picked.within(slices)

    def meets(self, outputs: Interval, inputs: Interval) -> bool:
        """Return whether any output slice reads any input slice.

        If so, a connection joins the two ensembles, even if all its weights are zero
        because of a gap between pools.
        """
        return len(self._reading(outputs, inputs)) > 0

    def weighs(self, outputs: Interval, inputs: Interval) -> bool:
        """Return whether any weight between the slices is nonzero."""
        return any(
            self.taps[t]
            for o in self._reading(outputs, inputs)
            for t in self._taps_into(o, inputs)
        )

    def reach(self, outputs: Interval) -> Interval:
        """Return the interval of input slices that are read, including padding."""
        first = outputs[0] * self.stride - self.before
        return first, (outputs[1] - 1) * self.stride - self.before + len(self.taps)

    def read(self, outputs: Interval, extent: int, group: int) -> Sequence[int]:
        """Return the indices of the source ensembles that are read, in order.

        Parameters
        ----------
        outputs
            The slices that read.
        extent
            The number of input slices.
        group
            The number of slices per source ensemble.
        """
        if self.picked is not None:
            groups = ensembles(extent, group, self.picked)
            return [
                i
                for i, (a, b) in enumerate(groups)
                if a < b and self.meets(outputs, (a, b))
            ]
        first, last = self.reach(outputs)
        first, stop = max(0, first), min(extent, last)
        near = range(first // group, -(-stop // group)) if first < stop else range(0)
        if self.stride <= len(self.taps):
            return near
        groups = cut(extent, group)
        return [i for i in near if self.meets(outputs, groups[i])]

    def readers(self, inputs: Interval, extent: int, group: int) -> range:
        """Return the indices of ensembles that may read any of ``inputs``."""
        outputs = self._reading((0, extent), inputs)
        return range(outputs.start // group, -(-outputs.stop // group))

    def equivalent_tiles(
        self, extent: int, group: int, outputs: Tiles
    ) -> EquivalentItems:
        """Return which groups of outputs read a source in the same way.

        Parameters
        ----------
        extent, group
            The number of slices of the source, and of each of its ensembles.
        outputs
            The slices that read, in groups.
        """
        if self.picked is not None:
            return NONE_EQUIVALENT
        step, whole = outputs.size * self.stride, extent - extent % group
        first = -(-self.before // step)
        room = whole + self.before - len(self.taps)
        stop = min(
            (room // self.stride + 1) // outputs.size, outputs.extent // outputs.size
        )
        return EquivalentItems(
            range(first, max(first, stop)), group // gcd(group, step)
        )

    def equivalent_sources(
        self, sources: Tiles, extent: int, group: int
    ) -> EquivalentItems:
        """Return which groups of a source are read in the same way.

        Parameters
        ----------
        sources
            The source's slices, in ensembles.
        extent, group
            The number of slices of the target, and of each of its ensembles.
        """
        if self.picked is not None:
            return NONE_EQUIVALENT
        size, step = sources.size, group * self.stride
        first = -(-(len(self.taps) - 1 - self.before) // size)
        most = ((extent - extent % group) * self.stride - self.before) // size
        stop = min(most, sources.extent // size)
        first = max(0, first)
        return EquivalentItems(range(first, max(first, stop)), step // gcd(size, step))

    def _reading(self, outputs: Interval, inputs: Interval) -> range:
        return _reading(self.stride, self.before, len(self.taps), outputs, inputs)

    def _taps_into(self, output: int, inputs: Interval) -> range:
        """Return the taps through which an output slice reads slices in ``inputs``."""
        first = output * self.stride - self.before
        return range(max(0, inputs[0] - first), min(len(self.taps), inputs[1] - first))
