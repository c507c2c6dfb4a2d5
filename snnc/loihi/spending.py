"""Out-axons that the blocks of a source spend on their readers."""

from __future__ import annotations

from snnc.loihi.link import Link
from snnc.loihi.tiling import Tiling

Spent = tuple[int, ...]
"""Slots for each block of the source with the most channels, row by row."""


class Spending:
    """Counts slots, each pair of tilings once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Link, Tiling, Tiling, int, bool], Spent] = {}

    def on(
        self, link: Link, source: Tiling, target: Tiling, slots: int, image: bool
    ) -> Spent:
        """The slots that a source's blocks spend on one reader."""
        key = (link, source, target, slots, image)
        if key not in self._known:
            self._known[key] = _count(link, source, target, slots, image)
        return self._known[key]


def _count(
    link: Link, source: Tiling, target: Tiling, slots: int, image: bool
) -> Spent:
    return tuple(
        slots * count * (1 if image else part.strips[0][1])
        for part, grid in zip(source.parts, link.axons(source, target), strict=True)
        for row in grid
        for count in row
    )


def add(one: Spent, other: Spent) -> Spent:
    """The sum of what is spent on two readers; the first may be empty."""
    if not one:
        return other
    return tuple(a + b for a, b in zip(one, other, strict=True))
