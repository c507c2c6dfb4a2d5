"""The command-line verbs as functions, except those in modules of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from snnc import diagnostics, source
from snnc.diagnostics import Diagnostic
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_spec
from snnc.importer.model import ImportRequest, parse_rewrites
from snnc.interface.objects import Package, Spec, as_spec, compare_specs
from snnc.language.schema import schema as spec_schema
from snnc.loihi.profile import DEFAULT, read_profile
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
from snnc.verbs.report.folder import report_folder
from snnc.verbs.weights import list_weights
from snnc.views import plots

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.interface.demo import Demonstration
    from snnc.nir.export import Exported
    from snnc.nir.graph import Neuron

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

    fixed = autofix(text, device=profile)
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


def build(
    spec: Spec | FileName,
    output: FileName = "models",
    device: str = DEFAULT,
    *,
    check: bool = False,
    force: bool = False,
) -> Package:
    """Write the package of a spec, or check that it is up to date.

    Generated files name their spec. A spec without a file, such as a changed spec, is
    written next to its package as ``OUTPUT/NAME.snn``.

    Parameters
    ----------
    spec
        A file, or a spec.
    output
        The folder that contains the packages' folders.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    check
        Whether to write nothing, and to raise an error if anything would change.
    force
        Whether to replace files that were edited by hand, and another spec's package.

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
    return as_spec(spec, device).build(output, check=check, force=force)


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
    return as_spec(spec, device).fit(cores, patient=patient)


@overload
def diff(old: Spec, new: Spec | FileName, device: str = ...) -> Diff: ...
@overload
def diff(old: FileName, new: Spec, device: str = ...) -> Diff: ...
@overload
def diff(old: FileName, new: FileName, device: str = ...) -> Any: ...
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

    return run_demo(Path(folder), tell, every=every)


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


def import_keras(
    model: Any,
    *,
    weights: FileName = "",
    name: str | None = None,
    rewrite: Mapping[str, str] | None = None,
    encode: Literal["first", "rate"] = "first",
    input_range: tuple[float, float] | None = None,
    input_shape: tuple[int, ...] | None = None,
    readout: Literal["units", "classes"] | None = None,
    chips: int | None = None,
    device: str = DEFAULT,
    tell: Callable[[str], None] = print,
) -> tuple[Spec, dict[str, NDArray[np.float32]]]:
    """Convert a Keras model to a spec, and its weights to the spec's layout.

    Parameters
    ----------
    model : keras.Model, or a path
        A ``.keras`` or ``.h5`` file, or the text of ``to_json()``.
    weights
        A weight file for an architecture, from ``save_weights`` or ``save``.
    name
        The network's name; by default, the model's name.
    rewrite
        Replacements for unsupported layers, such as ``{"maxpool": "avgpool"}``.
    encode
        How values are encoded as spikes: by the ``first`` convolution, or each value as
        a ``rate``.
    input_range
        The range of input values; by default 0 to 1, or 0 to 255 before a Rescaling.
    input_shape
        The shape of the input without the batch axis, if the model does not fix it.
    readout
        The kind of outputs; by default, it depends on the loss or a softmax.
    chips
        The number of chips for the spec.
    device
        The device to compile the spec for.
    tell
        Called with one sentence per change or remaining task.

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
        If ``rewrite`` is unknown, or a network can't have the ``name``.
    TypeError
        If ``model`` is neither a model nor a path.
    """
    replacements = (f"{what}={by}" for what, by in (rewrite or {}).items())
    request = ImportRequest(
        name=name,
        rewrites=parse_rewrites(replacements),
        encode=encode,
        values=input_range,
        readout=readout,
        chips=chips,
        device=read_profile(device),
        shape=input_shape,
        weights=os.fspath(weights),
    )
    report = diagnostics.Diagnostics()
    done = exchange.import_keras(model, request, report)
    for note in done.notes:
        tell(note)
    for command in done.commands:
        tell(f"next: {command}")
    assert done.compilation is not None
    spec = Spec(None, device, changed=False, made=done.compilation, found=report)
    return spec, dict(done.tensors)


def export_nir(
    package: Package | Spec | FileName,
    weights: Tensors | FileName,
    path: FileName,
    *,
    neuron: Neuron = "if",
    device: str = DEFAULT,
) -> Exported:
    """Write a network and its weights in NIR, for Norse, sinabs, Spyx and more.

    Parameters
    ----------
    package
        A package, its folder, a spec or its file.
    weights : path or mapping
        A safetensors file with the network's layout, or its tensors by name.
    path
        The file to write, such as ``drift.nir``. Limitations are described in
        ``PATH.txt``.
    neuron
        The NIR neuron for ReLU: ``"if"``, without the synaptic filter, or
        ``"cubalif"``, with the filter.
    device
        The device to compile for.

    Raises
    ------
    ValueError
        If the weights or the spec belong to another network, or NIR can't express a
        layer.
    """
    from snnc.nir import export  # imports NumPy

    source = given_weights(weights)
    if isinstance(package, Spec):
        if package.path is None:
            raise ValueError("the spec is in no file: `save` it, or build its package")
        device = package.device
        package = package.path
    return export.export_nir(package, source, path, neuron, read_profile(device))


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
    pictures = _pictures_of(what, example)
    default, *_ = pictures
    draw = pictures.get(kind or default)
    if draw is None:
        article = "an" if isinstance(what, Evaluation) else "a"
        name = f"{article} {type(what).__name__}"
        raise ValueError(f"there is no picture {kind} of {name}")
    with plots.style.theme(dark):
        made = draw(ax=ax)
        if file is not None:
            plots.style.save(made, Path(file))
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
    target = None
    if spec is not None:
        opened = as_spec(spec, device)
        if not opened.fits:
            raise SpecError(opened.diagnostics)
        target = opened.made
    return list_weights(file, target, read_profile(device))
