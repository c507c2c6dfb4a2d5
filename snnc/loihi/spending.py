"""Out-axons that the blocks of a source spend on their readers."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.loihi.link import Link
from snnc.loihi.site import Wire
from snnc.loihi.tiling import Tile, Tiling


@dataclass(frozen=True, slots=True)
class Spent:
    """Slots for each block of the source with the most channels, row by row."""

    slots: tuple[int, ...]
    peak: int


_Cut = tuple[int, Tile]
NOTHING = Spent((), 0)


class Spending:
    """Counts slots, each pair of tilings once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Link, _Cut, _Cut, int], Spent] = {}

    def on(self, wire: Wire, source: Tiling, target: Tiling) -> Spent:
        """Count the slots that a source's blocks spend on one reader."""
        key = (wire.link, _cut(source), _cut(target), wire.slots)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _count(wire, source, target)
        return found


def _cut(tiling: Tiling) -> _Cut:
    """How a volume is cut; a link knows the volumes, and populations may share it."""
    return tiling.group, tiling.tile


def _count(wire: Wire, source: Tiling, target: Tiling) -> Spent:
    slots = tuple(
        wire.slots * count * (1 if wire.image else part.strips[0][1])
        for part, grid in zip(
            source.parts, wire.link.axons(source, target), strict=True
        )
        for row in grid
        for count in row
    )
    return Spent(slots, max(slots))


def add(one: Spent, other: Spent) -> Spent:
    """Add what is spent on two readers."""
    if not one.slots:
        return other
    if not other.slots:
        return one
    slots = tuple(a + b for a, b in zip(one.slots, other.slots, strict=True))
    return Spent(slots, max(slots))
