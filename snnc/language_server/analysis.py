"""What the passes make of a text, and the newest of that for each open text.

It is made in a thread while the client types on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import add_advice, allow_warnings, unlimited, wants_advice
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

LEAST_ROOM = 300
"""Layers that are remembered at least; a large one takes some hundred kilobytes."""
GROWTH = 3
"""So many times the layers of the first text are remembered, if those are more."""
LONGEST_PAUSE = 0.5
"""Seconds; edits that come within an eighth of what an analysis takes are one."""
IDLE = 0.2
"""Seconds after which a text is taken to rest, and what takes longer is begun."""


class Memory:
    """What mappings on one device have found out, so far.

    Of a text that differs in one layer, the mapper then looks at that layer alone.
    """

    def __init__(self, device: Profile) -> None:
        self.device = device
        self._known = PlanCache()
        self._room: int | None = None

    def known(self, device: Profile) -> PlanCache:
        """What is known of a device; nothing, where it is another or was too much."""
        layers = len(self._known.choices)
        if self._room is None and layers:
            self._room = max(LEAST_ROOM, GROWTH * layers)
        if device != self.device or layers > (self._room or LEAST_ROOM):
            self.device, self._known, self._room = device, PlanCache(), None
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
        return (
            None
            if self.mapped is None
            else summarise(route(self.mapped), self.made.cache)
        )

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
    report = Diagnostics()
    start = Compilation(source, device, memory.known(device))
    made = run_passes(start, report, "place")
    if not wants_advice(made, report):
        allow_warnings(made, report)
        yield Analysis(source, made, report.diagnostics, made.mapped, settled=True)
        return
    first = Diagnostics()
    first.extend(report.diagnostics)
    allow_warnings(made, first, complete=False)
    yield Analysis(source, made, first.diagnostics, made.mapped, settled=False)
    mapped = made.mapped or unlimited(made)
    add_advice(made, report)
    allow_warnings(made, report)
    yield Analysis(source, made, report.diagnostics, mapped, settled=True)


@dataclass(slots=True)
class _Work:
    """What is done with one state of a text.

    ``first`` ends with an analysis, ``settled``, when the text rests, with one that has
    all advice; ``newest`` is what there is by now.
    """

    first: asyncio.Task[Analysis]
    settled: asyncio.Task[Analysis] | None = None
    newest: Analysis | None = None

    def cancel(self) -> None:
        self.first.cancel()
        if self.settled is not None:
            self.settled.cancel()


class Analyses:
    """Analyses texts one after another, and forgets what is not the newest.

    Parameters
    ----------
    ready
        Is called with each analysis of a text that is still the newest, and whether
        it is the second one.
    failed
        Is called where the compiler raises what it should not.
    device
        Gives what to compile for.
    """

    def __init__(
        self,
        ready: Callable[[Buffer, Analysis, bool], None],
        failed: Callable[[Buffer, Exception], None],
        device: Callable[[], Profile],
    ) -> None:
        self._ready = ready
        self._failed = failed
        self._device = device
        self._work: dict[str, _Work] = {}
        self._memory = Memory(read_profile())
        self._quick = ThreadPoolExecutor(1, "analysis")
        self._patient = ThreadPoolExecutor(1, "advice")
        self._took = 0.0

    def put(self, buffer: Buffer) -> None:
        """Analyse a text that was opened or edited."""
        self.drop(buffer.uri)
        first = asyncio.ensure_future(self._told(buffer, self._first(buffer)))
        self._work[buffer.uri] = _Work(first)

    def drop(self, uri: str) -> None:
        """Forget a text; what is made of it is of no use any more."""
        if work := self._work.pop(uri, None):
            work.cancel()

    def warm_up(self) -> None:
        """Load and build, while the client starts, what a first text needs."""
        text = spec_path("drift.snn").read_text(encoding="utf-8")
        source = SourceFile("warm.snn", text)
        self._quick.submit(lambda: list(analyse(source, self._device(), self._memory)))

    async def newest(self, uri: str) -> Analysis:
        """Wait for the analysis of what the text is then.

        Raises
        ------
        KeyError
            If it is closed.
        """
        while True:
            work = self._work[uri]
            try:
                first = await asyncio.shield(work.first)
            except asyncio.CancelledError:
                if not work.first.cancelled():  # it is the request that is cancelled
                    raise
            else:
                return work.newest or first

    async def settled(self, uri: str) -> Analysis:
        """Wait for the analysis with all advice."""
        while True:
            newest = await self.newest(uri)
            later = self._work[uri].settled if uri in self._work else None
            if newest.settled or later is None:
                return newest
            try:
                return await asyncio.shield(later)
            except asyncio.CancelledError:
                if not later.cancelled():
                    raise

    async def _told(self, buffer: Buffer, made: Awaitable[Analysis]) -> Analysis:
        """Wait for an analysis; what goes wrong is told, whoever waits for it."""
        try:
            return await made
        except Exception as error:
            self._failed(buffer, error)
            raise

    async def _first(self, buffer: Buffer) -> Analysis:
        await asyncio.sleep(min(LONGEST_PAUSE, self._took / 8))
        steps = analyse(buffer.source, self._device(), self._memory)
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        analysis = await loop.run_in_executor(self._quick, next, steps)
        self._took = time.perf_counter() - started
        work = self._work[buffer.uri]
        later = self._told(buffer, self._settle(buffer, analysis, steps))
        work.settled = asyncio.ensure_future(later)
        work.newest = analysis
        self._ready(buffer, analysis, False)
        return analysis

    async def _settle(
        self, buffer: Buffer, first: Analysis, steps: Iterator[Analysis]
    ) -> Analysis:
        await asyncio.sleep(IDLE)
        loop = asyncio.get_running_loop()
        analysis = await loop.run_in_executor(self._patient, next, steps, first)
        if analysis is not first:
            self._work[buffer.uri].newest = analysis
            self._ready(buffer, analysis, True)
        # Where the cursor rests it is asked for; by then it should be there.
        await loop.run_in_executor(self._patient, lambda: analysis.summary)
        return analysis
