"""Compares packages with their specs."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.cli.building.deed import Job
from snnc.cli.talk import offer_lines, say
from snnc.diagnostics import Report
from snnc.emit.owned import Comparison, Package, compare
from snnc.emit.owned.orphans import Orphan
from snnc.emit.owned.stale import difference, orphaned, problems
from snnc.emit.owned.write import cannot_write, kept, refusals


@dataclass(frozen=True, slots=True)
class Check:
    """Reports what is not up to date; stdout gets the differences."""

    def package(self, job: Job, report: Report) -> bool:
        found = _compared(job.package, report)
        if found is None:
            return False
        _print(found)
        for problem in problems(found, job.spec, job.package.lock.origin, job.command):
            report.add(problem)
        if not report.errors:
            folder = found.folder.as_posix()
            say(f"{job.spec}: {folder}: up to date ({job.milliseconds})")
        return not any((*refusals(found), *kept(found)))

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        found = _compared(orphan.package, report)
        if found is None:
            return
        _print(found)
        for problem in orphaned(orphan, found, command):
            report.add(problem)


def _print(found: Comparison) -> None:
    if text := difference(found):
        offer_lines(text)


def _compared(package: Package, report: Report) -> Comparison | None:
    try:
        return compare(package)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None
