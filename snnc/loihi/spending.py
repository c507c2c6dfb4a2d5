"""Out-axons that the blocks of a source spend on their readers."""

from __future__ import annotations

import operator

from snnc.dataclass import dataclass
from snnc.loihi.link import Link
from snnc.loihi.site import Wire
from snnc.loihi.tiling import Tile, Tiling


@dataclass(frozen=True, slots=True, eq=False)
class Spent:
    """Slots of each block of the source.

    Of what one `Spending` gives, equal ones are one object.
    """

    slots: tuple[int, ...]
    peak: int


Cut = tuple[int, Tile]
NOTHING = Spent((), 0)


LOOKS_OF_COUNT = 20
"""What counting the slots of one pair of tilings takes, in looks of a search."""
SLOTS_OF_LOOK = 8
"""Blocks of a source that take as long, and as much memory, as one look."""


class Spending:
    """Counts slots, each pair of tilings once.

    ``work`` is what it took so far, in looks of a search.
    """

    def __init__(self) -> None:
        self.work = 0
        self._known: dict[tuple[Link, Cut, Cut, int], Spent] = {}
        self._same: dict[tuple[int, ...], Spent] = {(): NOTHING}
        self._peaks: dict[tuple[Link, Cut, Cut], int] = {}

    def on(self, wire: Wire, source: Tiling, target: Tiling) -> Spent:
        """Count the slots that a source's blocks spend on one reader."""
        key = (wire.link, cut_of(source), cut_of(target), wire.slots)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of(_count(wire, source, target))
            self.work += LOOKS_OF_COUNT
        return found

    def peak(self, wire: Wire, source: Tiling, target: Tiling) -> int:
        """Count the slots of the block of the source that spends most."""
        key = (wire.link, cut_of(source), cut_of(target))
        found = self._peaks.get(key)
        if found is None:
            found = self._peaks[key] = wire.link.most_axons(source, target)
            self.work += 1
        return wire.slots * found

    def __len__(self) -> int:
        """How many pairs were counted."""
        return len(self._known)

    def add(self, one: Spent, other: Spent) -> Spent:
        """Add what is spent on two readers."""
        return self._of(_sums(one, other))

    def _of(self, slots: tuple[int, ...]) -> Spent:
        if slots not in self._same:
            self._same[slots] = Spent(slots, max(slots))
            self.work += len(slots) // SLOTS_OF_LOOK
        return self._same[slots]


def cut_of(tiling: Tiling) -> Cut:
    """How a volume is cut; a link knows the volumes, and populations may share it."""
    return tiling.group, tiling.tile


def _count(wire: Wire, source: Tiling, target: Tiling) -> tuple[int, ...]:
    axons = wire.link.axons(source, target)
    return tuple(wire.slots * count for counts in axons for count in counts)


def _sums(one: Spent, other: Spent) -> tuple[int, ...]:
    if not one.slots or not other.slots:
        return one.slots or other.slots
    return tuple(map(operator.add, one.slots, other.slots))


def add(one: Spent, other: Spent) -> Spent:
    """Add what is spent on two readers, once."""
    slots = _sums(one, other)
    return Spent(slots, max(slots, default=0))
