"""The connections of one projection, and their costs for the blocks at both ends.

A projection becomes one connection for each pair of ensembles whose depth slices
overlap. Every method of a link counts for a single pair. The costs of all of a block's
inputs are its `Load`, and `BlockFit` says whether a core holds it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from snnc.ir.mapped import Form, PopType
from snnc.loihi.axis import Axis, Interval, Picked, View, length
from snnc.loihi.bands import Edges
from snnc.loihi.depth import EquivalentItems
from snnc.loihi.tiling import EnsembleTiling, Tiling


@dataclass(frozen=True, slots=True)
class SourceChannels:
    """The inputs of a strip of channels from one source ensemble.

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
    """The cost of one connection for a block of its target, without in-axons.

    ``aligned`` says that its compartment bases suit pop16. ``words`` is the number of
    stored weights, ``index_bits`` the bits of an index; None if the source decides.
    """

    bits: int
    aligned: bool
    words: int
    index_bits: int | None


class AxonLists(NamedTuple):
    """Entries of out-axon lists on hardware; axons without weights have none.

    Attributes
    ----------
    shared, own
        If neurons of one pixel share a list, and if each neuron has its own.
    """

    shared: int
    own: int


class Link(ABC):
    """The connections of one projection in one form.

    ``axes`` are the rows and the columns of the source's image.
    """

    def __init__(self, rows: Axis, columns: Axis) -> None:
        self.rows = rows
        self.columns = columns
        self.axes = rows, columns

    def overlaps(
        self, source: Tiling, target: Tiling
    ) -> tuple[list[list[tuple[int, int]]], list[list[tuple[int, int]]]]:
        """Return the target's tiles that read each tile, for rows and for columns."""
        pre, post = source.part(0), target.part(0)
        rows = self.rows.overlaps(pre.rows, post.rows)
        return rows, self.columns.overlaps(pre.columns, post.columns)

    def crossings(
        self, source: Tiling, target: Tiling
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return `Axis.crossings` of rows and of columns."""
        rows = self.rows.crossings(source.tile[0], target.tile[0])
        return rows, self.columns.crossings(source.tile[1], target.tile[1])

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The channels at which the inputs of strips change within a slice."""

    @abstractmethod
    def feeds(
        self, group: int, part: EnsembleTiling, strip: Interval
    ) -> tuple[SourceChannels, ...]:
        """Return a strip's inputs from each source ensemble of ``group`` slices.

        Equal feeds are one object.
        """

    @abstractmethod
    def equivalent_parts(self, group: int, target: Tiling) -> EquivalentItems:
        """Return which target ensembles have equal inputs, from groups of ``group``."""

    @abstractmethod
    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        """Return the in-axons of one connection in a block."""

    @abstractmethod
    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        """Return the in-axons of all connections in a block, without their feeds.

        Parameters
        ----------
        group
            Slices of an ensemble of the source.
        part
            The ensemble of the block.
        rows, columns
            The number of the source's rows and columns that the block reads.
        """

    @abstractmethod
    def cost(
        self, feed: SourceChannels, rows: View, columns: View, strip: int, whole: bool
    ) -> Cost:
        """Return the cost of one connection for a block of ``strip`` channels."""

    @abstractmethod
    def axons(self, source: Tiling, target: Tiling) -> list[list[int]]:
        """Return the axons of each block of each source ensemble, in order.

        A convolution's axon serves all channels of a pixel.
        """

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        """Return the out-axon lists of each block, in the order of `axons`."""
        return [
            [AxonLists(n, n) for n in axons] for axons in self.axons(source, target)
        ]

    @abstractmethod
    def most_axons(self, source: Tiling, target: Tiling) -> int:
        """Return the most axons of a block of the source."""

    @abstractmethod
    def operations(self, source: Tiling, target: Tiling) -> int:
        """Return the number of weights read if every neuron of the source spikes once.

        It does not depend on how ensembles are cut into blocks; zeros in the kernels of
        a depth group count, as the chip reads them as well.
        """

    @abstractmethod
    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, int, int]]:
        """Yield from core, to core and number of spikes, if every neuron spikes once.

        Cores are numbered as the tilings' pieces; pairs without spikes are left out. An
        axon without weights is not connected (``axon_map``,
        ``nengo_loihi/hardware/nxsdk_objects.py:304-343``), and gets no spike.
        """


def channels_read(part: EnsembleTiling, strip: Interval, picked: Picked | None) -> int:
    """Return how many channels of a source's strip are in slices that are read."""
    if picked is None:
        return length(strip)
    channels, total = part.channels, 0
    for place in range(*part.slices_of(strip)):
        if length(picked.within((place, place + 1))):
            start = (place - part.slices[0]) * channels
            total += min(strip[1], start + channels) - max(strip[0], start)
    return total


EXPONENTS = 7
INDICES = 8
"""Exponents of weights, and sizes of an index, that formats of words may have."""
Feeds = tuple[tuple[SourceChannels, ...], ...]
"""The inputs of a strip, for each projection and source ensemble."""
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
class ConnectionChoice:
    """The connection of a projection to a tiling: its form, link and axons.

    One out-axon takes ``slots``.
    """

    form: Form
    link: Link
    pop: PopType | None
    slots: int


@dataclass(frozen=True, slots=True)
class BlockFit:
    """A tiling that a core can hold, and the connections of its projections."""

    connections: tuple[ConnectionChoice, ...]


@dataclass(frozen=True, slots=True)
class LimitViolation:
    """The first limit that a tiling breaks."""

    limit: Limit
    value: int
    most: int


@dataclass(frozen=True)
class Load:
    """The inputs of a block's core; ``aligned`` by projection.

    Bits are counted on demand: counting is slow, and there may be far more in-axons
    than a core has.
    """

    in_axons: int
    _costs: Callable[[], list[list[Cost]]]

    @cached_property
    def costs(self) -> list[list[Cost]]:
        """Return the costs of each connection, by projection."""
        return self._costs()

    @property
    def bits(self) -> int:
        return sum(cost.bits for costs in self.costs for cost in costs)

    @property
    def words(self) -> int:
        return sum(cost.words for costs in self.costs for cost in costs)

    @property
    def formats(self) -> int:
        """Return the most formats that the words may have.

        For one index size they only differ by the weights' exponent, 0 to -6
        (``builder/discretize.py:268, 378``).
        """
        every = [cost.index_bits for costs in self.costs for cost in costs]
        some = min(every.count(None), INDICES)
        indices = len(set(every) - {None}) + some
        return min(len(every), EXPONENTS * indices)

    @property
    def suits_pop16(self) -> tuple[bool, ...]:
        return tuple(all(cost.aligned for cost in costs) for costs in self.costs)


def feeds_of(
    links: Sequence[Link], groups: Sequence[int], part: EnsembleTiling, strip: Interval
) -> Feeds:
    """Return the inputs of an ensemble's strip, by projection."""
    read = list(zip(links, groups, strict=True))
    # Most of hundreds of projections are equal.
    alike = {pair: pair[0].feeds(pair[1], part, strip) for pair in dict.fromkeys(read)}
    return tuple(map(alike.__getitem__, read))


def load_of(
    links: Sequence[Link],
    feeds: Feeds,
    views: tuple[Sequence[View], Sequence[View]],
    strip: int,
    whole: bool,
) -> Load:
    """Return the costs of a block's inputs, over projections and ensembles.

    Parameters
    ----------
    links
        One for each projection.
    feeds
        From `feeds_of`.
    views
        For each projection, the block's view of the source's rows; and columns.
    strip
        Channels of the block.
    whole
        Whether the block is all of its ensemble.
    """
    # A link that is one object gives equal loads for equal feeds.
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
