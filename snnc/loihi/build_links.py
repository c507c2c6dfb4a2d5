"""Build links for the projections to a population, and price 2-D convolutions.

`sparse_link` prices the other links.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, count, product
from typing import NamedTuple

from snnc.ir.device import Profile
from snnc.ir.lowered import LoweredNetwork, Projection
from snnc.ir.mapped import AxonKind, kind_of
from snnc.ir.reach import Form, Full, Pairwise, Pooling, Reach, Window
from snnc.ir.shapes import Volume
from snnc.loihi.axis import (
    Axis,
    Interval,
    Picked,
    Steps,
    TapRun,
    Taps,
    Tiles,
    length,
    output_size,
    positions,
    steps_of,
)
from snnc.loihi.link import (
    BlockView,
    Cost,
    Link,
    ReadStrips,
    SourceChannels,
    count_arrays,
)
from snnc.loihi.sparse_link import (
    RepeatedAxis,
    ScatterAxis,
    Slide,
    SparseLink,
    transposed_axis,
    window_axis,
)
from snnc.loihi.tiling import NO_EDGES, Bands, Edges, EnsembleTiling, Tiling, one_band
from snnc.runtime.maxima import EVERY, Nodes, entries

Links = Mapping[Form, Link]
"""The possible forms of a projection, in order of preference."""


@dataclass(frozen=True, slots=True)
class ProjectionGeometry:
    """Those properties of a projection that affect its costs.

    ``source`` is the volume that is read: the whole source, or the part that is
    ``picked``. ``first`` is the reader's input channel for the first channel of
    ``source``. ``axons`` is the required kind of axon, or None.
    """

    source: Volume
    target: Volume
    first: int
    pools: tuple[Pooling, ...]
    reach: Reach
    picked: tuple[Picked | None, ...]
    axons: AxonKind | None


def links_of(
    lowered: LoweredNetwork, projection: Projection, axons: AxonKind | None = None
) -> Links:
    """Return the possible forms of a projection, in order of preference.

    A window becomes a convolution. If the window skips some positions, a convolution
    stores zeros for these positions, but a Sparse transform does not. A full reach
    becomes a Dense transform, or a convolution whose kernel is as large as the source's
    image. If the source's axons must be of one kind, only forms of this kind remain. A
    comparison has a single form.
    """
    source = lowered.by_name[projection.source].volume
    target = lowered.by_name[projection.target]
    reach = projection.reach
    if projection.tensor is None and axons == "discrete":
        # A Sparse transform stores no zero weights between the channels of an identity.
        reach = reach.with_channels(target.volume[3])
    # Without groups, costs don't depend on the first channel, so links can be shared.
    first = projection.rows[0] if reach.is_by_channel else 0
    picked: tuple[Picked | None, ...] = (None,) * 3
    if projection.picked is not None:
        picked = tuple(map(Picked, source[:3], projection.picked))
        depth, height, width = map(len, projection.picked)
        source = depth, height, width, source[3]
    geometry = ProjectionGeometry(
        source=source,
        target=target.volume,
        first=first,
        pools=projection.pools,
        reach=reach,
        picked=picked,
        axons=axons,
    )
    return _build_links(geometry, lowered.network.device)


@lru_cache(maxsize=4096)
def _build_links(geometry: ProjectionGeometry, profile: Profile) -> Links:
    links = geometry.reach.visit(_LinkMaker(geometry, profile))
    suitable = {f: link for f, link in links.items() if kind_of(f) == geometry.axons}
    # A projection with a single form keeps it, and SNN410 warns (decision 036).
    return suitable or links


class _LinkMaker(NamedTuple):
    """Makes the links of each reach."""

    geometry: ProjectionGeometry
    profile: Profile

    def full(self, reach: Full) -> Links:
        return _full_links(self.geometry, self.profile)

    def pairwise(self, reach: Pairwise) -> Links:
        return {"sparse": _comparison(self.geometry, reach, self.profile)}

    def window(self, reach: Window) -> Links:
        return _window_links(self.geometry, reach, self.profile)

    def transposed(self, reach: Window) -> Links:
        return {"sparse": _transposed_link(self.geometry, reach, self.profile)}

    def repeated(self, reach: Window) -> Links:
        return {"sparse": _repeated_link(self.geometry, reach, self.profile)}


def _comparison(
    geometry: ProjectionGeometry, reach: Pairwise, profile: Profile
) -> Link:
    """Price a max pool's comparisons, channel by channel (decision 028)."""
    axes = [compared_axis(geometry, reach, i) for i in range(3)]
    bands = Bands(geometry.first, geometry.source[3], geometry.target[3], 1, 1)
    return SparseLink(axes, bands, profile)


def _full_links(geometry: ProjectionGeometry, profile: Profile) -> Links:
    """Price a Dense, and a convolution with a kernel as large as the image."""
    source = geometry.source
    channels = _one_band(geometry)
    axes = []
    for i in range(3):
        pools = steps_of(geometry.pools, i)
        places = range(output_size(source[i], pools))
        taps = Taps(source[i], places, 0, pools)
        # A single output reads the whole axis: stride 1, and no padding.
        axes.append(
            _axis(
                inputs=source[i],
                outputs=1,
                stride=1,
                before=0,
                taps=taps,
                picked=geometry.picked[i],
            )
        )
    dense = SparseLink(axes, channels, profile, dense=True)
    return {"dense": dense, "convolution": ImageLink(axes, channels, profile)}


def _transposed_link(
    geometry: ProjectionGeometry,
    reach: Window,
    profile: Profile,
) -> Link:
    # A convolution would need zeros between the inputs, which are neurons that don't
    # exist (decision 037).
    before = (0, *(reach.input_before or (0, 0)))
    enlarged = [
        transposed_axis(
            inputs=geometry.source[axis],
            outputs=geometry.target[axis],
            taps=reach.kernel[axis],
            step=reach.input_step[axis],
            before=before[axis],
            picked=geometry.picked[axis],
        )
        for axis in (1, 2)
    ]
    depth = _along(geometry, reach, 0)
    return SparseLink((depth, *enlarged), _one_band(geometry), profile)


def _repeated_link(
    geometry: ProjectionGeometry, reach: Window, profile: Profile
) -> Link:
    """Price the sums of weights through which taps read one position."""
    axes = [
        RepeatedAxis(
            geometry.source[i],
            geometry.target[i],
            Slide(
                reach.tap_places(i),
                reach.stride[i],
                reach.repeats_before[i - 1],
                reach.repeats[i],
            ),
            geometry.picked[i],
        )
        for i in (1, 2)
    ]
    depth = _along(geometry, reach, 0)
    return SparseLink((depth, *axes), _bands(geometry, reach), profile)


def _window_links(
    geometry: ProjectionGeometry, reach: Window, profile: Profile
) -> Links:
    """Price a window as a convolution, and as a Sparse where that may be better."""
    channels = _bands(geometry, reach)
    axes = [_along(geometry, reach, i) for i in range(3)]
    image = ImageLink(axes, channels, profile)
    is_discrete = geometry.axons == "discrete"
    # A Sparse stores each weight of a full window once per pixel (decision 023).
    if not (reach.is_sparse or any(reach.zeros_behind) or is_discrete):
        return {"convolution": image}
    scattered = map(_scattered, axes[1:])
    sparse = SparseLink((axes[0], *scattered), channels, profile)
    # The first form is used if both need as many cores (decision 023).
    if reach.is_sparse:
        return {"sparse": sparse, "convolution": image}
    return {"convolution": image, "sparse": sparse}


def _bands(geometry: ProjectionGeometry, reach: Window) -> Bands:
    channels = _one_band(geometry)
    group = reach.group
    if group is None:
        return channels
    return replace(channels, first=geometry.first, read=group.read, given=group.given)


def _one_band(geometry: ProjectionGeometry) -> Bands:
    return one_band(geometry.source[3], geometry.target[3])


# Equal axes are one object, so that cached results are shared.
_axis = lru_cache(maxsize=256)(Axis)
_scattered = lru_cache(maxsize=256)(window_axis)


def compared_axis(
    geometry: ProjectionGeometry, reach: Pairwise, axis: int
) -> ScatterAxis:
    """Return an axis of a max pool's level, along which its neurons may compare."""
    compares = axis == reach.axis
    outputs = geometry.target[axis]
    return _compared_axis(
        inputs=geometry.source[axis],
        outputs=outputs,
        nodes=reach.nodes if compares else EVERY,
        windows=reach.windows if compares else outputs,
        pools=steps_of(geometry.pools, axis),
        picked=geometry.picked[axis],
    )


@lru_cache(maxsize=4096)
def _compared_axis(
    inputs: int,
    outputs: int,
    nodes: Nodes,
    windows: int,
    pools: Steps,
    picked: Picked | None,
) -> ScatterAxis:
    places = range(output_size(inputs, pools))
    weights = entries(nodes, windows, places, pools)
    reads = [{place: ((0, n),) for place, n in read.items()} for read in weights]
    # All windows that read no padding are equal.
    values = [value for node in nodes for value in node]
    first = max(-(-max(0, -start) // step) for _, start, step in values)
    stop = min((len(places) - 1 - start) // step + 1 for _, start, step in values)
    return ScatterAxis(
        inputs,
        outputs,
        reads.__getitem__,
        picked,
        inside=(first * len(nodes), min(windows, stop) * len(nodes)),
        period=len(nodes),
    )


def _along(geometry: ProjectionGeometry, window: Window, axis: int) -> Axis:
    inputs = geometry.source[axis]
    outputs = geometry.target[axis]
    stride = window.stride[axis]
    # Padding as in TensorFlow and Nengo (`conv2d_loihi_weights`, conv.py:205-208).
    room = (outputs - 1) * stride + window.kernel[axis] - inputs
    before = max(room, 0) // 2 if window.padding == "same" else 0
    taps = Taps(
        size=window.kernel[axis],
        reader=window.tap_places(axis),
        zeros=(0, *window.zeros_before)[axis],
        pools=steps_of(geometry.pools, axis),
    )
    # Nengo's convolutions have no depth: the graph has its padding (decision 002).
    before = before if axis else window.depth_before
    return _axis(
        inputs=inputs,
        outputs=outputs,
        stride=stride,
        before=before,
        taps=taps,
        picked=geometry.picked[axis],
    )


class ImageLink(Link):
    """Connections that are `nengo.Convolution`s, with zeros for unconnected pairs."""

    @property
    def edges(self) -> Edges:
        return NO_EDGES if self.bands.are_all else Edges(self.bands.outputs)

    def _find_feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> Iterator[SourceChannels]:
        depth = self.depth
        channels = self.bands.channels
        groups = depth.ensembles(group)
        touched = self._reading_slices(part, strip)
        # Inputs that only other strips read are stored as zeros.
        near = depth.sources_of(touched, group)
        for i in depth.sources_of(part.slices, group):
            is_full = depth.picked is None and (i + 1) * group <= depth.inputs
            is_read = i in near or not is_full
            weighs = is_read and depth.weighs(touched, groups[i])
            yield SourceChannels(length(groups[i]) * channels, not weighs)

    def _reading_slices(self, part: EnsembleTiling, strip: Interval) -> Interval:
        """Return the slices of a strip in which some channel reads the source."""
        first, stop = part.slices_of(strip)
        if self.bands.are_all:
            return first, stop
        low, high = self.bands.outputs
        channels = [(i, part.channels_of(strip, i)) for i in range(first, stop)]
        touched = [i for i, (a, b) in channels if max(a, low) < min(b, high)]
        return (touched[0], touched[-1] + 1) if touched else (first, first)

    def in_axons(self, feed: SourceChannels, block: BlockView) -> int:
        if not block.whole:
            return block.rows.inputs * block.columns.inputs
        # nengo-loihi does not trim the connections of an ensemble that is not split.
        return self.rows.read_extent * self.columns.read_extent

    def _find_cost(self, feed: SourceChannels, block: BlockView) -> Cost:
        areas, top, aligned = stored_areas(block, self.profile, is_zero=feed.is_zero)
        channels = feed.entries * block.channels
        arrays = {area * channels: number for area, number in areas.items()}
        return self._price(
            arrays, self.profile.synapse.index_width(top), aligned=aligned
        )

    def _read_strips(self, part: EnsembleTiling, target: Tiling) -> ReadStrips:
        met = self._met(part, target)
        split = sum(len(each.strips) for each in met if not each.whole)
        return split, sum(each.whole for each in met), self._channels(part)

    def _shared(self, channels: int) -> int:
        return min(channels, 1)

    def pairs(self, source: Tiling, target: Tiling) -> int:
        joined = sum(
            length(self.depth.within(pre.slices)) * length(post.slices)
            for pre in source.parts
            for post in self._met(pre, target)
        )
        return joined * self.bands.channels * target.volume[3]

    def strip_pairs(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int, int]]:
        firsts = [0, *accumulate(len(part.strips) for part in target.parts)]
        here = count()
        for pre in source.parts:
            met = self._near(pre, target)
            for channels in self._channels(pre):
                number = next(here)
                for i in met if channels else ():
                    yield number, firsts[i], firsts[i + 1] - firsts[i], channels

    def _channels(self, part: EnsembleTiling) -> list[int]:
        """Return how many channels of each strip of a source ensemble are read."""
        if self.depth.picked is None:
            return [length(strip) for strip in part.strips]
        return [
            sum(
                length(part.channels_of(strip, place))
                for place in positions(part.slices_of(strip))
                if length(self.depth.within((place, place + 1)))
            )
            for strip in part.strips
        ]

    def _met(self, part: EnsembleTiling, target: Tiling) -> list[EnsembleTiling]:
        """Return the target's ensembles that read an ensemble of the source."""
        return [target.part(i) for i in self._near(part, target)]

    def _near(self, part: EnsembleTiling, target: Tiling) -> list[int]:
        outputs = Tiles(target.volume[0], target.group)
        return self.depth.readers_of(self.depth.within(part.slices), outputs)


def stored_areas(
    block: BlockView, profile: Profile, *, is_zero: bool
) -> tuple[Counter[int], int, bool]:
    """Return the arrays that a block stores for one convolution.

    There is one array per run of kernel rows, run of kernel columns, and page of the
    first compartment reached (`conv2d_loihi_weights`, ``nengo_loihi/conv.py:235-262``).
    If the ensemble is split, there is one array per distinct value
    (`set_new_synapse_weights`, ``builder/split_blocks.py:612``).

    The result is the number of arrays by their size in pixels, the largest index in the
    arrays, and whether every base is suitable for pop16. ``is_zero`` says whether all
    weights are zero.
    """
    rows, columns, channels, whole = block
    # Every base is a multiple of the channels.
    aligned = channels % profile.axon.pop16_base == 0 or not any(
        base % profile.axon.pop16_base
        for base in block.bases(rows.starts, columns.starts)
    )
    if block.size <= profile.synapse.page:
        # All arrays begin on one page, so no loop over pairs of runs is needed.
        # A factor of 0 makes arrays of one size equal, which only a split notices.
        zeros = {(1, frozenset([1 if whole or not is_zero else 0])): 1}
        row_kinds = rows.kinds(shared=not whole)
        column_kinds = columns.kinds(shared=not whole)
        high = max((length for length, _ in row_kinds), default=0)
        wide = max((length for length, _ in column_kinds), default=0)
        top = max(0, ((high - 1) * columns.size + wide) * channels - 1)
        return count_arrays(row_kinds, column_kinds, zeros), top, aligned
    page = profile.synapse.page
    top = 0
    areas: dict[Hashable, int] = {}
    for row, column in product(rows.runs, columns.runs):
        key = _identity(row, column, whole=whole, is_zero=is_zero)
        last = ((row.length - 1) * columns.size + column.length) * channels - 1
        for base in block.bases(row.starts, column.starts):
            areas[key, base // page] = row.length * column.length
            top = max(top, base // page * page + last)
    return Counter(areas.values()), top, aligned


def _identity(row: TapRun, column: TapRun, *, whole: bool, is_zero: bool) -> Hashable:
    """Return the key of an array; equal arrays of a synapse have equal keys."""
    # nengo-loihi compares values only when it splits an ensemble.
    if whole:
        return row.tap, row.length, column.tap, column.length
    scale = 0 if is_zero else row.scale * column.scale
    if scale == 0:
        return row.length, column.length
    return row.values, column.values, scale
