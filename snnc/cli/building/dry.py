"""Lists what a build would write and remove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnc.cli.building.deed import Job
from snnc.cli.talk import offer_lines
from snnc.diagnostics import Report
from snnc.emit.owned import Package, compare
from snnc.emit.owned.orphans import Orphan
from snnc.emit.owned.write import Written, cannot_write, kept, planned, refusals
from snnc.source.printable import printable


@dataclass(frozen=True, slots=True)
class DryRun:
    """Prints a line for each file that a build would write or remove."""

    force: bool

    def package(self, job: Job, report: Report) -> bool:
        self._list(job.package, report)
        return not report.errors

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        self._list(orphan.package, report)

    def _list(self, package: Package, report: Report) -> None:
        try:
            comparison = compare(package, self.force)
        except OSError as error:
            report.add(cannot_write(error, package.folder))
            return
        refused = list(refusals(comparison))
        for diagnostic in (*refused, *kept(comparison)):
            report.add(diagnostic)
        if not refused:
            for line in _listed(planned(comparison), package.folder):
                offer_lines(line)


def _listed(plan: Written, folder: Path) -> Iterator[str]:
    for word, names in (("write", plan.written), ("remove", plan.removed)):
        for name in names:
            yield printable(f"{word} {(folder / name).as_posix()}")
