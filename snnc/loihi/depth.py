"""The depth axis: which groups of slices read which, and through which taps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.ir.lowered import Window
from snnc.loihi.axis import Interval, cut
from snnc.loihi.taps import Taps


def overlaps(window: Window, outputs: Interval, inputs: Interval) -> bool:
    """Whether output slices read any of the input slices through a window.

    Two ensembles whose slices overlap are joined by one connection, even if a gap
    between pools makes all its weights zero.
    """
    reading = _reading(
        window.stride[0], window.depth_before, window.kernel[0], outputs, inputs
    )
    return len(reading) > 0


def _reading(
    stride: int, before: int, taps: int, outputs: Interval, inputs: Interval
) -> range:
    """The output slices out of ``outputs`` that read any of ``inputs``."""
    first = (inputs[0] + before - taps) // stride + 1
    stop = -(-(inputs[1] + before) // stride)
    return range(max(outputs[0], first), min(outputs[1], stop))


@dataclass(frozen=True, slots=True)
class Depth:
    """Output slice ``o`` reads input slice ``o * stride - before + t`` with tap t."""

    stride: int
    before: int
    taps: Taps

    def meets(self, outputs: Interval, inputs: Interval) -> bool:
        """Whether any output slice reads any input slice, as `overlaps` says."""
        return len(self._reading(outputs, inputs)) > 0

    def weighs(self, outputs: Interval, inputs: Interval) -> bool:
        """Whether some weight between the slices is other than zero."""
        return any(
            self.taps[t]
            for o in self._reading(outputs, inputs)
            for t in self._used(o, inputs)
        )

    def reach(self, outputs: Interval) -> Interval:
        """The input slices from the first to the last read, those outside too."""
        first = outputs[0] * self.stride - self.before
        return first, (outputs[1] - 1) * self.stride - self.before + len(self.taps)

    def read(self, outputs: Interval, extent: int, group: int) -> Sequence[int]:
        """Which of the ensembles of ``group`` slices of a source are read, in order.

        Parameters
        ----------
        outputs
            The slices that read.
        extent
            Slices of the source.
        group
            Slices of an ensemble of the source.
        """
        first, last = self.reach(outputs)
        first, stop = max(0, first), min(extent, last)
        near = range(first // group, -(-stop // group)) if first < stop else range(0)
        if self.stride <= len(self.taps):
            return near
        groups = cut(extent, group)
        return [i for i in near if self.meets(outputs, groups[i])]

    def readers(self, inputs: Interval, extent: int, group: int) -> range:
        """Which ensembles may read any of ``inputs``, by ``group`` of ``extent``."""
        outputs = self._reading((0, extent), inputs)
        return range(outputs.start // group, -(-outputs.stop // group))

    def _reading(self, outputs: Interval, inputs: Interval) -> range:
        return _reading(self.stride, self.before, len(self.taps), outputs, inputs)

    def _used(self, output: int, inputs: Interval) -> range:
        """The taps with which an output slice reads slices out of ``inputs``."""
        first = output * self.stride - self.before
        return range(max(0, inputs[0] - first), min(len(self.taps), inputs[1] - first))
