"""The taps of a kernel along one axis, composed with the pools before it.

A pool before a reader turns each tap of the reader's kernel into several equal weights.
nengo-loihi stores equal arrays once, so the costs depend on which taps of the composed
kernel are equal, and which are zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from snnc.ir.lowered import Pooling

Tap = tuple[tuple[int, int], ...]
"""``(reader's tap, times)`` pairs in order; empty where the kernel is zero."""
Steps = tuple[tuple[int, int], ...]
"""The window and stride of each pool along one axis, from the source."""


@dataclass(frozen=True)
class Taps:
    """The taps of a composed kernel, each computed on demand.

    The kernel may be far larger than its input. It has ``size`` taps, including
    ``zeros`` zeros at the start. The reader's own kernel has ``reader`` taps at a
    distance of ``dilation`` after the ``pools``.
    """

    size: int
    reader: int
    zeros: int
    pools: Steps
    dilation: int = 1

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Tap:
        counts, stride = self._window
        step, place = stride * self.dilation, index - self.zeros
        first = max(0, -(-(place - len(counts) + 1) // step))
        last = min(self.reader - 1, place // step)
        times = ((tap, counts[place - tap * step]) for tap in range(first, last + 1))
        # If pools leave gaps, some positions are not counted at all.
        return tuple((tap, count) for tap, count in times if count)

    @cached_property
    def _window(self) -> tuple[tuple[int, ...], int]:
        return _compose(self.pools)

    def nonzero_places(self, first: int, stop: int) -> Iterator[int]:
        """Yield the positions of nonzero taps, once per tap of the reader."""
        counts, stride = self._window
        step = stride * self.dilation
        lowest = max(0, -(-(first - self.zeros - len(counts) + 1) // step))
        highest = min(self.reader - 1, (stop - 1 - self.zeros) // step)
        for tap in range(lowest, highest + 1):
            for place, count in enumerate(counts, self.zeros + tap * step):
                if count and first <= place < stop:
                    yield place


def without_factor(taps: Sequence[Tap]) -> tuple[tuple[Tap, ...], int]:
    """Return taps divided by the common factor of their weights, and this factor."""
    scale = gcd(*(times for tap in taps for _, times in tap))
    return tuple(tuple((i, n // scale) for i, n in tap) for tap in taps), scale


def steps_of(pools: Sequence[Pooling], axis: int) -> Steps:
    """Return the steps of pools along one axis, which counts from 0."""
    return tuple((pool.window[axis], pool.stride[axis]) for pool in pools)


def output_size(places: int, pools: Steps) -> int:
    """Return how many of ``places`` the pools of an axis output."""
    for window, stride in pools:
        places = (places - window) // stride + 1
    return places


def _compose(pools: Steps) -> tuple[tuple[int, ...], int]:
    counts, stride = [1], 1
    for window, step in pools:
        # A moving sum over a window: add what enters the window, subtract what leaves.
        wider = counts + [0] * ((window - 1) * stride)
        for place in range(stride, len(wider)):
            wider[place] += wider[place - stride]
        size = window * stride
        counts = wider[:size] + [
            wider[place] - wider[place - size] for place in range(size, len(wider))
        ]
        stride *= step
    return tuple(counts), stride
