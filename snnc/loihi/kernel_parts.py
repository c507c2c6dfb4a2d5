"""Which part of a kernel one core holds, of all that one ensemble sends to it."""

from __future__ import annotations

from snnc.dataclass import dataclass
from snnc.loihi.axis import Axis, Interval
from snnc.loihi.image_link import ImageLink
from snnc.loihi.tiling import Piece


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Taps over the source's depth, height and width, and filters of the target."""

    depth: Interval
    rows: Interval
    columns: Interval
    filters: Interval


def kernel_parts(link: ImageLink, piece: Piece, source: Interval) -> tuple[Box, ...]:
    """Return the parts of a composed kernel that a core holds, none twice.

    Parameters
    ----------
    link
        How the target reads the source.
    piece
        What the core holds of the target.
    source
        Slices of one ensemble of the source.
    """
    rows, columns = _used(link.rows, piece.rows), _used(link.columns, piece.columns)
    channels = piece.part.channels
    depths_by_filters: dict[Interval, list[Interval]] = {}
    for out in range(*piece.part.touched(piece.strip)):
        start = (out - piece.part.slices[0]) * channels
        low = max(0, piece.strip[0] - start)
        high = min(channels, piece.strip[1] - start)
        taps = _depth_taps(link, out, source)
        if taps[0] < taps[1]:
            depths_by_filters.setdefault((low, high), []).append(taps)
    return tuple(
        Box(depth, rows, columns, filters)
        for filters, depths in depths_by_filters.items()
        for depth in _joined(depths)
    )


def _joined(stretches: list[Interval]) -> list[Interval]:
    """Join stretches that touch; a small source is read with gaps between taps."""
    joined: list[Interval] = []
    for start, stop in sorted(stretches):
        if joined and start <= joined[-1][1]:
            start, stop = joined[-1][0], max(joined.pop()[1], stop)
        joined.append((start, stop))
    return joined


def _depth_taps(link: ImageLink, out: int, source: Interval) -> Interval:
    """The taps with which an output slice reads slices of the source."""
    first = out * link.depth.stride - link.depth.before
    size = len(link.depth.taps)
    start = min(size, max(0, source[0] - first))
    return start, max(start, min(size, source[1] - first))


def _used(axis: Axis, tile: Interval) -> Interval:
    """The taps through which outputs read something that is there, not padding.

    They are in a row: a gap would need a stride larger than the image, which then
    has a single output.
    """
    runs = axis.view(tile).runs
    taps = [run.tap - i * axis.stride for run in runs for i in range(run.length)]
    return (min(taps), max(taps) + 1) if taps else (0, 0)
