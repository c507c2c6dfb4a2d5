"""Write files from Python: `snnc build`, `init`, `demo`, and converted specs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from snnc import diagnostics
from snnc.api.problems import SpecError, require
from snnc.api.specs import FileName, Spec, as_spec
from snnc.building import Job, Wanted, build_specs
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.output import compare
from snnc.output.stale import Orphan, orphaned, problems
from snnc.output.write import kept, refusals, write_package
from snnc.passes import Compilation, run_passes
from snnc.runtime.files import write_file

if TYPE_CHECKING:
    from snnc.api.packages import Package
    from snnc.demo import Results


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

    Generated files name their spec. A spec without a file, because it was changed or
    parsed, is written next to its package, as ``OUTPUT/NAME.snn``.

    Parameters
    ----------
    spec
        A file, or a spec.
    output
        The folder that holds the packages' folders.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    check
        Write nothing; raise an error if anything would change.
    force
        Replace files edited by hand, and take over another spec's package.

    Returns
    -------
    Package
        The package in ``OUTPUT/NAME``.

    Raises
    ------
    SpecError
        If the network does not fit its chip, or its package can't be written.
    FileExistsError
        If the spec's path has a file that `build` did not write.
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
    """Write a spec without a file next to its package, unless another spec is there."""
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
    """Reports files that are not up to date."""

    def package(self, job: Job, report: diagnostics.Report) -> bool:
        comparison, lock = compare(job.package), job.package.lock
        for problem in problems(comparison, job.spec.path, lock, job.command):
            report.add(problem)
        return not any((*refusals(comparison), *kept(comparison)))

    def orphan(self, orphan: Orphan, command: str, report: diagnostics.Report) -> None:
        for problem in orphaned(orphan, compare(orphan.package), command):
            report.add(problem)


def init(folder: FileName = ".", requirement: str | None = None) -> tuple[Path, ...]:
    """Write a first spec, and what its repo needs to keep packages.

    Parameters
    ----------
    folder
        The folder for specs and packages.
    requirement
        The package that the workflow installs with pip; by default the git commit that
        this snnc was installed from, or else ``snnc``.

    Returns
    -------
    tuple of Path
        The files that were written. Existing files at the root of a git repository
        stay unchanged.

    Raises
    ------
    FileExistsError
        If another file exists already; then nothing is written.
    """
    from snnc.starter import StarterPlan, installed_from

    plan = StarterPlan.of(Path(folder), requirement or installed_from())
    if plan.taken:
        taken = ", ".join(path.as_posix() for path in plan.taken)
        raise FileExistsError(f"{taken}: there already, so nothing was written")
    return tuple(plan.write())


def demo(
    folder: FileName = "snnc-demo", *, tell: Callable[[str], None] = print
) -> Results:
    """Train and run a network on drifting digits, from its spec to spikes.

    Parameters
    ----------
    folder
        The folder for data, package and weights.
    tell
        Called with a line for each step.

    Returns
    -------
    Results
        Seconds of each step, cores, and the result of each simulator.

    Raises
    ------
    RuntimeError
        If a step fails.
    ModuleNotFoundError
        If Keras, Nengo or scikit-learn are not installed.
    """
    from snnc.demo import run_demo
    from snnc.source import spec_path

    needed = ("numpy", "sklearn", "tensorflow", "nengo", "nengo_loihi")
    require(needed, "all", "the demo")
    return run_demo(Path(folder), spec_path("drift.snn"), tell)


def convert(spec: Spec | FileName, to: Literal["snn", "yaml"] | None = None) -> str:
    """Return a spec in a notation, comments included.

    Parameters
    ----------
    spec
        A file, or a spec.
    to
        By default the other notation.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    spec = as_spec(spec)
    return spec.to(to or ("snn" if spec.notation == "yaml" else "yaml"))


def fmt(spec: Spec | FileName) -> str:
    """Return a spec in the standard layout of its notation.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    spec = as_spec(spec)
    return spec.to(spec.notation)


def explain(code: str | int) -> str:
    """Return the page of a diagnostic's code, ``SNN301`` or 301, as Markdown.

    Raises
    ------
    ValueError
        If there is no such code; the text names the nearest.
    """
    from snnc.source import rule_page

    return rule_page(code)


def limits(device: str = DEFAULT) -> str:
    """Return a table of a device's limits, with the source of each number."""
    from snnc.report.text import limits_table

    return limits_table(read_profile(device))


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of YAML specs."""
    from snnc.language.schema import schema

    return schema()
