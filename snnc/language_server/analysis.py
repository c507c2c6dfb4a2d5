"""Analyse open texts in threads, and keep the newest result for each text."""

from __future__ import annotations

import asyncio
import time
from asyncio import Task
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import add_advice, map_without_limit, wants_advice
from snnc.ir.device import Profile
from snnc.ir.mapped import MappedNetwork
from snnc.language import tree
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, allow_warnings, completed, run_passes
from snnc.passes.route import route
from snnc.results.report import Report
from snnc.source import SourceFile, spec_path
from snnc.verbs.report.summary import report_of

if TYPE_CHECKING:
    from snnc.language_server.buffers import Buffer

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
            self.device = device
            self._known = PlanCache()
        return self._known


@dataclass(frozen=True, eq=False)
class Analysis:
    """A text, its compilation and its diagnostics.

    In ``mapped``, a network that is too large has as many cores as it needs. A
    ``settled`` analysis contains all advice.
    """

    source: SourceFile
    compilation: Compilation
    diagnostics: tuple[Diagnostic, ...]
    mapped: MappedNetwork | None
    settled: bool

    @property
    def document(self) -> tree.Document:
        return completed(self.compilation.document)

    @cached_property
    def summary(self) -> Report | None:
        """The report about the network; None without a mapping."""
        if self.mapped is None:
            return None
        return report_of(route(self.mapped), self.compilation.cache)


# Each text is compiled from the beginning: only mapping is slow, and plans are cached.
# An incremental parser would be a second implementation (decision 027).
def analyse(source: SourceFile, device: Profile, memory: Memory) -> Iterator[Analysis]:
    """Compile a spec up to its mapping, then add the advice that is slow to compute.

    Yield a second analysis if the first is not settled.
    """
    report = Diagnostics()
    start = Compilation(source, device, memory.plans_for(device))
    compilation = run_passes(start, report, "place")
    mapped = compilation.mapped
    if wants_advice(compilation, report):
        first = Diagnostics()
        first.extend(report)
        allow_warnings(compilation, first, complete=False)
        yield Analysis(source, compilation, first.diagnostics, mapped, settled=False)
        mapped = mapped or map_without_limit(compilation)
        add_advice(compilation, report)
    allow_warnings(compilation, report)
    yield Analysis(source, compilation, report.diagnostics, mapped, settled=True)


class Send(Protocol):
    """Sends an analysis; with ``again``, hints have also changed."""

    def __call__(self, buffer: Buffer, analysis: Analysis, *, again: bool) -> None: ...


class Analyses:
    """Analyses texts one after another, and drops results for older versions.

    ``device`` returns the device to compile for. ``send`` receives each analysis of
    the newest version of a text, and ``report_bug`` unexpected exceptions from the
    compiler.
    """

    def __init__(
        self,
        device: Callable[[], Profile],
        send: Send,
        report_bug: Callable[[Buffer, Exception], None],
    ) -> None:
        self._device = device
        self._send = send
        self._report_bug = report_bug
        # The task for the final analysis, with all advice, and for the first analysis.
        self._tasks: dict[str, tuple[Task[Analysis], Task[Analysis]]] = {}
        self._memory = Memory(read_profile())
        self._quick = ThreadPoolExecutor(1, "analysis")
        # Advice takes seconds, and must not delay the analysis of the next edit.
        self._patient = ThreadPoolExecutor(1, "advice")
        self._took = 0.0

    def put(self, buffer: Buffer) -> None:
        """Analyse a text that was opened or edited."""
        self.drop(buffer.uri)
        steps = analyse(buffer.source, self._device(), self._memory)
        first = asyncio.create_task(self._begin(buffer, steps))
        final = asyncio.create_task(self._finish(buffer, steps, first))
        self._tasks[buffer.uri] = final, first

    def drop(self, uri: str) -> None:
        """Forget a text, and cancel its analysis."""
        for task in self._tasks.pop(uri, ()):
            task.cancel()

    def warm_up(self) -> None:
        """Import the compiler and compile a small spec while the client starts."""
        text = spec_path("drift.snn").read_text(encoding="utf-8")
        source = SourceFile("warm.snn", text)
        self._quick.submit(lambda: list(analyse(source, self._device(), self._memory)))

    async def newest(self, uri: str, *, settled: bool = False) -> Analysis | None:
        """Wait for the analysis of the newest version; None if the text is closed.

        With ``settled``, wait until the diagnostics contain all advice.
        """
        # An edit cancels these tasks and starts others, so look again after each wait.
        while tasks := self._tasks.get(uri):
            for task in tasks:
                if task.done() and (task.result().settled or not settled):
                    return task.result()
            running = [task for task in tasks if not task.done()]
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        return None

    async def _begin(self, buffer: Buffer, steps: Iterator[Analysis]) -> Analysis:
        await asyncio.sleep(min(LONGEST_PAUSE, self._took / 8))
        started = time.perf_counter()
        analysis = await self._next(self._quick, steps)
        self._took = time.perf_counter() - started
        self._send(buffer, analysis, again=False)
        return analysis

    async def _finish(
        self, buffer: Buffer, steps: Iterator[Analysis], first: Task[Analysis]
    ) -> Analysis:
        """Add the advice when the user stops typing; report unexpected exceptions."""
        try:
            analysis = await first
            await asyncio.sleep(IDLE)
            if not analysis.settled:
                analysis = await self._next(self._patient, steps)
                self._send(buffer, analysis, again=True)
        except Exception as error:
            self._report_bug(buffer, error)
            raise
        # Compute the summary now: hovering needs it soon.
        self._patient.submit(lambda: analysis.summary)
        return analysis

    async def _next(
        self, threads: ThreadPoolExecutor, steps: Iterator[Analysis]
    ) -> Analysis:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, next, steps)
