"""What the readers of a population ask of its blocks: to send spikes to theirs."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from snnc.dataclass import dataclass
from snnc.loihi.link import Link
from snnc.loihi.site import Wire
from snnc.loihi.spending import NOTHING, Cut, Spending, Spent, cut_of
from snnc.loihi.tiling import Tiling


@dataclass(slots=True, eq=False)
class Ask:
    """What some readers ask: one of them, and those before it.

    Attributes
    ----------
    before
        What the others ask.
    wire, target
        How the last one reads, and how it is cut.
    peaks
        By the source's cut: the most slots that one reader takes of a block, and that
        all would take if they took their most of the same.
    spent
        By the source's cut: the slots of each block.
    """

    before: Ask | None
    wire: Wire
    target: Tiling
    peaks: dict[Cut, tuple[int, int]] = field(default_factory=dict)
    spent: dict[Cut, Spent] = field(default_factory=dict)


class Asks:
    """Counts what readers ask, the same readers in the same order once."""

    def __init__(self, spending: Spending, limit: int) -> None:
        self._spending = spending
        self._limit = limit
        self._known: dict[tuple[Ask | None, Link, Cut, int], Ask] = {}

    def more(self, before: Ask | None, wire: Wire, target: Tiling) -> Ask:
        """What one reader more asks."""
        key = before, wire.link, cut_of(target), wire.slots
        if key not in self._known:
            self._known[key] = Ask(before, wire, target)
        return self._known[key]

    def peak(self, ask: Ask | None, source: Tiling) -> int:
        """The most slots that a block of a source spends, exact where it matters.

        If no sum can break the limit, or a single reader does, it is not counted what
        they all take of each block.
        """
        if ask is None:
            return 0
        least, most = self._between(ask, source)
        if most <= self._limit or least > self._limit:
            return least
        return self._sum(ask, source).peak

    def _between(self, ask: Ask, source: Tiling) -> tuple[int, int]:
        cut, found = cut_of(source), (0, 0)
        lacking, known = _apart(ask, "peaks", cut)
        if known is not None:
            found = known.peaks[cut]
        for one in lacking:
            more = self._spending.peak(one.wire, source, one.target)
            found = one.peaks[cut] = max(found[0], more), found[1] + more
        return found

    def _sum(self, ask: Ask, source: Tiling) -> Spent:
        cut, found = cut_of(source), NOTHING
        lacking, known = _apart(ask, "spent", cut)
        if known is not None:
            found = known.spent[cut]
        for one in lacking:
            more = self._spending.on(one.wire, source, one.target)
            found = one.spent[cut] = self._spending.add(found, more)
        return found


def _apart(
    ask: Ask, what: Literal["peaks", "spent"], cut: Cut
) -> tuple[list[Ask], Ask | None]:
    """The asks up to this one that were not counted, in order; and the one before."""
    lacking: list[Ask] = []
    one: Ask | None = ask
    while one is not None and cut not in getattr(one, what):
        lacking.append(one)
        one = one.before
    return lacking[::-1], one
