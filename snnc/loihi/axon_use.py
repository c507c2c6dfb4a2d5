"""Count the out-axon slots that the blocks of a source use for their readers."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Literal

from snnc.loihi.link import ConnectionChoice, Link
from snnc.loihi.tiling import Tile, Tiling

Cut = tuple[int, Tile]
Slots = tuple[int, ...]
"""The slots of each block of a source."""


def cut_of(tiling: Tiling) -> Cut:
    """Return the split of a volume; equal splits of different populations are equal."""
    return tiling.group, tiling.tile


@dataclass(slots=True, eq=False)
class Readers:
    """A linked list of readers of a population.

    Attributes
    ----------
    before
        The other readers, or None.
    connection, target
        The connection and the tiling of the last reader.
    bounds
        For each split of the source: the maximum slots of a block for one reader, and
        the sum of these maxima over all readers.
    slots
        For each split of the source: the slots of each block for all readers.
    """

    before: Readers | None
    connection: ConnectionChoice
    target: Tiling
    bounds: dict[Cut, tuple[int, int]] = field(default_factory=dict)
    slots: dict[Cut, Slots] = field(default_factory=dict)


class AxonUse:
    """Counts slots, once for each pair of tilings.

    The counts are shared by the searches for variants of a network.
    """

    def __init__(self) -> None:
        self._slots: dict[tuple[Link, Cut, Cut, int], Slots] = {}
        self._peaks: dict[tuple[Link, Cut, Cut], int] = {}
        self._readers: dict[tuple[Readers | None, Link, Cut, int], Readers] = {}

    def more(
        self, before: Readers | None, connection: ConnectionChoice, target: Tiling
    ) -> Readers:
        """Return the readers with one more reader; equal results are one object."""
        key = before, connection.link, cut_of(target), connection.slots
        if key not in self._readers:
            self._readers[key] = Readers(before, connection, target)
        return self._readers[key]

    def exceeds(self, readers: Readers | None, source: Tiling, limit: int) -> int:
        """Return the slots of a source's block if they exceed a limit, otherwise 0.

        If a single reader exceeds the limit, the other readers are not counted.
        """
        if readers is None:
            return 0
        least, most = self._bounds(readers, source)
        if most > limit >= least:
            least = self.peak(readers, source)
        return least if least > limit else 0

    def peak(self, readers: Readers, source: Tiling) -> int:
        """Return the slots of the source's block that uses the most."""
        cut, total = cut_of(source), Slots()
        lacking, known = _split(readers, "slots", cut)
        if known is not None:
            total = known.slots[cut]
        for one in lacking:
            more = self._of_one(one, source)
            total = tuple(map(operator.add, total, more)) if total else more
            one.slots[cut] = total
        return max(total)

    def _of_one(self, one: Readers, source: Tiling) -> Slots:
        connection, target = one.connection, one.target
        key = (connection.link, cut_of(source), cut_of(target), connection.slots)
        if key not in self._slots:
            axons = connection.link.axons(source, target, source.parts)
            self._slots[key] = tuple(
                connection.slots * n for part in axons for n in part
            )
        return self._slots[key]

    def _bounds(self, readers: Readers, source: Tiling) -> tuple[int, int]:
        cut, bounds = cut_of(source), (0, 0)
        lacking, known = _split(readers, "bounds", cut)
        if known is not None:
            bounds = known.bounds[cut]
        for one in lacking:
            link, key = (
                one.connection.link,
                (one.connection.link, cut, cut_of(one.target)),
            )
            if key not in self._peaks:
                self._peaks[key] = link.most_axons(source, one.target)
            more = one.connection.slots * self._peaks[key]
            bounds = one.bounds[cut] = max(bounds[0], more), bounds[1] + more
        return bounds


def _split(
    readers: Readers, what: Literal["bounds", "slots"], cut: Cut
) -> tuple[list[Readers], Readers | None]:
    """Return the last readers, not counted yet, and the reader before them."""
    lacking: list[Readers] = []
    one: Readers | None = readers
    while one is not None and cut not in getattr(one, what):
        lacking.append(one)
        one = one.before
    return lacking[::-1], one
