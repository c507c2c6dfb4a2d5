"""The connections of one projection, and their costs for the blocks at both ends.

A projection becomes one connection for each pair of ensembles whose depth slices
overlap. A `Load` contains the costs of all inputs of a block. A `BlockFit` is a tiling
whose blocks fit on cores.
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
    """The inputs of a strip (a slice of channels) from one source ensemble.

    Attributes
    ----------
    entries
        The number of image channels of the source ensemble; for a Dense, its neurons.
    distinct
        The number of different rows of weights; for a convolution, 0 if all weights are
        zero.
    """

    entries: int
    distinct: int


class Cost(NamedTuple):
    """The cost of one connection for a block of its target, without in-axons.

    ``aligned`` says whether the compartment bases are suitable for pop16. ``words`` is
    the number of stored weights. ``index_bits`` is the size of an index in bits; None
    if it depends on the source.
    """

    bits: int
    aligned: bool
    words: int
    index_bits: int | None


class AxonLists(NamedTuple):
    """Entries in out-axon lists on a board; axons without weights need none.

    Attributes
    ----------
    shared, own
        The entries if the neurons of a pixel share a list, and if each neuron has its
        own list.
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

        Equal results are one object.
        """

    @abstractmethod
    def equivalent_parts(self, group: int, target: Tiling) -> EquivalentItems:
        """Return which target ensembles have equal inputs from the source's groups."""

    @abstractmethod
    def fed_axons(
        self, feed: SourceChannels, rows: View, columns: View, whole: bool
    ) -> int:
        """Return the in-axons of one connection in a block."""

    @abstractmethod
    def in_axons(
        self, group: int, part: EnsembleTiling, rows: int, columns: int
    ) -> int:
        """Return the in-axons of all connections in a block, without counting channels.

        Parameters
        ----------
        group
            The number of slices per source ensemble.
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

        In a convolution, one axon serves all channels of a pixel.
        """

    def axon_lists(self, source: Tiling, target: Tiling) -> list[list[AxonLists]]:
        """Return the out-axon lists of each block, in the order of `axons`."""
        return [
            [AxonLists(n, n) for n in axons] for axons in self.axons(source, target)
        ]

    @abstractmethod
    def most_axons(self, source: Tiling, target: Tiling) -> int:
        """Return the maximum number of axons of a block of the source."""

    @abstractmethod
    def operations(self, source: Tiling, target: Tiling) -> int:
        """Return the number of weights read if every neuron of the source spikes once.

        The number does not depend on how ensembles are split into blocks. It includes
        zeros in the kernels of a depth group, which the chip also reads.
        """

    @abstractmethod
    def spike_counts(
        self, source: Tiling, target: Tiling
    ) -> Iterator[tuple[int, range, int]]:
        """Yield (from core, to cores, spikes to each) if every neuron spikes once.

        Cores are numbered like the blocks of the tilings; pairs without spikes are
        omitted. An axon without weights is not connected (``axon_map``,
        ``nengo_loihi/hardware/nxsdk_objects.py:304-343``) and receives no spikes.
        """


def channels_read(part: EnsembleTiling, strip: Interval, picked: Picked | None) -> int:
    """Return how many channels of a source strip are in slices that are read."""
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
"""Formats may differ in the exponents of weights and in the sizes of indices: the
numbers of each."""
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

    Each out-axon needs ``slots`` slots.
    """

    form: Form
    link: Link
    pop: PopType | None
    slots: int


@dataclass(frozen=True, slots=True)
class BlockFit:
    """A tiling whose blocks fit on cores, and the connections of its projections."""

    connections: tuple[ConnectionChoice, ...]


@dataclass(frozen=True, slots=True)
class LimitViolation:
    """The first limit that a tiling exceeds."""

    limit: Limit
    value: int
    most: int


@dataclass(frozen=True)
class Load:
    """The costs of a block's inputs; ``aligned`` is per projection.

    Bits are counted on demand, because counting is slow and unnecessary if there are
    too many in-axons.
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
        """Return the maximum number of synapse formats.

        For a given index size, formats differ only by the weights' exponent, from 0 to
        -6 (``builder/discretize.py:268, 378``).
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
    """Return the inputs of an ensemble's strip for each projection."""
    read = list(zip(links, groups, strict=True))
    # Handle equal projections once: there may be hundreds.
    alike = {pair: pair[0].feeds(pair[1], part, strip) for pair in dict.fromkeys(read)}
    return tuple(map(alike.__getitem__, read))


def load_of(
    links: Sequence[Link],
    feeds: Feeds,
    views: tuple[Sequence[View], Sequence[View]],
    strip: int,
    whole: bool,
) -> Load:
    """Return the costs of a block's inputs for all projections and ensembles.

    Parameters
    ----------
    links
        One link per projection.
    feeds
        The result of `feeds_of`.
    views
        The block's views of the sources' rows, and of their columns, by projection.
    strip
        The number of channels of the block.
    whole
        Whether the block is the whole ensemble.
    """
    # The same link and the same feeds have the same costs.
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
