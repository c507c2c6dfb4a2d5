"""Count the out-axon slots that the blocks of a source use for their readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from snnc.loihi.link import ConnectionChoice, Link
from snnc.loihi.tiling import Tile, Tiling

Cut = tuple[int, Tile]


@dataclass(frozen=True, slots=True, eq=False)
class AxonReader:
    """A reader of a population, whose axons need ``slots`` slots each."""

    link: Link
    slots: int
    target: Tiling


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """The readers of a population, in the order in which they were added.

    There may be hundreds, so ``counts`` contains the number of equal ones.
    """

    counts: Mapping[AxonReader, int] = field(default_factory=dict)


NO_READERS = Readers()


def cut_of(tiling: Tiling) -> Cut:
    """Return the split of a volume; equal splits of different populations are equal."""
    return tiling.group, tiling.tile


class AxonUse:
    """Counts slots, once for each pair of tilings.

    The counts are shared by the searches for variants of a network.
    """

    def __init__(self) -> None:
        self._slots: dict[tuple[AxonReader, Cut], list[int]] = {}
        self._most: dict[tuple[AxonReader, Cut], int] = {}
        self._peaks: dict[tuple[Readers, Cut], int] = {}
        self._equal: dict[tuple[Link, int, Cut], AxonReader] = {}
        self._readers: dict[tuple[Readers, AxonReader], Readers] = {}

    def more(
        self, before: Readers, connection: ConnectionChoice, target: Tiling
    ) -> Readers:
        """Return the readers with one more reader; equal results are one object."""
        link, slots = connection.link, connection.slots
        own = link, slots, cut_of(target)
        # Readers that need the same axons are one object.
        if own not in self._equal:
            self._equal[own] = AxonReader(link, slots, target)
        key = before, (one := self._equal[own])
        if key not in self._readers:
            more = before.counts.get(one, 0) + 1
            self._readers[key] = Readers({**before.counts, one: more})
        return self._readers[key]

    def exceeds(self, readers: Readers, source: Tiling, limit: int) -> int:
        """Return the slots of a source's block if they exceed a limit, otherwise 0.

        If a single reader exceeds the limit, the other readers are not counted.
        """
        counts = readers.counts.items()
        slots = [(self._most_slots(one, source), times) for one, times in counts]
        least = max((most for most, _ in slots), default=0)
        if sum(most * times for most, times in slots) > limit >= least:
            least = self.peak(readers, source)
        return least if least > limit else 0

    def peak(self, readers: Readers, source: Tiling) -> int:
        """Return the slots of the source's block that uses the most."""
        key = readers, cut_of(source)
        if key not in self._peaks:
            slots = [
                [times * n for n in self._slots_by_block(one, source)]
                for one, times in readers.counts.items()
            ]
            self._peaks[key] = max(map(sum, zip(*slots, strict=True)))
        return self._peaks[key]

    def _slots_by_block(self, one: AxonReader, source: Tiling) -> list[int]:
        key = one, cut_of(source)
        if key not in self._slots:
            axons = one.link.axons(source, one.target, source.parts)
            self._slots[key] = [one.slots * n for part in axons for n in part]
        return self._slots[key]

    def _most_slots(self, one: AxonReader, source: Tiling) -> int:
        key = one, cut_of(source)
        if key not in self._most:
            self._most[key] = one.slots * one.link.most_axons(source, one.target)
        return self._most[key]
