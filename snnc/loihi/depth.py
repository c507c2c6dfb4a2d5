"""The depth axis: which groups of slices read which, and through which taps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snnc.graph.lowered import Window
from snnc.loihi.axis import Interval
from snnc.loihi.taps import Tap


def overlaps(window: Window, outputs: Interval, inputs: Interval) -> bool:
    """Whether output slices read any of the input slices through a window.

    Two ensembles whose slices overlap are joined by one connection, even if a gap
    between pools makes all its weights zero.
    """
    return any(
        _reads(window.stride[0], window.depth_before, window.kernel[0], o, inputs)
        for o in range(*outputs)
    )


def _reads(stride: int, before: int, taps: int, output: int, inputs: Interval) -> range:
    """The taps with which an output slice reads slices out of ``inputs``."""
    first = output * stride - before
    return range(max(0, inputs[0] - first), min(taps, inputs[1] - first))


@dataclass(frozen=True, slots=True)
class Depth:
    """Output slice ``o`` reads input slice ``o * stride - before + t`` with tap t."""

    stride: int
    before: int
    taps: Sequence[Tap]

    def meets(self, outputs: Interval, inputs: Interval) -> bool:
        """Whether any output slice reads any input slice, as `overlaps` says."""
        size = len(self.taps)
        return any(
            _reads(self.stride, self.before, size, o, inputs) for o in range(*outputs)
        )

    def weighs(self, outputs: Interval, inputs: Interval) -> bool:
        """Whether some weight between the slices is other than zero."""
        size = len(self.taps)
        return any(
            self.taps[t]
            for o in range(*outputs)
            for t in _reads(self.stride, self.before, size, o, inputs)
        )
