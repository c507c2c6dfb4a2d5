"""What the passes make of a text: all that answers are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from snnc.diagnostics import Diagnostic, Report
from snnc.driver import add_advice, allow_warnings, unlimited, wants_advice
from snnc.ir.device import Profile
from snnc.ir.mapped import MappedNetwork
from snnc.language import tree
from snnc.loihi.plan import Known
from snnc.passes import Compilation, run_passes
from snnc.passes.route import route
from snnc.report.summary import Row, Summary, summarise
from snnc.source import SourceFile

LEAST_ROOM = 300
"""Layers that are remembered at least; a large one takes some hundred kilobytes."""
GROWTH = 3
"""So many times the layers of the first text are remembered, if those are more."""


class Memory:
    """What mappings on one device have found out, so far.

    Of a text that differs in one layer, the mapper then looks at that layer alone.
    """

    def __init__(self, device: Profile) -> None:
        self.device = device
        self._known = Known()
        self._room: int | None = None

    def known(self, device: Profile) -> Known:
        """What is known of a device; nothing, where it is another or was too much."""
        layers = len(self._known.choices)
        if self._room is None and layers:
            self._room = max(LEAST_ROOM, GROWTH * layers)
        if device != self.device or layers > (self._room or LEAST_ROOM):
            self.device, self._known, self._room = device, Known(), None
        return self._known


@dataclass(frozen=True, eq=False)
class Analysis:
    """A text, what was made of it, and what is wrong with it.

    Attributes
    ----------
    mapped
        The mapping; of a network that is too large, on as many cores as it takes.
    settled
        Whether the diagnostics have all advice that they will have.
    """

    source: SourceFile
    made: Compilation
    diagnostics: tuple[Diagnostic, ...]
    mapped: MappedNetwork | None
    settled: bool

    @property
    def document(self) -> tree.Document:
        assert self.made.document is not None  # it is read, whatever is wrong
        return self.made.document

    @cached_property
    def summary(self) -> Summary | None:
        """The report of the network; None where there is no mapping."""
        return None if self.mapped is None else summarise(route(self.mapped))

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows of the report by the names of layers."""
        return {row.name: row for row in self.summary.rows} if self.summary else {}


def analyse(source: SourceFile, device: Profile, memory: Memory) -> Iterator[Analysis]:
    """Compile a text up to its mapping; where advice takes longer, again with that.

    Yields
    ------
    Analysis
        All diagnostics; where the first is not settled, a second one that is.
    """
    report = Report()
    start = Compilation(source, device, memory.known(device))
    made = run_passes(start, report, "place")
    if not wants_advice(made, report):
        allow_warnings(made, report)
        yield Analysis(source, made, report.diagnostics, made.mapped, settled=True)
        return
    first = Report()
    first.extend(report.diagnostics)
    allow_warnings(made, first, complete=False)
    yield Analysis(source, made, first.diagnostics, made.mapped, settled=False)
    mapped = made.mapped or unlimited(made)
    add_advice(made, report)
    allow_warnings(made, report)
    yield Analysis(source, made, report.diagnostics, mapped, settled=True)
