"""What can be done with a package, and what all deeds are told about it."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from snnc.diagnostics import Report
from snnc.emit.owned import Package
from snnc.emit.owned.orphans import Orphan


@dataclass(frozen=True, slots=True)
class Job:
    """A package as its spec gives it, and the spec as the user typed it."""

    spec: str
    package: Package
    started: float = field(default_factory=time.perf_counter)

    @property
    def command(self) -> str:
        """What to type to write the package, quoted for a shell."""
        return build_command(self.spec, self.package.folder.parent)

    @property
    def milliseconds(self) -> str:
        return f"{1000 * (time.perf_counter() - self.started):.0f} ms"


class Deed(Protocol):
    """Something done with every package of a run."""

    def package(self, job: Job, report: Report) -> bool:
        """Do it with the package of a spec; False if it was refused."""

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        """Do it with a package that should be gone; ``command`` would remove it."""


def build_command(spec: str, output: Path) -> str:
    """Return the command that builds a spec, quoted for a shell."""
    return shlex.join(("snnc", "build", spec, "-o", output.as_posix()))
