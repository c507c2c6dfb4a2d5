"""Lower bounds on the out-axons that later readers will take.

A layer with many readers must be cut finely enough for all of them. A search that tests
them one by one has tried most ways to cut the layers between before it finds that out.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil
from sys import maxsize

from snnc.loihi.choices import ChipChoices, Step
from snnc.loihi.link import Wire
from snnc.loihi.spending import NOTHING, Cut, Spending, Spent, add, cut_of
from snnc.loihi.tiling import Tiling

MANY = 3
"""Readers of a source from which on every attempt looks ahead."""
Way = tuple[Tiling, tuple[Wire, ...]]
Reading = tuple[tuple[int, Tiling, Wire], ...]
"""The ways to read a source: cores above the reader's floor, its tiling, the wire."""
Slots = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The minimum out-axons for readers at their floors, and the saving per extra core.

    Equal demands are one object.
    """

    spent: Spent
    saved: float

    def more(self, other: Asked) -> Asked:
        """Return the demand of two readers."""
        return Asked(add(self.spent, other.spent), max(self.saved, other.saved))

    def peak(self, spent: Spent, spare: int) -> int:
        """Return a block's most out-axons after ``spent``, with ``spare`` cores."""
        return ceil(add(spent, self.spent).peak - spare * self.saved)


NONE = Asked(NOTHING, 0)


def _least_of(slots: Sequence[Slots]) -> Slots:
    return tuple(map(min, zip(*slots, strict=True)))


class Demand:
    """The demands of a mapping's steps on their sources, within ``bound`` cores.

    Parameters
    ----------
    steps
        The populations, each after its sources.
    limit
        Out-axon slots of a core.
    spending
        Counts the slots of a reader.
    bound
        The most cores of all steps together.
    many
        Only sources with this many readers are checked.
    most
        Work after which no other source is checked: results for fewer sources are valid
        too.

    Attributes
    ----------
    floors
        The fewest cores of each step that leave its readers enough out-axons.
    short
        The step without such a tiling, and the out-axons that it needs at least.
    looks
        How often a reader of a tiling was checked.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        limit: int,
        spending: Spending,
        bound: int,
        many: int = MANY,
        most: int = maxsize,
    ) -> None:
        self.steps = steps
        self.many = many
        self.limit = limit
        self.spending = spending
        self.floors = [step.choices.floor for step in steps]
        self.short: tuple[int, int] | None = None
        self._readings: list[list[tuple[int, int]]] = [[] for _ in steps]
        for i, step in enumerate(steps):
            for k, source in enumerate(step.sources):
                self._readings[source].append((i, k))
        self._behind: dict[int, dict[Tiling, dict[int, Asked]]] = {}
        # Many layers read many in the same way: each way is checked once.
        self._alike: dict[Hashable, Reading] = {}
        self._least: dict[tuple[int, Cut], Asked] = {}
        self._sums: dict[tuple[Asked, int, Cut], Asked] = {}
        self._spare = bound - sum(self.floors)
        self._ways: dict[int, list[Way]] = {}
        self.looks = 0
        self._most = most + spending.work
        for i in reversed(range(len(steps))):
            if self._spare >= 0 and self._is_asked(i) and not self._is_spent:
                self._raise_floor(i)

    @property
    def feasible(self) -> bool:
        """Whether there may be a mapping within the bound."""
        return self._spare >= 0

    def bears(self, i: int, tiling: Tiling) -> bool:
        """Return whether a tiling of a step leaves its readers enough out-axons."""
        return i not in self._behind or tiling in self._behind[i]

    def behind(self, source: int, tiling: Tiling, i: int) -> Asked:
        """Return the demand on a source's tiling after its reader ``i``."""
        return self._behind[source][tiling][i] if source in self._behind else NONE

    def lack(self, source: int, tiling: Tiling, spent: Spent, i: int) -> float:
        """Return the cores above their floors that readers after ``i`` must take."""
        if source not in self._behind:
            return 0
        readings = self._readings[source]
        n = bisect(readings, (i, len(self.steps[i].sources)))
        asked = self.behind(source, tiling, readings[n - 1][0] if n else source)
        over = asked.peak(spent, 0) - self.limit
        return max(0, over / asked.saved) if asked.saved else 0

    @property
    def _is_spent(self) -> bool:
        return self.spending.work + self.looks > self._most

    def _is_asked(self, i: int) -> bool:
        return len(self._readings[i]) >= self.many and all(
            isinstance(choices, ChipChoices) and choices.combinations
            for choices in (
                self.steps[i].choices,
                *(self.steps[reader].choices for reader, _ in self._readings[i]),
            )
        )

    def _raise_floor(self, i: int) -> None:
        """Keep the tilings of a step that can serve all its readers."""
        nearest, borne = None, {}
        readings = [
            (reader, self._reading(reader, k))
            for reader, k in reversed(self._readings[i])
        ]
        for tiling, _ in self._list_ways(i):
            if self._is_spent:
                return
            if tiling not in borne:
                self.looks += len(readings)
                behind = self._asked(i, tiling, readings)
                spare = self._spare - (tiling.cores - self.floors[i])
                peak = behind[i].peak(NOTHING, spare)
                if peak <= self.limit:
                    borne[tiling] = behind
                elif nearest is None or peak < nearest:
                    nearest = peak
        self._behind[i] = borne
        if not borne and nearest is not None:
            self.short = i, nearest
        least = min((tiling.cores for tiling in borne), default=None)
        if least is None:
            self._spare = -1
        else:
            self._spare -= least - self.floors[i]
            self.floors[i] = least

    def _asked(
        self, i: int, tiling: Tiling, readings: Sequence[tuple[int, Reading]]
    ) -> dict[int, Asked]:
        """Return the demand on a tiling after each of its readers, from the last on."""
        total, behind, cut = NONE, dict[int, Asked](), cut_of(tiling)
        for reader, reading in readings:
            behind.setdefault(reader, total)
            key = (total, id(reading), cut)
            if key not in self._sums:
                if key[1:] not in self._least:
                    self._least[key[1:]] = self._find_least(reading, tiling)
                self._sums[key] = total.more(self._least[key[1:]])
            total = self._sums[key]
        return behind | {i: total}

    def _reading(self, reader: int, k: int) -> Reading:
        """Return how a step may read source ``k``; equal readings are one object."""
        floor = self.floors[reader]
        self.looks += len(self._list_ways(reader))
        reading = tuple(
            (max(0, way.cores - floor), way, wires[k])
            for way, wires in self._list_ways(reader)
        )
        key = tuple((n, cut_of(way), w.link, w.slots) for n, way, w in reading)
        return self._alike.setdefault(key, reading)

    def _find_least(self, reading: Reading, tiling: Tiling) -> Asked:
        self.looks += len(reading)
        by_cores: dict[int, list[Slots]] = {}
        for more, way, wire in reading:
            slots = self.spending.on(wire, tiling, way).slots
            by_cores.setdefault(more, []).append(slots)
        if 0 not in by_cores:
            return NONE
        least = {more: _least_of(slots) for more, slots in by_cores.items()}
        own = least.pop(0)
        saved = (
            max(a - b for a, b in zip(own, slots, strict=True)) / more
            for more, slots in least.items()
        )
        return Asked(Spent(own, max(own)), max(0, *saved, 0))

    def _list_ways(self, i: int) -> list[Way]:
        """Return the tilings of a step within the bound, with their possible wires."""
        if i not in self._ways:
            choices = self.steps[i].choices
            assert isinstance(choices, ChipChoices)
            room = self.floors[i] + self._spare
            self._ways[i] = [
                (tiling, fit.wires)
                for groups in choices.combinations
                for tiling, fit in choices.within(groups, room)
                if self.bears(i, tiling)
            ]
        return self._ways[i]
