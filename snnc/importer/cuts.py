"""Where the steps of a term are cut, so that each piece is one kernel of a spec."""

from __future__ import annotations

from dataclasses import replace

from snnc.importer.fitting import fit, fit_more
from snnc.importer.linear import Term, Windows


def cuts_of(term: Term) -> tuple[int, ...] | None:
    """Return before which steps a term is cut: not at all, if it is one kernel.

    The last piece is as short as can be, and so is each before it. None if there are
    no such cuts. A model may be one term of thousands of steps: what is known of the
    pieces is kept, and nothing calls itself.
    """
    pieces = _Pieces(term)
    stop = len(term.steps)
    if pieces.are_exact(0, stop):
        return ()
    ends = [0]
    """Steps before which a cut leaves kernels alone, or kernels and further cuts."""
    for end in range(1, stop):
        if pieces.before(ends, end) is not None:
            ends.append(end)
    cuts: list[int] = []
    while not pieces.are_exact(0, stop):
        before = pieces.before(ends, stop)
        if before is None:
            return None
        cuts.append(before)
        stop = before
    return tuple(reversed(cuts))


class _Pieces:
    """Which steps of a term are one kernel together."""

    def __init__(self, term: Term) -> None:
        self._term = term
        self._windows: dict[int, tuple[Windows, ...]] = {}
        self._are_exact: dict[tuple[int, int], bool] = {}

    def before(self, ends: list[int], stop: int) -> int | None:
        """Return the last of some cuts from which the steps up to one are a kernel."""
        known = (end for end in reversed(ends) if end < stop)
        return next((end for end in known if self.are_exact(end, stop)), None)

    def are_exact(self, first: int, stop: int) -> bool:
        """Whether the steps from the first on, without the one to stop at, are one."""
        key = first, stop
        if key not in self._are_exact:
            self._are_exact[key] = self._find(first, stop)
        return self._are_exact[key]

    def _find(self, first: int, stop: int) -> bool:
        if not self._term.steps:
            return True
        if first not in self._windows:
            self._windows[first] = tuple(self._term.prefixes(first))
        known = self._windows[first]
        if len(known) < stop - first:
            return False
        windows = known[stop - first - 1]
        if fit(windows) is not None:
            return True
        # Of places that nothing reads, a bias by place knows nothing.
        part = replace(self._term, steps=self._term.steps[:stop])
        return fit_more(windows) is not None and part.shifts_at(first) != "place"
