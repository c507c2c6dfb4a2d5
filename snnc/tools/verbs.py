"""Verbs of the command line for a spec or its file, as functions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from snnc import diagnostics, source
from snnc.diagnostics import Diagnostic
from snnc.driver import compile_spec
from snnc.language.schema import schema as spec_schema
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.starter import StarterPlan, installed_from
from snnc.syntax.files import replace_text, specs_in
from snnc.syntax.revisions import read_spec
from snnc.text.arguments import check_count
from snnc.text.display import Json, MarkdownText
from snnc.tools.autofix import autofix
from snnc.tools.diff import Diff, compare, version_of
from snnc.tools.fit import Fit, find_variants
from snnc.tools.opening import FileName, require
from snnc.tools.report.folder import FolderReport, report_folder
from snnc.tools.report.network import Report
from snnc.tools.report.text import limits_table
from snnc.tools.spec import Spec, as_spec

if TYPE_CHECKING:
    from snnc.tools.demo import Demonstration


def check(
    spec: Spec | FileName, device: str = DEFAULT, *, fix: bool = False
) -> tuple[Diagnostic, ...]:
    """Return every problem of a spec, including whether it fits the chip.

    Parameters
    ----------
    spec
        A file, or a spec.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    fix
        Fix the problems in the file that have one obvious fix, and return the others.

    Returns
    -------
    tuple of Diagnostic
        Errors and warnings, sorted by place; empty without problems.
    """
    if isinstance(spec, Spec):
        return spec.diagnostics
    report = diagnostics.Diagnostics()
    text = read_spec(os.fspath(spec), report)
    if text is None:
        return report.diagnostics
    profile = read_profile(device)
    if not fix:
        compile_spec(text, report, "place", profile)
        return report.diagnostics

    fixed = autofix(text, False, profile)
    if fixed.count:
        replace_text(Path(spec), fixed.source.text, fixed.report)
    return fixed.report.diagnostics


@overload
def report(spec: Spec, device: str = ..., *, packages: FileName = ...) -> Report: ...
@overload
def report(spec: FileName, device: str = ..., *, packages: FileName = ...) -> Any: ...
def report(
    spec: Spec | FileName, device: str = DEFAULT, *, packages: FileName = "models"
) -> Report | FolderReport:
    """Return the cores that a network takes, and the costs of an example.

    Parameters
    ----------
    spec
        A file, or a spec; it may be too large for its chip. A folder of several specs
        has a row for each.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    packages
        For a folder, the folder of its packages.

    Returns
    -------
    Report or FolderReport
        The latter for a folder of several specs.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    if not isinstance(spec, Spec) and os.path.isdir(spec):
        specs = [str(path) for path in specs_in(Path(spec))]
        if len(specs) != 1:
            named = None if device == DEFAULT else device
            return report_folder(specs, Path(packages), read_profile(device), named)
        spec = specs[0]
    return as_spec(spec, device).report()


def fit(
    spec: Spec | FileName,
    cores: int | None = None,
    device: str = DEFAULT,
    *,
    patient: bool = True,
) -> Fit:
    """Look for variants of a network (filters, strides) that fit the cores.

    Parameters
    ----------
    spec
        A file, or a spec. If it fits already, variants show how far layers could grow.
    cores
        The number of cores; by default the cores of the spec's target.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    patient
        Whether to search for seconds if a network is large.

    Raises
    ------
    SpecError
        If the spec has errors.
    ValueError
        If the number of cores is below 1, or the target is ``nengo``.
    """
    check_count("cores", cores, 1)
    return find_variants(as_spec(spec, device), cores, patient)


def diff(old: Spec | FileName, new: Spec | FileName, device: str = DEFAULT) -> Diff:
    """Compare two networks instead of their texts.

    Parameters
    ----------
    old, new
        Files, specs, or ``git:REV:PATH`` as in ``git show REV:PATH``.
    device
        The device to compile files for: ``loihi1``, or a device's file.

    Raises
    ------
    SpecError
        If one of them has errors. A network that does not fit its chip is a change, not
        an error.
    """
    before, after = as_spec(old, device), as_spec(new, device)
    versions = [version_of(side.made, side.found) for side in (before, after)]
    old_version, new_version = versions
    assert old_version is not None, "a spec has no errors"
    assert new_version is not None, "a spec has no errors"
    return compare(old_version, new_version)


def init(folder: FileName = ".", requirement: str | None = None) -> tuple[Path, ...]:
    """Write a first spec, and the files that its repo needs for packages.

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
    plan = StarterPlan.of(Path(folder), requirement or installed_from())
    if plan.existing_files:
        taken = ", ".join(path.as_posix() for path in plan.existing_files)
        raise FileExistsError(f"{taken} already exists, so nothing was written")
    return tuple(plan.write())


def demo(
    folder: FileName = "snnc-demo", *, tell: Callable[[str], None] = print
) -> Demonstration:
    """Train and run a network on drifting digits, from its spec to spikes.

    Parameters
    ----------
    folder
        The folder for data, package and weights.
    tell
        Called with a line for each step.

    Returns
    -------
    Demonstration
        Seconds of each step, cores, and the result of each simulator.

    Raises
    ------
    ValueError, RuntimeError
        If a step fails.
    ModuleNotFoundError
        If Keras, Nengo or scikit-learn are not installed.
    """
    needed = ("numpy", "sklearn", "tensorflow", "nengo", "nengo_loihi")
    require(needed, "all", "the demo")
    from snnc.tools.demo import run_demo  # needs NumPy

    return run_demo(Path(folder), source.spec_path("drift.snn"), tell)


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
        If the code is unknown; the message names the nearest.
    """
    return MarkdownText(source.rule_page(code))


def limits(device: str = DEFAULT) -> str:
    """Return a table of a device's limits, with the source of each number."""
    return limits_table(read_profile(device))


def schema() -> Json:
    """Return the JSON Schema (draft-07) of YAML specs."""
    return spec_schema()
