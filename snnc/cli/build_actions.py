"""What can be done with a package: write it, compare it, or say what would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnc.building import Job
from snnc.cli.printing import paint_unified_diff, print_lines, say
from snnc.diagnostics import Report
from snnc.emit.files import FORMAT
from snnc.output import Comparison, PackageFiles, compare
from snnc.output.stale import Orphan, difference, orphaned, problems, untracked
from snnc.output.write import (
    WrittenFiles,
    cannot_write,
    kept,
    planned,
    refusals,
    write_package,
)
from snnc.text.tables import printable


@dataclass(frozen=True, slots=True)
class Check:
    """Reports what is not up to date; stdout gets the differences.

    With ``tracked`` also what git does not track.
    """

    tracked: bool = False
    shows_difference: bool = True

    def package(self, job: Job, report: Report) -> bool:
        comparison = _compared(job.package, report)
        if comparison is None:
            return False
        self._print(comparison)
        lock = job.package.lock
        for problem in problems(comparison, job.spec.path, lock, job.command):
            report.add(problem)
        if self.tracked and not report.errors:
            report.extend(untracked(job.package))
        if not report.errors:
            folder = comparison.folder.as_posix()
            say(f"{job.spec.path}: {folder}: up to date ({job.milliseconds})")
        return not any((*refusals(comparison), *kept(comparison)))

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        comparison = _compared(orphan.package, report)
        if comparison is None:
            return
        self._print(comparison)
        for problem in orphaned(orphan, comparison, command):
            report.add(problem)

    def _print(self, comparison: Comparison) -> None:
        if self.shows_difference and (text := difference(comparison)):
            print_lines(text, paint_unified_diff)


def _compared(package: PackageFiles, report: Report) -> Comparison | None:
    try:
        return compare(package)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None


@dataclass(frozen=True, slots=True)
class DryRun:
    """Prints a line for each file that a build would write or remove."""

    force: bool

    def package(self, job: Job, report: Report) -> bool:
        self._list(job.package, report)
        return not report.errors

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        self._list(orphan.package, report)

    def _list(self, package: PackageFiles, report: Report) -> None:
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
                print_lines(line)


def _listed(plan: WrittenFiles, folder: Path) -> Iterator[str]:
    for word, names in (("write", plan.written), ("remove", plan.removed)):
        for name in names:
            yield printable(f"{word} {(folder / name).as_posix()}")


@dataclass(frozen=True, slots=True)
class Write:
    """Brings a package up to date; stdout lists what was written.

    With ``tracked``, what git does not track is reported then.
    """

    force: bool
    tracked: bool = False

    def package(self, job: Job, report: Report) -> bool:
        folder = job.package.folder
        done = write_package(job.package, self.force, report, _wait)
        if done is None:
            return False
        if done.before < FORMAT:
            say(f"{folder.as_posix()}: format {done.before}, upgraded to {FORMAT}")
        summary = f"{_count(done)} ({job.milliseconds})"
        say(f"{job.spec.path}: {folder.as_posix()}: {summary}")
        for name in done.written:
            print_lines(printable((folder / name).as_posix()))
        if self.tracked:
            report.extend(untracked(job.package))
        return True

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        folder = orphan.package.folder
        done = write_package(orphan.package, self.force, report, _wait)
        if done is not None and done.removed:
            files = _files(len(done.removed))
            say(f"{folder.as_posix()}: {files} removed, as {orphan.reason}")


def _count(done: WrittenFiles) -> str:
    text = f"{_files(len(done.written))} written, {len(done.unchanged)} unchanged"
    return f"{text}, {len(done.removed)} removed" if done.removed else text


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _wait(folder: Path) -> None:
    say(f"{folder.as_posix()}: waiting for another build")
