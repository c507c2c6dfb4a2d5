"""The connections of one projection, and what they cost the blocks at both ends.

A projection becomes one connection for each pair of ensembles whose depth slices
overlap. Every method of a link counts for a single pair. What all of a block's inputs
cost it is its `Load`, of which `BlockFit` tells whether a core holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from snnc.ir.mapped import Form, PopType
from snnc.loihi.axis import Axis, Interval, Picked, Tiles, View, length
from snnc.loihi.bands import Edges
from snnc.loihi.depth import Alike
from snnc.loihi.tiling import Part, Tiling

UNSEEN = View(1, 0, tuple)
"""The view of an axis where there is no image."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a strip of channels gets from one source ensemble.

    Attributes
    ----------
    entries
        Image channels of the source ensemble; its neurons, for a Dense.
    distinct
        Rows of weights that differ; for a convolution 0 if all weights are zero.
    """

    entries: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one connection costs a block of its target, in-axons apart.

    ``aligned`` says that its compartment bases suit pop16; ``words`` are the stored
    weights, ``index_bits`` those of an index, None where it depends on what is read.
    """

    bits: int
    aligned: bool
    words: int
    index_bits: int | None


class AxonLists(NamedTuple):
    """Entries of out-axon lists on hardware: what leads to no weight has none.

    Attributes
    ----------
    shared, own
        If neurons of one pixel share a list, and if each neuron has its own.
    """

    shared: int
    own: int


class Link(Protocol):
    """The connections that carry one projection in one form."""

    @property
    def edges(self) -> Edges:
        """What sets strips apart that touch the same slices."""

    def feeds(self, group: int, part: Part, strip: Interval) -> tuple[Feed, ...]:
        """What a strip gets from each source ensemble of ``group`` slices.

        What is equal is one object.
        """

    def rows_seen(self, tile: Interval) -> int:
        """How many of the source's rows a tile of rows sees."""

    def columns_seen(self, tile: Interval) -> int:
        """How many of the source's columns a tile of columns sees."""

    def row_view(self, tile: Interval) -> View:
        """What a tile of rows sees of the source."""

    def column_view(self, tile: Interval) -> View:
        """What a tile of columns sees of the source."""

    def rows_alike(self, tiles: Tiles) -> range:
        """Tiles of rows that surely see the same of the source."""

    def columns_alike(self, tiles: Tiles) -> range:
        """Tiles of columns that surely see the same of the source."""

    def parts_alike(self, group: int, target: Tiling) -> Alike:
        """Which ensembles of a target are fed alike by a source's, of ``group``."""

    def fed_axons(self, feed: Feed, rows: View, columns: View, whole: bool) -> int:
        """The in-axons that one connection takes in a block."""

    def in_axons(self, group: int, part: Part, rows: int, columns: int) -> int:
        """The in-axons that all connections take in a block, without their feeds.

        Parameters
        ----------
        group
            Slices of an ensemble of the source.
        part
            The ensemble that the block is of.
        rows, columns
            What the block sees of the source's.
        """

    def cost(
        self, feed: Feed, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        """What one connection costs a block of ``strip`` channels."""

    def least_bits(self, part: Part, strip: Interval, rows: View, columns: View) -> int:
        """What a block's arrays take at least, however the source is grouped."""

    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        """The axons that each block of each source ensemble spends, in their order.

        A convolution's axon serves all channels of a pixel.
        """

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        """The out-axon lists of each block, in the order of `axons`."""

    def most_axons(self, source: Tiling, target: Tiling) -> int:
        """The most axons that a block of the source spends."""

    def operations(self, source: Tiling, target: Tiling) -> int:
        """The weights that are read if every neuron of the source spikes once.

        They do not depend on how ensembles are cut into blocks; the zeros in the
        kernels of a depth group count, since the chip reads them as well.
        """

    def sent(self, source: Tiling, target: Tiling) -> Iterator[tuple[int, int, int]]:
        """From which core to which how many spikes go, if every neuron spikes once.

        Cores are numbered as the tilings' pieces are; pairs without spikes are left
        out. An axon that leads to no weight is not connected (``axon_map``,
        ``nengo_loihi/hardware/nxsdk_objects.py:304-343``), and takes no spike.
        """


def channels_read(part: Part, strip: Interval, picked: Picked | None) -> int:
    """How many channels of a strip of a source are of slices that are read."""
    if picked is None:
        return length(strip)
    channels, total = part.channels, 0
    for place in range(*part.touched(strip)):
        if length(picked.within((place, place + 1))):
            start = (place - part.slices[0]) * channels
            total += min(strip[1], start + channels) - max(strip[0], start)
    return total


class PlaneLink:
    """The part of a `Link` from an image that its two axes decide."""

    def __init__(self, rows: Axis, columns: Axis) -> None:
        self.rows = rows
        self.columns = columns

    def rows_seen(self, tile: Interval) -> int:
        return self.rows.seen(tile)

    def columns_seen(self, tile: Interval) -> int:
        return self.columns.seen(tile)

    def row_view(self, tile: Interval) -> View:
        return self.rows.view(tile)

    def column_view(self, tile: Interval) -> View:
        return self.columns.view(tile)

    def rows_alike(self, tiles: Tiles) -> range:
        return self.rows.alike(tiles)

    def columns_alike(self, tiles: Tiles) -> range:
        return self.columns.alike(tiles)


EXPONENTS = 7
INDICES = 8
"""Exponents of weights, and sizes of an index, that formats of words may have."""
Feeds = tuple[tuple[Feed, ...], ...]
"""What a strip gets, for each projection and source ensemble."""
Limit = Literal[
    "compartments",
    "in-axons",
    "out-axons",
    "synapse bits",
    "pop16 channels",
    "pop16 in-axons",
    "pop16 bases",
]


@dataclass(frozen=True, slots=True)
class Wire:
    """How one projection reaches a tiling: its form, the link in it, its axons.

    ``slots`` are those of one out-axon.
    """

    form: Form
    link: Link
    pop: PopType | None
    slots: int


@dataclass(frozen=True, slots=True)
class BlockFit:
    """A tiling that a core can hold, and the wires of its projections."""

    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first limit that a tiling breaks."""

    limit: Limit
    value: int
    most: int


@dataclass(frozen=True)
class Load:
    """What a block's core holds of inputs; ``aligned`` by projection.

    Bits are counted when they are asked for: it takes long, and there may be far
    more in-axons than a core has.
    """

    in_axons: int
    _costs: Callable[[], list[list[Cost]]]

    @cached_property
    def costs(self) -> list[list[Cost]]:
        """What each connection costs, projection by projection."""
        return self._costs()

    @property
    def bits(self) -> int:
        return sum(cost.bits for costs in self.costs for cost in costs)

    @property
    def words(self) -> int:
        return sum(cost.words for costs in self.costs for cost in costs)

    @property
    def formats(self) -> int:
        """In how many formats the words may be at most.

        Of one index they differ by the exponent of the weights alone, 0 to -6
        (``builder/discretize.py:268, 378``).
        """
        every = [cost.index_bits for costs in self.costs for cost in costs]
        some = min(every.count(None), INDICES)
        indices = len(set(every) - {None}) + some
        return min(len(every), EXPONENTS * indices)

    @property
    def aligned(self) -> tuple[bool, ...]:
        return tuple(all(cost.aligned for cost in costs) for costs in self.costs)


def feeds_of(
    links: Sequence[Link], groups: Sequence[int], part: Part, strip: Interval
) -> Feeds:
    """What a strip of an ensemble gets, projection by projection."""
    read = list(zip(links, groups, strict=True))
    # Of hundreds of projections most are alike.
    alike = {pair: pair[0].feeds(pair[1], part, strip) for pair in dict.fromkeys(read)}
    return tuple(map(alike.__getitem__, read))


def load_of(
    links: Sequence[Link],
    feeds: Feeds,
    views: tuple[Sequence[View], Sequence[View]],
    strip: int,
    whole: bool,
) -> Load:
    """What one block's inputs cost, over all projections and source ensembles.

    Parameters
    ----------
    links
        One for each projection.
    feeds
        From `feeds_of`.
    views
        For each projection, what the block sees of the source's rows; and columns.
    strip
        Channels of the block.
    whole
        Whether the block is all of its ensemble.
    """
    # Links that are one object get the same wherever they are fed the same.
    read = [
        (link, id(given), row, column)
        for link, given, row, column in zip(links, feeds, *views, strict=True)
    ]
    alike = dict(zip(read, feeds, strict=True))
    axons = {
        key: sum(key[0].fed_axons(feed, *key[2:], whole) for feed in given)
        for key, given in alike.items()
    }

    def costs() -> list[list[Cost]]:
        by_key = {
            key: [key[0].cost(feed, *key[2:], strip, whole) for feed in given]
            for key, given in alike.items()
        }
        return [by_key[key] for key in read]

    return Load(sum(axons[key] for key in read), costs)
