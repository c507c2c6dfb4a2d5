"""The costs of all inputs of a block, and tilings whose blocks fit on cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from snnc.ir.mapped import Form, PopType
from snnc.loihi.axis import View
from snnc.loihi.link import BlockView, Cost, Link, SourceChannels

EXPONENTS = 7
INDICES = 8
"""Formats may differ in the exponents of weights and in the sizes of indices: the
numbers of each."""
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
    """The connection of a projection to a tiling, with the slots per out-axon."""

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
    limit: Limit
    value: int
    most: int


class Inputs(NamedTuple):
    """Equal projections into a population, of which there may be hundreds.

    ``group`` is the number of slices per ensemble of their sources.
    """

    form: Form
    link: Link
    group: int


Views = Mapping[Link, View]
"""A tile's views along one axis."""
Feeds = tuple[tuple[SourceChannels, ...], ...]
"""The inputs of a strip, for each kind of projection and source ensemble."""


@dataclass(frozen=True)
class Load:
    """The costs of a block's inputs.

    Bits are counted on demand, because counting is slow and unnecessary if there are
    too many in-axons. ``feeds`` are the inputs of the block's strip; the other fields
    are as in `BlockView`.
    """

    inputs: Counter[Inputs]
    feeds: Feeds
    rows: Views
    columns: Views
    channels: int
    whole: bool

    def _each(
        self,
    ) -> Iterator[tuple[int, Link, tuple[SourceChannels, ...], BlockView]]:
        inputs = zip(self.inputs.items(), self.feeds, strict=True)
        for ((_, link, _), times), feeds in inputs:
            views = self.rows[link], self.columns[link]
            yield times, link, feeds, BlockView(*views, self.channels, self.whole)

    @cached_property
    def in_axons(self) -> int:
        return sum(
            times * link.in_axons(feed, block)
            for times, link, feeds, block in self._each()
            for feed in feeds
        )

    @cached_property
    def costs(self) -> list[tuple[int, list[Cost]]]:
        """The number of equal projections, and the costs of each connection."""
        return [
            (times, [link.cost(feed, block) for feed in feeds])
            for times, link, feeds, block in self._each()
        ]

    @property
    def bits(self) -> int:
        return sum(times * cost.bits for times, costs in self.costs for cost in costs)

    @property
    def words(self) -> int:
        return sum(times * cost.words for times, costs in self.costs for cost in costs)

    @property
    def formats(self) -> int:
        """Return the maximum number of synapse formats.

        For a given index size, formats differ only by the weights' exponent, from 0 to
        -6 (``builder/discretize.py:268, 378``).
        """
        every = Counter[int | None]()
        for times, costs in self.costs:
            for cost in costs:
                every[cost.index_bits] += times
        indices = len(every.keys() - {None}) + min(every[None], INDICES)
        return min(every.total(), EXPONENTS * indices)

    @property
    def suits_pop16(self) -> tuple[bool, ...]:
        """Whether the bases of each input are suitable for pop16."""
        return tuple(all(cost.aligned for cost in costs) for _, costs in self.costs)
