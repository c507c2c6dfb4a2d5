"""Analyse open texts in threads, and keep the newest result for each text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import add_advice, allow_warnings, map_without_limit, wants_advice
from snnc.ir.device import Profile
from snnc.ir.mapped import MappedNetwork
from snnc.language import tree
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, run_passes
from snnc.passes.route import route
from snnc.source import SourceFile, spec_path
from snnc.tools.report.summary import Row, Summary, summarise

if TYPE_CHECKING:
    from snnc.language_server.buffers import Buffer
    from snnc.language_server.server import SpecServer

MOST_PLANS = 300
"""The capacity of the cache, in layers; a large layer needs some hundred kB."""
LONGEST_PAUSE = 0.5
"""The longest wait for further edits, in seconds; an analysis waits an eighth of the
time of the previous analysis."""
IDLE = 0.2
"""The time without edits, in seconds, before the slow part of an analysis starts."""


class Memory:
    """The cached plans of layers on one device.

    After an edit to one layer, only this layer is planned again.
    """

    def __init__(self, device: Profile) -> None:
        self.device = device
        self._known = PlanCache()

    def plans_for(self, device: Profile) -> PlanCache:
        """Return the plans for a device; empty for a new device or a full cache."""
        if device != self.device or len(self._known.choices) > MOST_PLANS:
            self.device, self._known = device, PlanCache()
        return self._known


@dataclass(frozen=True, eq=False)
class Analysis:
    """A text, its compilation and its diagnostics.

    Attributes
    ----------
    mapped
        The mapping; a network that is too large is mapped to as many cores as it needs.
    settled
        Whether the diagnostics contain all advice.
    """

    source: SourceFile
    made: Compilation
    diagnostics: tuple[Diagnostic, ...]
    mapped: MappedNetwork | None
    settled: bool

    @property
    def document(self) -> tree.Document:
        assert self.made.document is not None  # parsing always returns a document
        return self.made.document

    @cached_property
    def summary(self) -> Summary | None:
        """The report about the network; None without a mapping."""
        if self.mapped is None:
            return None
        return summarise(route(self.mapped), self.made.cache)

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows of the report, by layer name."""
        return {row.name: row for row in self.summary.rows} if self.summary else {}


def analyse(source: SourceFile, device: Profile, memory: Memory) -> Iterator[Analysis]:
    """Compile a spec up to its mapping, then add the advice that is slow to compute.

    Yields
    ------
    Analysis
        An analysis with all diagnostics, and a second analysis if the first is not
        settled.
    """
    report = Diagnostics()
    start = Compilation(source, device, memory.plans_for(device))
    made = run_passes(start, report, "place")
    if not wants_advice(made, report):
        allow_warnings(made, report)
        yield Analysis(source, made, report.diagnostics, made.mapped, settled=True)
        return
    first = Diagnostics()
    first.extend(report.diagnostics)
    allow_warnings(made, first, complete=False)
    yield Analysis(source, made, first.diagnostics, made.mapped, settled=False)
    mapped = made.mapped or map_without_limit(made)
    add_advice(made, report)
    allow_warnings(made, report)
    yield Analysis(source, made, report.diagnostics, mapped, settled=True)


@dataclass(slots=True)
class _Work:
    """The analyses of one version of a text.

    ``first`` is done soon. ``settled`` contains all advice, and starts when the user
    stops typing. ``newest`` is the latest result.
    """

    first: asyncio.Future[Analysis]
    settled: asyncio.Future[Analysis]
    task: asyncio.Task[None] | None = None
    newest: Analysis | None = None


class Analyses:
    """Analyses texts one after another, and drops results for older versions.

    ``server`` receives each analysis of the newest version of a text, and unexpected
    exceptions from the compiler. It also knows the device to compile for.
    """

    def __init__(self, server: SpecServer) -> None:
        self._server = server
        self._work: dict[str, _Work] = {}
        self._memory = Memory(read_profile())
        self._quick = ThreadPoolExecutor(1, "analysis")
        self._patient = ThreadPoolExecutor(1, "advice")
        self._took = 0.0

    def put(self, buffer: Buffer) -> None:
        """Analyse a text that was opened or edited."""
        self.drop(buffer.uri)
        loop = asyncio.get_running_loop()
        work = _Work(loop.create_future(), loop.create_future())
        work.task = loop.create_task(self._analyse(buffer, work))
        self._work[buffer.uri] = work

    def drop(self, uri: str) -> None:
        """Forget a text, and cancel its analysis."""
        if work := self._work.pop(uri, None):
            for each in (work.task, work.first, work.settled):
                if each is not None:
                    each.cancel()

    def warm_up(self) -> None:
        """Import the compiler and compile a small spec while the client starts."""
        text = spec_path("drift.snn").read_text(encoding="utf-8")
        source, device = SourceFile("warm.snn", text), self._server.device
        self._quick.submit(lambda: list(analyse(source, device(), self._memory)))

    async def newest(self, uri: str, *, settled: bool = False) -> Analysis | None:
        """Wait for the analysis of the newest version; None if the text is closed.

        With ``settled``, wait until the diagnostics contain all advice.
        """
        while work := self._work.get(uri):
            wanted = work.settled if settled else work.first
            await asyncio.wait([wanted])
            if not wanted.cancelled():
                return work.newest or wanted.result()
        return None

    async def _analyse(self, buffer: Buffer, work: _Work) -> None:
        """Analyse a version of a text; report an unexpected exception."""
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(min(LONGEST_PAUSE, self._took / 8))
            steps = analyse(buffer.source, self._server.device(), self._memory)
            started = time.perf_counter()
            analysis = await loop.run_in_executor(self._quick, next, steps)
            self._took = time.perf_counter() - started
            self._publish(buffer, work, analysis)
            await asyncio.sleep(IDLE)
            if not analysis.settled:
                analysis = await loop.run_in_executor(self._patient, next, steps)
                self._publish(buffer, work, analysis)
            # Compute the summary now: hovering needs it soon.
            await loop.run_in_executor(self._patient, lambda: analysis.summary)
        except Exception as error:
            self._server.report_bug(buffer, error)
            for future in (work.first, work.settled):
                if not future.done():
                    future.set_exception(error)

    def _publish(self, buffer: Buffer, work: _Work, analysis: Analysis) -> None:
        again = work.newest is not None
        work.newest = analysis
        self._server.send_analysis(buffer, analysis, again=again)
        if not again:
            work.first.set_result(analysis)
        if analysis.settled:
            work.settled.set_result(analysis)
