"""Whether a core holds a block: what its inputs cost, and the limit that they break."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from snnc.ir.mapped import Form, PopType
from snnc.loihi.axis import Interval, View
from snnc.loihi.link import Cost, Feed, Link
from snnc.loihi.tiling import Part

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
