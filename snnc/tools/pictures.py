"""Draw a tool's result in a notebook or to a file: `snnc plot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from snnc.tools import plots
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.opening import FileName
from snnc.tools.package import Package, Training
from snnc.tools.report.network import Report
from snnc.tools.spec import Spec, as_spec
from snnc.tools.sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal[
    "network", "cores", "raster", "rates", "accuracy", "confusion", "predictions",
    "correlation", "training", "sweep", "sweep-cores",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_SPECS: tuple[Kind, ...] = ("network", "cores")
Drawable = Spec | Report | Evaluation | Training | Sweep | Package | FileName


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
        made = _picture_of(what, kind, ax, example)
        if file is not None:
            plots.style.save(made, Path(file))
    return made


def _picture_of(
    what: Drawable, kind: Kind | None, ax: Axes | None, example: int
) -> Axes:
    if isinstance(what, Training) and kind in (None, "training"):
        return what.plot(ax=ax)
    if isinstance(what, Sweep) and kind in (None, "sweep", "sweep-cores"):
        return what.plot(ax, over="cores" if kind == "sweep-cores" else "energy")
    if isinstance(what, Evaluation) and kind not in OF_SPECS:
        if kind == "raster":
            return what.plot_raster(example, ax)
        return _draw_evaluation(what, kind or "accuracy", ax)
    if kind not in (None, *OF_SPECS):
        raise ValueError(f"there is no picture {kind} of a {type(what).__name__}")
    report = _report(what)
    return report.plot_cores(ax) if kind == "cores" else report.plot_network(ax)


def _draw_evaluation(evaluation: Evaluation, kind: Kind, ax: Axes | None) -> Axes:
    drawing = getattr(evaluation, f"plot_{kind}", None)
    if drawing is None:
        raise ValueError(f"there is no picture {kind} of an Evaluation")
    made: Axes = drawing(ax=ax)
    return made


def _report(what: Drawable) -> Report:
    if isinstance(what, Report):
        return what
    if isinstance(what, Evaluation | Training):
        what = what.package
    if isinstance(what, Sweep):
        what = what.spec
    if not isinstance(what, Spec | Package) and Path(what).is_dir():
        what = Package(what)
    return (what.spec if isinstance(what, Package) else as_spec(what)).report()
