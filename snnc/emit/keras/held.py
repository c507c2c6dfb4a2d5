"""Which parts of which kernels the cores of a layer hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from snnc.graph.lowered import Projection, Triple, Window
from snnc.graph.mapped import MappedNetwork, MappedPopulation
from snnc.loihi.axis import Interval
from snnc.loihi.build_links import build_links, inlet_of
from snnc.loihi.held import Box, held
from snnc.loihi.image_link import ImageLink
from snnc.loihi.profile import load_profile
from snnc.loihi.taps import compose_pools
from snnc.loihi.tiling import Piece
from snnc.loihi.wiring import tiling_of

Synapse = tuple[int, tuple[Box, ...]]
"""Which of a layer's reads it is of, and the parts of that kernel that it holds."""


def cores_of(
    mapped: MappedNetwork, population: MappedPopulation
) -> Counter[tuple[Synapse, ...]]:
    """Count the cores of a layer by what they hold of its kernels.

    Boxes count the taps of the kernels composed with the pools before them, without
    the zeros around those.
    """
    pieces = tiling_of(population).pieces
    return Counter(tuple(_synapses(mapped, population, piece)) for piece in pieces)


def _synapses(
    mapped: MappedNetwork, population: MappedPopulation, piece: Piece
) -> Iterator[Synapse]:
    """One for each ensemble that a core hears."""
    for number, read in enumerate(mapped.lowered.into(population.population.name)):
        link = _link(mapped, read)
        size = _composed(read, own_size(mapped, read))
        for part in tiling_of(mapped.by_name[read.source]).parts:
            boxes = held(link, piece, part.slices)
            if own := tuple(_without_zeros(read, size, boxes)):
                yield number, own


def _link(mapped: MappedNetwork, read: Projection) -> ImageLink:
    source, target = (mapped.lowered.by_name[n] for n in (read.source, read.target))
    inlet = inlet_of(read, source.volume, target)
    # A Dense has the weights of the convolution over all that it reads.
    link = build_links(inlet, target.volume, load_profile())[True]
    assert isinstance(link, ImageLink)
    return link


def own_size(mapped: MappedNetwork, read: Projection) -> Triple:
    """Return the taps of a reader's own kernel over depth, height and width."""
    source = mapped.lowered.by_name[read.source].volume
    if isinstance(read.reach, Window):
        return inlet_of(read, source, mapped.lowered.by_name[read.target]).kernel
    sides = []
    for axis in range(3):
        counts, stride = compose_pools(read.pools, axis)
        sides.append((source[axis] - len(counts)) // stride + 1)
    return sides[0], sides[1], sides[2]


def _composed(read: Projection, own: Triple) -> Triple:
    """Return how many taps a kernel has with the pools before it."""
    sides = []
    for axis, size in enumerate(own):
        counts, stride = compose_pools(read.pools, axis)
        sides.append(len(counts) + (size - 1) * stride)
    return sides[0], sides[1], sides[2]


def _without_zeros(
    read: Projection, size: Triple, boxes: tuple[Box, ...]
) -> Iterator[Box]:
    window = read.reach
    zeros = (0, *window.zeros_before) if isinstance(window, Window) else (0, 0, 0)
    for box in boxes:
        within = zip((box.depth, box.rows, box.columns), zeros, size, strict=True)
        sides = [_clipped(side, before, most) for side, before, most in within]
        if all(start < stop for start, stop in sides):
            yield Box(sides[0], sides[1], sides[2], box.filters)


def _clipped(side: Interval, before: int, most: int) -> Interval:
    return max(0, side[0] - before), min(most, side[1] - before)
