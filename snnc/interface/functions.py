"""The command-line verbs as functions, except those in modules of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from snnc import diagnostics, source
from snnc.diagnostics import Diagnostic
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_spec
from snnc.interface.objects import Package, Spec, as_spec, compare_specs
from snnc.interface.spec_options import (
    BuildOptions,
    CheckOptions,
    ConvertOptions,
    Drawable,
    ExportOptions,
    FitOptions,
    PlotOptions,
)
from snnc.language.schema import schema as spec_schema
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.passes import completed
from snnc.results.diff import Diff, FolderDiff
from snnc.results.evaluation import Evaluation
from snnc.results.fit import Fit
from snnc.results.report import Report
from snnc.results.sweep import Sweep
from snnc.results.tables import FolderReport, Limits
from snnc.results.training import Training
from snnc.results.weights import Weights
from snnc.starter import StarterPlan, installed_from
from snnc.syntax.files import replace_text, specs_in
from snnc.syntax.revisions import read_spec
from snnc.text.arguments import FileName, Tensors, given_weights
from snnc.text.display import Json, MarkdownText
from snnc.text.installing import require
from snnc.verbs import exchange
from snnc.verbs.autofix import autofix
from snnc.verbs.diff.folders import compare_folders, is_folder
from snnc.verbs.limits import limits_of
from snnc.verbs.options import takes
from snnc.verbs.report.folder import report_folder
from snnc.verbs.repository_options import DemoOptions, InitOptions, ReportOptions
from snnc.verbs.weights import list_weights
from snnc.views import plots

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.interface.demo import Demonstration
    from snnc.nir.export import Exported


@takes(CheckOptions)
def check(call: CheckOptions) -> tuple[Diagnostic, ...]:
    """Return every problem of a spec, including whether it fits the chip.

    Returns
    -------
    tuple of Diagnostic
        Errors and warnings, sorted by position; empty without problems, and without
        those that were fixed.
    """
    spec = call.spec
    if isinstance(spec, Spec):
        return spec.diagnostics
    report = diagnostics.Diagnostics()
    text = read_spec(os.fspath(spec), report)
    if text is None:
        return report.diagnostics
    profile = read_profile(call.device)
    if not call.fix:
        compile_spec(text, report, "place", profile)
        return report.diagnostics

    fixed = autofix(text, device=profile)
    if fixed.count:
        replace_text(Path(spec), fixed.source.text, fixed.report)
    return fixed.report.diagnostics


@dataclass(frozen=True)
class ReportCall(ReportOptions):
    """What `report` takes.

    Parameters
    ----------
    spec
        A file or a spec, which may be too large for its chip. For a folder with several
        specs, the result has one row per spec.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    """

    spec: Spec | FileName
    device: str = DEFAULT


@overload
def report(spec: Spec, device: str = ..., *, packages: FileName = ...) -> Report: ...
@overload
def report(spec: FileName, device: str = ..., *, packages: FileName = ...) -> Any: ...
@takes(ReportCall)
def report(call: ReportCall) -> Report | FolderReport:
    """Return the cores that a network needs, and its costs per example.

    Returns
    -------
    Report or FolderReport
        A `FolderReport` for a folder with several specs.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    spec = call.spec
    if not isinstance(spec, Spec) and os.path.isdir(spec):
        specs = [str(path) for path in specs_in(Path(spec))]
        if len(specs) != 1:
            return report_folder(specs, Path(call.packages), call.device)
        spec = specs[0]
    return as_spec(spec, call.device).report()


@takes(BuildOptions)
def build(call: BuildOptions) -> Package:
    """Write the package of a spec, or check that it is up to date.

    Generated files name their spec. A spec without a file, such as a changed spec, is
    written next to its package as ``OUTPUT/NAME.snn``.

    Returns
    -------
    Package
        The package in ``OUTPUT/NAME``.

    Raises
    ------
    SpecError
        If the network does not fit its chip, or its package can't be written.
    FileExistsError
        If the path for the spec has a file that `build` did not write.
    """
    spec = as_spec(call.spec, call.device)
    return spec.build(call.output, check=call.check, force=call.force)


@takes(FitOptions)
def fit(call: FitOptions) -> Fit:
    """Find variants of a network (filters, strides) that fit the cores.

    Raises
    ------
    SpecError
        If the spec has errors.
    ValueError
        If the number of cores is below 1, or the target is ``nengo``.
    """
    return as_spec(call.spec, call.device).fit(call.cores, patient=call.patient)


@overload
def diff(old: Spec, new: Spec | FileName, device: str = ...) -> Diff: ...
@overload
def diff(old: FileName, new: Spec | FileName, device: str = ...) -> Any: ...
def diff(
    old: Spec | FileName, new: Spec | FileName, device: str = DEFAULT
) -> Diff | FolderDiff:
    """Compare two networks, not the texts of their specs, or two folders of specs.

    Parameters
    ----------
    old, new
        Files, specs, folders, or ``git:REV:PATH`` as in ``git show REV:PATH``.
    device
        The device for files: ``loihi1`` or the path of a device file.

    Returns
    -------
    Diff or FolderDiff
        A `FolderDiff`, with one row per spec, for two folders. A row says whether
        the spec is broken.

    Raises
    ------
    SpecError
        If a spec has errors. A network that no longer fits on its chip is a change, not
        an error.
    """
    if not isinstance(old, Spec) and not isinstance(new, Spec):
        before = os.fspath(old)
        after = os.fspath(new)
        if is_folder(before) and is_folder(after):
            report = diagnostics.Diagnostics()
            return compare_folders(before, after, report, read_profile(device))
    return compare_specs(as_spec(old, device), as_spec(new, device))


@takes(InitOptions)
def init(call: InitOptions) -> tuple[Path, ...]:
    """Write a starter spec, and the files that a repository needs for packages.

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
    plan = StarterPlan.of(Path(call.folder), call.requirement or installed_from())
    if plan.existing_files:
        taken = ", ".join(path.as_posix() for path in plan.existing_files)
        raise FileExistsError(f"{taken} already exists, so nothing was written")
    return tuple(plan.write())


@takes(DemoOptions)
def demo(call: DemoOptions) -> Demonstration:
    """Run a network on drifting digits with shipped weights, then train it.

    Returns
    -------
    Demonstration
        The cores, the accuracy with shipped weights, and the result of each simulator.
        Without TensorFlow, nothing is trained.

    Raises
    ------
    ValueError, RuntimeError
        If a step fails.
    ModuleNotFoundError
        If NumPy, numba, nengo-loihi or scikit-learn are not installed.
    """
    require(("numpy", "sklearn", "numba", "nengo_loihi"), "all", "the demo")
    from snnc.interface.demo import run_demo  # imports NumPy

    return run_demo(call)


@takes(ConvertOptions)
def convert(call: ConvertOptions) -> str:
    """Convert a spec to a notation, including comments.

    Raises
    ------
    SpecError
        If the spec has errors.
    """
    spec = as_spec(call.spec)
    return spec.to(call.to or ("snn" if spec.notation == "yaml" else "yaml"))


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


@takes(exchange.ImportOptions)
def import_keras(
    call: exchange.ImportOptions,
) -> tuple[Spec, dict[str, NDArray[np.float32]]]:
    """Convert a Keras model to a spec, and its weights to the spec's layout.

    Returns
    -------
    Spec, dict of float32 array
        The spec and its weights. To save these, call `Spec.save` and
        ``package.layout.save_weights``. `Spec.fits` says whether the network fits.

    Raises
    ------
    SpecError
        If the model can't be read, or has layers that the chip can't run. The message
        suggests an alternative for each.
    ValueError
        If an option is invalid, or a network can't have the ``name``.
    TypeError
        If ``model`` is neither a model nor a path.
    """
    report = diagnostics.Diagnostics()
    done = exchange.import_keras(call, report)
    for note in done.notes:
        call.tell(note)
    for command in done.commands:
        call.tell(f"next: {command}")
    spec = Spec(
        None,
        call.device,
        changed=False,
        made=completed(done.compilation),
        found=report,
    )
    return spec, dict(done.tensors)


@takes(ExportOptions)
def export_nir(call: ExportOptions) -> Exported:
    """Write a network and its weights in NIR, for Norse, sinabs, Spyx and more.

    Raises
    ------
    ValueError
        If the weights or the spec belong to another network, or NIR can't express a
        layer.
    """
    from snnc.nir import export  # imports NumPy

    source = given_weights(call.weights)
    package = call.package
    device = call.device
    if isinstance(package, Spec):
        if package.path is None:
            raise ValueError("the spec is in no file: `save` it, or build its package")
        device = package.device
        package = package.path
    return export.export_nir(
        package, source, call.path, call.neuron, read_profile(device)
    )


@takes(PlotOptions)
def plot(call: PlotOptions) -> Axes:
    """Draw a picture, and write it to ``file`` if given.

    Raises
    ------
    ValueError
        If the kind of picture is unknown.
    ModuleNotFoundError
        If matplotlib is not installed; the message says what to install.
    """
    if call.file is not None:
        plots.check_file(call.file)
    pictures = _pictures_of(call.what, call.example)
    default, *_ = pictures
    draw = pictures.get(call.kind or default)
    if draw is None:
        article = "an" if isinstance(call.what, Evaluation) else "a"
        name = f"{article} {type(call.what).__name__}"
        raise ValueError(f"there is no picture {call.kind} of {name}")
    with plots.style.theme(call.dark):
        made = draw(ax=call.ax)
        if call.file is not None:
            plots.style.save(made, Path(call.file))
    return made


def _pictures_of(what: Drawable, example: int) -> Mapping[str, Callable[..., Axes]]:
    """Return the functions that draw an object, by kind, with the default first."""
    if isinstance(what, Training):
        return {"training": what.plot}
    if isinstance(what, Sweep):
        return {"sweep": what.plot, "sweep-cores": partial(what.plot, over="cores")}
    of_spec = {
        "network": lambda ax: _report_of(what).plot_network(ax),
        "cores": lambda ax: _report_of(what).plot_cores(ax),
    }
    if not isinstance(what, Evaluation):
        return of_spec
    return {
        "accuracy": what.plot_accuracy,
        "raster": partial(what.plot_raster, example),
        "rates": what.plot_rates,
        "confusion": what.plot_confusion,
        "predictions": what.plot_predictions,
        "correlation": what.plot_correlation,
        **of_spec,
    }


def _report_of(
    what: Spec | Report | Evaluation | Package | FileName,
) -> Report:
    """Return the report of an object; open a package or a spec if necessary."""
    if isinstance(what, Report):
        return what
    if isinstance(what, Evaluation):
        assert what.run is not None
        what = what.run.folder
    if not isinstance(what, Spec | Package) and Path(what).is_dir():
        what = Package(what)
    return (what.spec if isinstance(what, Package) else as_spec(what)).report()


def weights(
    file: FileName | Tensors, spec: Spec | FileName | None = None, device: str = DEFAULT
) -> Weights:
    """Return the contents of a safetensors file, and whether it fits a network.

    Parameters
    ----------
    file : path or mapping
        The safetensors file, or tensors by name.
    spec
        A spec or its file for comparison, including the rounding of weights to the
        chip's integers.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.

    Raises
    ------
    SpecError
        If the file can't be read, or the network does not fit on its chip.
    """
    mapped = None
    if spec is not None:
        opened = as_spec(spec, device)
        mapped = opened.made.mapped
        if mapped is None:
            raise SpecError(opened.diagnostics)
    return list_weights(file, mapped)
