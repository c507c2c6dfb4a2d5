"""Writes packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snnc.cli.building.deed import Job
from snnc.cli.talk import offer_lines, say
from snnc.diagnostics import Report
from snnc.emit.files import FORMAT
from snnc.emit.owned.orphans import Orphan
from snnc.emit.owned.write import Written, write_package
from snnc.source.printable import printable


@dataclass(frozen=True, slots=True)
class Write:
    """Brings a package up to date; stdout lists what was written."""

    force: bool

    def package(self, job: Job, report: Report) -> bool:
        folder = job.package.folder
        done = write_package(job.package, self.force, report, _wait)
        if done is None:
            return False
        if done.before < FORMAT:
            say(f"{folder.as_posix()}: format {done.before}, upgraded to {FORMAT}")
        say(f"{job.spec}: {folder.as_posix()}: {_count(done)} ({job.milliseconds})")
        for name in done.written:
            offer_lines(printable((folder / name).as_posix()))
        return True

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        folder = orphan.package.folder
        done = write_package(orphan.package, self.force, report, _wait)
        if done is not None and done.removed:
            files = _files(len(done.removed))
            say(f"{folder.as_posix()}: {files} removed, as {orphan.reason}")


def _count(done: Written) -> str:
    text = f"{_files(len(done.written))} written, {len(done.unchanged)} unchanged"
    return f"{text}, {len(done.removed)} removed" if done.removed else text


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _wait(folder: Path) -> None:
    say(f"{folder.as_posix()}: waiting for another build")
