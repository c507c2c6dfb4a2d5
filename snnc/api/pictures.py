"""Draws what objects of the interface hold, and writes pictures to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from snnc.api.evaluations import Evaluation
from snnc.api.packages import Package, Training
from snnc.api.problems import require
from snnc.api.reports import Report
from snnc.api.specs import FileName, Spec, as_spec
from snnc.api.sweeps import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal[
    "network", "cores", "raster", "rates", "accuracy", "confusion", "correlation",
    "training", "sweep",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIXES = (".png", ".svg", ".pdf")
OF_SPECS: tuple[Kind, ...] = ("network", "cores")


def drawn(function: Callable[..., Axes], *values: Any, ax: Axes | None) -> Axes:
    """Draw something in the theme that is chosen, or that of a page.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is not installed; it says what to install.
    """
    require(("matplotlib",), "plot", "a picture")
    from snnc.plots.style import theme

    with theme():
        return function(*values, ax=ax)


def plot(
    what: Spec | Report | Evaluation | Training | Sweep | Package | FileName,
    kind: Kind | None = None,
    ax: Axes | None = None,
    *,
    file: FileName | None = None,
    dark: bool = False,
    example: int = 0,
) -> Axes:
    """Draw a picture, and write it to a file if one is named.

    Parameters
    ----------
    what
        A spec or its file, a package, a report: ``network`` (the default) or ``cores``.
        An evaluation: ``accuracy`` (the default), ``raster``, ``rates``, ``confusion``,
        ``correlation``, or those of its spec. A training and a sweep: their own.
    kind
        Which picture.
    ax
        What to draw on; new axes unless given.
    file
        The file to write: ``.png``, ``.svg`` or ``.pdf``.
    dark
        Draw on dark ground.
    example
        Whose raster, of those that were run.

    Raises
    ------
    ValueError
        If there is no such picture of it.
    ModuleNotFoundError
        If matplotlib is not installed; it says what to install.
    """
    require(("matplotlib",), "plot", "a picture")
    if file is not None:
        check_file(file)
    from snnc.plots.style import save, theme

    with theme(dark):
        made = _drawn(what, kind, ax, example)
        if file is not None:
            save(made, Path(file))
    return made


def _drawn(what: Any, kind: Kind | None, ax: Axes | None, example: int) -> Axes:
    if isinstance(what, Training) and kind in (None, "training"):
        return what.plot(ax=ax)
    if isinstance(what, Sweep) and kind in (None, "sweep"):
        return what.plot(ax)
    if isinstance(what, Evaluation) and kind not in OF_SPECS:
        if kind == "raster":
            return what.plot_raster(example, ax)
        return _of_evaluation(what, kind or "accuracy", ax)
    if kind not in (None, *OF_SPECS):
        raise ValueError(f"there is no picture {kind} of a {type(what).__name__}")
    report = _report(what)
    return report.plot_cores(ax) if kind == "cores" else report.plot_network(ax)


def _of_evaluation(evaluation: Evaluation, kind: Kind, ax: Axes | None) -> Axes:
    drawing = getattr(evaluation, f"plot_{kind}", None)
    if drawing is None:
        raise ValueError(f"there is no picture {kind} of an Evaluation")
    made: Axes = drawing(ax=ax)
    return made


def _report(what: Any) -> Report:
    if isinstance(what, Report):
        return what
    if isinstance(what, Evaluation | Training):
        what = what.package
    if isinstance(what, Sweep):
        what = what.spec
    if isinstance(what, Package):
        return what.spec.report()
    if not isinstance(what, Spec) and Path(what).is_dir():
        return Package(what).spec.report()
    return as_spec(what).report()


def check_file(file: FileName) -> None:
    """Refuse what can't be written, before what takes long.

    Raises
    ------
    ValueError
        If the file's name is not that of a picture, or its folder is not there.
    ModuleNotFoundError
        If matplotlib is not installed; it says what to install.
    """
    if Path(file).suffix not in SUFFIXES:
        raise ValueError(f"{file} is no picture: name a file {', '.join(SUFFIXES)}")
    if not (folder := Path(file).parent).is_dir():
        raise ValueError(f"{file}: there is no folder {folder}")
    require(("matplotlib",), "plot", "a picture")
