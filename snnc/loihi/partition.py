"""Partition cores into chips, with few spikes between chips.

There are two initial partitions: one in core order, and one grown from single cores.
Both are improved by moving and exchanging cores until no move helps, as in Kernighan
and Lin. Work is limited by counting steps, not by time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Spikes = Sequence[Mapping[int, float]]
"""For each core, the spikes to and from every other core, in Hz."""

MOST_LOOKS = 2_000_000
"""The maximum number of exchanges to test, which takes one to two seconds."""
LEAST_GAIN = 1e-9
"""The rounding error of sums of rates, relative to the total."""


def in_order(cores: int, room: int) -> list[int]:
    """Return the chip of each core if chips are filled in core order."""
    return [core // room for core in range(cores)]


def partition(spikes: Spikes, room: int) -> list[int]:
    """Return the chip of each core, with at most ``room`` cores per chip.

    Use as few chips as possible, numbered by their first cores.
    """
    starts = in_order(len(spikes), room), grown(spikes, room)
    exchanges = [_Exchange(spikes, start, room) for start in starts]
    for exchange in exchanges:
        exchange.run()
    best = min(exchanges, key=_Exchange.crossing)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(chip, len(numbers)) for chip in best.chips]


def grown(spikes: Spikes, room: int) -> list[int]:
    """Fill each chip, adding the core that exchanges the most spikes with it."""
    chips = [-1] * len(spikes)
    near: dict[int, float] = {}
    for n in range(len(spikes)):
        if n % room == 0:
            near.clear()
        if near:
            most = max(near.values())
            core = min(core for core, count in near.items() if count == most)
            del near[core]
        else:
            core = chips.index(-1)
        chips[core] = n // room
        for other, count in spikes[core].items():
            if chips[other] < 0:
                near[other] = near.get(other, 0.0) + count
    return chips


class _Exchange:
    """Moves cores to chips with free cores, and exchanges cores between chips."""

    def __init__(self, spikes: Spikes, chips: Sequence[int], room: int) -> None:
        self.chips = list(chips)
        self._spikes = spikes
        self._room = room
        self._looks = 0
        self._least = LEAST_GAIN * sum(sum(near.values()) for near in spikes)
        self._on: list[dict[int, None]] = [{} for _ in range(max(chips) + 1)]
        self._to = [[0.0] * len(chips) for _ in self._on]
        self._largest: list[dict[int, float]] = [{} for _ in self._on]
        for core, chip in enumerate(chips):
            self._on[chip][core] = None
            to = self._to[chip]
            for other, count in spikes[core].items():
                to[other] += count

    def crossing(self) -> float:
        """Return twice the spikes between chips, in Hz."""
        within = (self._to[chip][core] for core, chip in enumerate(self.chips))
        return sum(map(sum, self._to)) - sum(within)

    def run(self) -> None:
        """Improve until no move helps, or the work is used up."""
        improved = True
        while improved:
            improved = False
            for core in range(len(self.chips)):
                improved |= self._improve(core)

    def _improve(self, core: int) -> bool:
        """Move a core to the chip with most of its spikes if this helps."""
        here = self.chips[core]
        own = self._to[here]
        losses = ((own[core] - to[core], chip) for chip, to in enumerate(self._to))
        for loss, chip in sorted(each for each in losses if each[0] < -self._least):
            if len(self._on[chip]) < self._room:
                self._move(core, chip)
                return True
            if self._looks > MOST_LOOKS:
                return False
            if self._largest_gain(chip, here) - loss <= self._least:
                continue
            self._looks += len(self._on[chip])
            to, near = self._to[chip], self._spikes[core]
            gain, other = max(
                (own[other] - to[other] - 2 * near.get(other, 0.0), -other)
                for other in self._on[chip]
            )
            if gain - loss > self._least:
                self._move(core, chip)
                self._move(-other, here)
                return True
        return False

    def _largest_gain(self, chip: int, other: int) -> float:
        known = self._largest[chip]
        if other not in known:
            self._looks += len(self._on[chip])
            own, to = self._to[chip], self._to[other]
            known[other] = max(to[core] - own[core] for core in self._on[chip])
        return known[other]

    def _move(self, core: int, chip: int) -> None:
        before = self.chips[core]
        del self._on[before][core]
        self._on[chip][core] = None
        self.chips[core] = chip
        old, new = self._to[before], self._to[chip]
        for other, count in self._spikes[core].items():
            old[other] -= count
            new[other] += count
        self._largest[before].clear()
        self._largest[chip].clear()
        for near in {self.chips[other] for other in self._spikes[core]}:
            self._largest[near].pop(before, None)
            self._largest[near].pop(chip, None)
