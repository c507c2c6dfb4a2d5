"""The command-line verbs as functions, except those in modules of their own."""

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
from snnc.results.diff import Diff
from snnc.results.fit import Fit
from snnc.results.tables import FolderReport, Limits
from snnc.starter import StarterPlan, installed_from
from snnc.syntax.files import replace_text, specs_in
from snnc.syntax.revisions import read_spec
from snnc.text.arguments import check_count
from snnc.text.display import Json, MarkdownText
from snnc.tools import plots
from snnc.tools.autofix import autofix
from snnc.tools.diff.compare import compare
from snnc.tools.diff.properties import version_of
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.fit import find_variants
from snnc.tools.limits import limits_of
from snnc.tools.opening import FileName, require
from snnc.tools.package import Package
from snnc.tools.report.folder import report_folder
from snnc.tools.report.network import Report
from snnc.tools.spec import Spec, as_spec
from snnc.tools.sweep_results import Sweep
from snnc.tools.training import Training

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.tools.demo import Demonstration

Kind = Literal[
    "network", "cores", "raster", "rates", "accuracy", "confusion", "predictions",
    "correlation", "training", "sweep", "sweep-cores",
]  # fmt: skip
Drawable = Spec | Report | Evaluation | Training | Sweep | Package | FileName


def check(
    spec: Spec | FileName, device: str = DEFAULT, *, fix: bool = False
) -> tuple[Diagnostic, ...]:
    """Return every problem of a spec, including whether it fits the chip.

    Parameters
    ----------
    spec
        A file, or a spec.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    fix
        Whether to fix problems in the file that have one obvious fix; the other
        problems are returned.

    Returns
    -------
    tuple of Diagnostic
        Errors and warnings, sorted by position; empty without problems.
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
    """Return the cores that a network needs, and its costs per example.

    Parameters
    ----------
    spec
        A file or a spec, which may be too large for its chip. For a folder with several
        specs, the result has one row per spec.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    packages
        For a folder of specs, the folder of the packages.

    Returns
    -------
    Report or FolderReport
        A `FolderReport` for a folder with several specs.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    if not isinstance(spec, Spec) and os.path.isdir(spec):
        specs = [str(path) for path in specs_in(Path(spec))]
        if len(specs) != 1:
            return report_folder(specs, Path(packages), device)
        spec = specs[0]
    return as_spec(spec, device).report()


def fit(
    spec: Spec | FileName,
    cores: int | None = None,
    device: str = DEFAULT,
    *,
    patient: bool = True,
) -> Fit:
    """Find variants of a network (filters, strides) that fit the cores.

    Parameters
    ----------
    spec
        A file or a spec. If the network already fits, variants show how far layers
        could grow.
    cores
        The number of cores; by default, that of the spec's target.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    patient
        Whether to search for several seconds if a network is large.

    Raises
    ------
    SpecError
        If the spec has errors.
    ValueError
        If the number of cores is below 1, or the target is ``nengo``.
    """
    check_count("cores", cores, 1)
    spec = as_spec(spec, device)
    return find_variants(spec.made, spec.diagnostics, cores, patient=patient)


def diff(old: Spec | FileName, new: Spec | FileName, device: str = DEFAULT) -> Diff:
    """Compare two networks, not the texts of their specs.

    Parameters
    ----------
    old, new
        Files, specs, or ``git:REV:PATH`` as in ``git show REV:PATH``.
    device
        The device for files: ``loihi1`` or the path of a device file.

    Raises
    ------
    SpecError
        If a spec has errors. A network that no longer fits on its chip is a change, not
        an error.
    """
    sides = (as_spec(side, device) for side in (old, new))
    versions = (version_of(side.made, side.found) for side in sides)
    before, after = filter(None, versions)  # a spec has no errors
    return compare(before, after)


def init(folder: FileName = ".", requirement: str | None = None) -> tuple[Path, ...]:
    """Write a starter spec, and the files that a repository needs for packages.

    Parameters
    ----------
    folder
        The folder for specs and packages.
    requirement
        The requirement that the workflow installs with pip. By default, this is the git
        commit from which snnc was installed, or else ``snnc``.

    Returns
    -------
    tuple of Path
        The files that were written. Existing files at the root of a git repository are
        kept.

    Raises
    ------
    FileExistsError
        If another file already exists; nothing is written then.
    """
    plan = StarterPlan.of(Path(folder), requirement or installed_from())
    if plan.existing_files:
        taken = ", ".join(path.as_posix() for path in plan.existing_files)
        raise FileExistsError(f"{taken} already exists, so nothing was written")
    return tuple(plan.write())


def demo(
    folder: FileName = "snnc-demo",
    *,
    every: bool = False,
    tell: Callable[[str], None] = print,
) -> Demonstration:
    """Run a network on drifting digits with shipped weights, then train it.

    Parameters
    ----------
    folder
        The folder for data, package and weights.
    every
        Whether to run the trained network on all simulators.
    tell
        Called with the text of each step.

    Returns
    -------
    Demonstration
        The cores, the accuracy with shipped weights, the duration of the training, and
        the result of each simulator. Without TensorFlow, nothing is trained.

    Raises
    ------
    ValueError, RuntimeError
        If a step fails.
    ModuleNotFoundError
        If NumPy, numba, nengo-loihi or scikit-learn are not installed.
    """
    require(("numpy", "sklearn", "numba", "nengo_loihi"), "all", "the demo")
    from snnc.tools.demo import run_demo  # imports NumPy

    spec = source.spec_path("drift.snn")
    weights = source.spec_path("drift.safetensors")
    return run_demo(Path(folder), spec, weights, tell, every=every)


def convert(spec: Spec | FileName, to: Literal["snn", "yaml"] | None = None) -> str:
    """Convert a spec to a notation, including comments.

    Parameters
    ----------
    spec
        A file, or a spec.
    to
        The notation; by default, the other notation.

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
    """Return the page of a diagnostic code, ``SNN301`` or 301, as Markdown.

    Raises
    ------
    ValueError
        If the code is unknown; the message names the nearest code.
    """
    return MarkdownText(source.rule_page(code))


def limits(device: str = DEFAULT) -> Limits:
    """Return a table of a device's limits, with the source of each number."""
    return limits_of(read_profile(device))


def schema() -> Json:
    """Return the JSON Schema (draft-07) of YAML specs."""
    return spec_schema()


def plot(
    what: Drawable,
    kind: Kind | None = None,
    ax: Axes | None = None,
    *,
    file: FileName | None = None,
    dark: bool = False,
    example: int = 0,
) -> Axes:
    """Draw a picture, and write it to ``file`` if given.

    Parameters
    ----------
    what
        The object to draw, which determines the possible kinds of pictures. A spec or
        its file, a package, or a report: ``network`` (the default) or ``cores``. An
        evaluation: ``accuracy`` (the default), ``raster``, ``rates``, ``confusion``,
        ``predictions``, ``correlation``, or the kinds for its spec. For a training
        result, there is only one kind. A sweep: ``sweep``, against energy (the
        default), or ``sweep-cores``.
    kind
        The kind of picture.
    ax
        The axes to draw on; by default, new axes.
    file
        The file to write: ``.png``, ``.svg`` or ``.pdf``.
    dark
        Whether to draw on a dark background.
    example
        The index of the example for a raster, among those that ran.

    Raises
    ------
    ValueError
        If the kind of picture is unknown.
    ModuleNotFoundError
        If matplotlib is not installed; the message says what to install.
    """
    if file is not None:
        plots.check_file(file)
    with plots.style.theme(dark):
        made = _draw(what, kind, ax, example)
        if file is not None:
            plots.style.save(made, Path(file))
    return made


def _draw(what: Drawable, kind: Kind | None, ax: Axes | None, example: int) -> Axes:
    if isinstance(what, Training) and kind in (None, "training"):
        return what.plot(ax=ax)
    if isinstance(what, Sweep) and kind in (None, "sweep", "sweep-cores"):
        return what.plot(ax, over="cores" if kind == "sweep-cores" else "energy")
    is_of_spec = kind in ("network", "cores")
    if isinstance(what, Evaluation) and not is_of_spec:
        if kind == "raster":
            return what.plot_raster(example, ax)
        draw = getattr(what, f"plot_{kind or 'accuracy'}", None)
        if draw is None:
            raise ValueError(f"there is no picture {kind} of an Evaluation")
        made: Axes = draw(ax=ax)
        return made
    if kind is not None and not is_of_spec:
        raise ValueError(f"there is no picture {kind} of a {type(what).__name__}")
    found = _report_of(what)
    return found.plot_cores(ax) if kind == "cores" else found.plot_network(ax)


def _report_of(what: Drawable) -> Report:
    if isinstance(what, Report):
        return what
    if isinstance(what, Evaluation | Training):
        what = what.package
    if isinstance(what, Sweep):
        what = what.spec
    if not isinstance(what, Spec | Package) and Path(what).is_dir():
        what = Package(what)
    return (what.spec if isinstance(what, Package) else as_spec(what)).report()
