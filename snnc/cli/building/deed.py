"""What can be done with a package, and what all deeds are told about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from snnc.cli.device import chosen_device
from snnc.diagnostics import Report
from snnc.emit.origin import build_command
from snnc.emit.owned import Package
from snnc.emit.owned.orphans import Orphan


@dataclass(frozen=True, slots=True)
class Job:
    """A package as its spec gives it, the spec as typed, and how long it took."""

    spec: str
    package: Package
    seconds: float

    @property
    def command(self) -> str:
        """What to type to write the package, quoted for a shell."""
        output = self.package.folder.parent.as_posix()
        return build_command(self.spec, output, chosen_device())

    @property
    def milliseconds(self) -> str:
        return f"{1000 * self.seconds:.0f} ms"


class Deed(Protocol):
    """Something done with every package of a run."""

    def package(self, job: Job, report: Report) -> bool:
        """Do it with the package of a spec; False if a build of it would fail."""

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        """Do it with a package that should be gone; ``command`` would remove it."""
