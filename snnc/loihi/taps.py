"""What each tap of a composed kernel is made of, along one axis.

A pool on the way to a reader turns each tap of the reader's kernel into a stretch
of equal weights. Nengo-loihi stores arrays that are equal once, so that what
matters here is which taps of the composed kernel are equal, and which are zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from snnc.graph.lowered import Pool

Tap = tuple[tuple[int, int], ...]
"""``(reader's tap, times)`` pairs in order; empty where the kernel is zero."""


def compose_pools(pools: Sequence[Pool], axis: int) -> tuple[tuple[int, ...], int]:
    """Join pools into one window: how often each place counts, and the stride.

    Parameters
    ----------
    pools
        The pools, source first.
    axis
        0, 1 or 2 for depth, height and width.
    """
    counts, stride = [1], 1
    for pool in pools:
        wider = [0] * (len(counts) + (pool.window[axis] - 1) * stride)
        for shift in range(pool.window[axis]):
            for place, count in enumerate(counts):
                wider[place + shift * stride] += count
        counts, stride = wider, stride * pool.stride[axis]
    return tuple(counts), stride


def window_taps(
    size: int, reader: int, zeros: int, pools: Sequence[Pool], axis: int
) -> tuple[Tap, ...]:
    """The taps of a composed kernel.

    Parameters
    ----------
    size
        Taps of the composed kernel, zeros included.
    reader
        Taps of the reader's own kernel.
    zeros
        Zero taps in front.
    pools, axis
        As in `compose_pools`.
    """
    counts, stride = compose_pools(pools, axis)
    return tuple(
        _covering(place - zeros, reader, counts, stride) for place in range(size)
    )


def full_taps(extent: int, pools: Sequence[Pool], axis: int) -> tuple[Tap, ...]:
    """What a dense reader sees of each place: the pooled places that cover it."""
    counts, stride = compose_pools(pools, axis)
    pooled = (extent - len(counts)) // stride + 1
    return tuple(_covering(place, pooled, counts, stride) for place in range(extent))


def _covering(place: int, reader: int, counts: Sequence[int], stride: int) -> Tap:
    first = max(0, -(-(place - len(counts) + 1) // stride))
    last = min(reader - 1, place // stride)
    times = ((tap, counts[place - tap * stride]) for tap in range(first, last + 1))
    # Between pools that leave gaps a window counts some places not at all.
    return tuple((tap, count) for tap, count in times if count)
