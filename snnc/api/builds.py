"""Writes packages: `snnc build` in Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from snnc import diagnostics
from snnc.api.problems import SpecError
from snnc.api.specs import FileName, Spec, as_spec
from snnc.building import Job, Wanted, build_specs
from snnc.loihi.profile import DEFAULT
from snnc.output import compare
from snnc.output.orphans import Orphan
from snnc.output.stale import orphaned, problems
from snnc.output.write import kept, refusals, write_package
from snnc.passes import Compilation, run_passes
from snnc.runtime.files import write_file

if TYPE_CHECKING:
    from snnc.api.packages import Package

MARK = "# Written by `Spec.build`, which replaces it; without this line it is yours.\n"


def build(
    spec: Spec | FileName,
    output: FileName = "models",
    device: str = DEFAULT,
    *,
    check: bool = False,
    force: bool = False,
) -> Package:
    """Write the package of a spec, or check that it is up to date.

    Generated files name the spec that they come from. One that is in no file, since
    it was changed or parsed, is written beside its package, as ``OUTPUT/NAME.snn``.

    Parameters
    ----------
    spec
        A file, or a spec.
    output
        The folder that holds the packages' folders.
    device
        What to compile a file for: ``loihi1``, or a device's file.
    check
        Write nothing; it is an error if anything would change.
    force
        Replace files edited by hand, and take over another spec's package.

    Returns
    -------
    Package
        Of the modules that now stand in ``OUTPUT/NAME``.

    Raises
    ------
    SpecError
        If the network does not fit its chip, or its package can't be written.
    FileExistsError
        If a file that is not `build`'s stands where the spec would be written.
    """
    from snnc.api.packages import Package

    spec, folder = as_spec(spec, device), Path(output)
    if not spec.fits:
        raise SpecError(spec.found.diagnostics)
    path = spec.path or _written(spec, folder, check, force)
    device_name = None if spec.device == DEFAULT else spec.device
    wanted = Wanted(path.as_posix(), device_name, partial(_compiled, spec))
    report = diagnostics.Report()
    action = _Check() if check else _Write(force)
    if not build_specs(
        [wanted],
        folder,
        action,
        lambda own: report.extend(own.diagnostics),
        sweep=False,
        force=force,
    ):
        raise SpecError(report.diagnostics)
    return Package(folder / spec.name)


def _compiled(spec: Spec, report: diagnostics.Report) -> Compilation:
    report.extend(spec.found.diagnostics)
    return run_passes(replace(spec.made, routed=spec.routed), report, "emit")


def _written(spec: Spec, output: Path, check: bool, force: bool) -> Path:
    """Write a spec that is in no file beside its package, where no other is."""
    path = output / f"{spec.name}.{spec.notation}"
    text = MARK + spec.text
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if before == text or check:
        return path
    if before is not None and not before.startswith(MARK) and not force:
        raise FileExistsError(f"{path} is there already; `force=True` replaces it")
    output.mkdir(parents=True, exist_ok=True)
    write_file(path, text)
    return path


@dataclass(frozen=True, slots=True)
class _Write:
    """Brings a package up to date."""

    force: bool

    def package(self, job: Job, report: diagnostics.Report) -> bool:
        return write_package(job.package, self.force, report) is not None

    def orphan(self, orphan: Orphan, command: str, report: diagnostics.Report) -> None:
        write_package(orphan.package, self.force, report)


@dataclass(frozen=True, slots=True)
class _Check:
    """Reports what is not up to date."""

    def package(self, job: Job, report: diagnostics.Report) -> bool:
        comparison, lock = compare(job.package), job.package.lock
        for problem in problems(comparison, job.spec.path, lock, job.command):
            report.add(problem)
        return not any((*refusals(comparison), *kept(comparison)))

    def orphan(self, orphan: Orphan, command: str, report: diagnostics.Report) -> None:
        for problem in orphaned(orphan, compare(orphan.package), command):
            report.add(problem)
