"""What is built, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from snnc.dataclass import dataclass
from snnc.diagnostics import Report
from snnc.emit.origin import build_command
from snnc.output import PackageFiles
from snnc.output.orphans import Orphan
from snnc.passes import Compilation


@dataclass(frozen=True, slots=True)
class Wanted:
    """A spec to build: its path as typed, the device, and what compiles it for that.

    ``device`` is None for Loihi 1.
    """

    path: str
    device: str | None
    compile: Callable[[Report], Compilation | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A package as its spec gives it, and how long it took."""

    spec: Wanted
    package: PackageFiles
    seconds: float

    @property
    def command(self) -> str:
        """What to type to write the package, quoted for a shell."""
        output = self.package.folder.parent.as_posix()
        return build_command(self.spec.path, output, self.spec.device)

    @property
    def milliseconds(self) -> str:
        return f"{1000 * self.seconds:.0f} ms"


class Action(Protocol):
    """Something done with every package of a run."""

    def package(self, job: Job, report: Report) -> bool:
        """Do it with the package of a spec; False if a build of it would fail."""

    def orphan(self, orphan: Orphan, command: str, report: Report) -> None:
        """Do it with a package that should be gone; ``command`` would remove it."""
