"""Out-axons that the blocks of a source spend on their readers."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Literal

from snnc.loihi.link import Link, Wire
from snnc.loihi.tiling import Tile, Tiling


@dataclass(frozen=True, slots=True, eq=False)
class Spent:
    """Slots of each block of the source.

    Equal ones from one `Spending` are one object.
    """

    slots: tuple[int, ...]
    peak: int


Cut = tuple[int, Tile]
NOTHING = Spent((), 0)


LOOKS_OF_COUNT = 20
"""The work to count the slots of one pair of tilings, in looks of a search."""
SLOTS_OF_LOOK = 8
"""Blocks of a source that take the time and memory of one look."""


class Spending:
    """Counts slots, each pair of tilings once.

    ``work`` is the work so far, in looks of a search.
    """

    def __init__(self) -> None:
        self.work = 0
        self._known: dict[tuple[Link, Cut, Cut, int], Spent] = {}
        self._same: dict[tuple[int, ...], Spent] = {(): NOTHING}
        self._peaks: dict[tuple[Link, Cut, Cut], int] = {}

    def on(self, wire: Wire, source: Tiling, target: Tiling) -> Spent:
        """Count the slots that a source's blocks spend on one reader."""
        key = (wire.link, cut_of(source), cut_of(target), wire.slots)
        spent = self._known.get(key)
        if spent is None:
            spent = self._known[key] = self._of(_count(wire, source, target))
            self.work += LOOKS_OF_COUNT
        return spent

    def peak(self, wire: Wire, source: Tiling, target: Tiling) -> int:
        """Count the slots of the source's block that spends most."""
        key = (wire.link, cut_of(source), cut_of(target))
        axons = self._peaks.get(key)
        if axons is None:
            axons = self._peaks[key] = wire.link.most_axons(source, target)
            self.work += 1
        return wire.slots * axons

    def __len__(self) -> int:
        """Return how many pairs were counted."""
        return len(self._known)

    def add(self, one: Spent, other: Spent) -> Spent:
        """Add the slots of two readers."""
        return self._of(_sums(one, other))

    def _of(self, slots: tuple[int, ...]) -> Spent:
        if slots not in self._same:
            self._same[slots] = Spent(slots, max(slots))
            self.work += len(slots) // SLOTS_OF_LOOK
        return self._same[slots]


def cut_of(tiling: Tiling) -> Cut:
    """Return how a volume is cut; populations may share it, as links know volumes."""
    return tiling.group, tiling.tile


def _count(wire: Wire, source: Tiling, target: Tiling) -> tuple[int, ...]:
    axons = wire.link.axons(source, target)
    return tuple(wire.slots * count for counts in axons for count in counts)


def _sums(one: Spent, other: Spent) -> tuple[int, ...]:
    if not one.slots or not other.slots:
        return one.slots or other.slots
    return tuple(map(operator.add, one.slots, other.slots))


def add(one: Spent, other: Spent) -> Spent:
    """Add the slots of two readers, once."""
    slots = _sums(one, other)
    return Spent(slots, max(slots, default=0))


@dataclass(slots=True, eq=False)
class Readers:
    """Some readers of a population: the last one, and those before it.

    Attributes
    ----------
    before
        The others.
    wire, target
        The wire and the tiling of the last one.
    peaks
        By the source's cut: the most slots of a block for one reader, and the sum of
        all readers' maxima.
    spent
        By the source's cut: the slots of each block.
    """

    before: Readers | None
    wire: Wire
    target: Tiling
    peaks: dict[Cut, tuple[int, int]] = field(default_factory=dict)
    spent: dict[Cut, Spent] = field(default_factory=dict)


class ReadersSpending:
    """Counts slots of readers, the same readers in the same order once."""

    def __init__(self, spending: Spending, limit: int) -> None:
        self._spending = spending
        self._limit = limit
        self._known: dict[tuple[Readers | None, Link, Cut, int], Readers] = {}

    def more(self, before: Readers | None, wire: Wire, target: Tiling) -> Readers:
        """Return the readers with one more."""
        key = before, wire.link, cut_of(target), wire.slots
        if key not in self._known:
            self._known[key] = Readers(before, wire, target)
        return self._known[key]

    def peak(self, readers: Readers | None, source: Tiling) -> int:
        """Return the most slots that a source's block spends, exact where needed.

        If no sum can exceed the limit, or a single reader does, it does not count the
        slots of each block.
        """
        if readers is None:
            return 0
        least, most = self._between(readers, source)
        if most <= self._limit or least > self._limit:
            return least
        return self._sum(readers, source).peak

    def _between(self, readers: Readers, source: Tiling) -> tuple[int, int]:
        cut, bounds = cut_of(source), (0, 0)
        lacking, known = _apart(readers, "peaks", cut)
        if known is not None:
            bounds = known.peaks[cut]
        for one in lacking:
            more = self._spending.peak(one.wire, source, one.target)
            bounds = one.peaks[cut] = max(bounds[0], more), bounds[1] + more
        return bounds

    def _sum(self, readers: Readers, source: Tiling) -> Spent:
        cut, total = cut_of(source), NOTHING
        lacking, known = _apart(readers, "spent", cut)
        if known is not None:
            total = known.spent[cut]
        for one in lacking:
            more = self._spending.on(one.wire, source, one.target)
            total = one.spent[cut] = self._spending.add(total, more)
        return total


def _apart(
    readers: Readers, what: Literal["peaks", "spent"], cut: Cut
) -> tuple[list[Readers], Readers | None]:
    """Return the uncounted last readers, in order, and the one before them."""
    lacking: list[Readers] = []
    one: Readers | None = readers
    while one is not None and cut not in getattr(one, what):
        lacking.append(one)
        one = one.before
    return lacking[::-1], one
