"""Draw pictures of the interface's objects, in files and in HTML pages."""

from __future__ import annotations

import base64
import html
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from snnc import __version__
from snnc.api.display import preformatted, spec_html
from snnc.api.evaluations import Evaluation
from snnc.api.packages import Package, Training
from snnc.api.problems import require
from snnc.api.reports import Report
from snnc.api.specs import FileName, Spec, as_spec
from snnc.api.sweeps import Sweep
from snnc.report.html import Section, document, line_costs, page, style
from snnc.sweep import html_table
from snnc.text.installing import installation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal[
    "network", "cores", "raster", "rates", "accuracy", "confusion", "correlation",
    "training", "sweep", "sweep-cores",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIXES = (".png", ".svg", ".pdf")
OF_SPECS: tuple[Kind, ...] = ("network", "cores")


def drawn(function: Callable[..., Axes], *values: Any, ax: Axes | None) -> Axes:
    """Draw in the chosen theme, or in the theme of a page.

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
    """Draw a picture, and write it to a file if one is given.

    Parameters
    ----------
    what
        A spec or its file, a package, a report: ``network`` (the default) or ``cores``.
        An evaluation: ``accuracy`` (the default), ``raster``, ``rates``, ``confusion``,
        ``correlation``, or those of its spec. A training: its own. A sweep:
        ``sweep``, over energy (the default), or ``sweep-cores``.
    kind
        The kind of picture.
    ax
        The axes to draw on; by default new ones.
    file
        The file to write: ``.png``, ``.svg`` or ``.pdf``.
    dark
        Draw on a dark background.
    example
        The example of a raster, among those that ran.

    Raises
    ------
    ValueError
        If there is no such picture.
    ModuleNotFoundError
        If matplotlib is not installed; it says what to install.
    """
    require(("matplotlib",), "plot", "a picture")
    if file is not None:
        check_file(file)
    from snnc.plots.style import save, theme

    with theme(dark):
        made = _picture_of(what, kind, ax, example)
        if file is not None:
            save(made, Path(file))
    return made


def _picture_of(what: Any, kind: Kind | None, ax: Axes | None, example: int) -> Axes:
    if isinstance(what, Training) and kind in (None, "training"):
        return what.plot(ax=ax)
    if isinstance(what, Sweep) and kind in (None, "sweep", "sweep-cores"):
        return what.plot(ax, over="cores" if kind == "sweep-cores" else "energy")
    if isinstance(what, Evaluation) and kind not in OF_SPECS:
        if kind == "raster":
            return what.plot_raster(example, ax)
        return _evaluated(what, kind or "accuracy", ax)
    if kind not in (None, *OF_SPECS):
        raise ValueError(f"there is no picture {kind} of a {type(what).__name__}")
    report = _report(what)
    return report.plot_cores(ax) if kind == "cores" else report.plot_network(ax)


def _evaluated(evaluation: Evaluation, kind: Kind, ax: Axes | None) -> Axes:
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
    """Refuse a file that can't be written, before a long computation.

    Raises
    ------
    ValueError
        If the file's name is not that of a picture, or its folder is missing.
    ModuleNotFoundError
        If matplotlib is not installed; it says what to install.
    """
    if Path(file).suffix not in SUFFIXES:
        raise ValueError(f"{file} is no picture: name a file {', '.join(SUFFIXES)}")
    if not (folder := Path(file).parent).is_dir():
        raise ValueError(f"{file}: there is no folder {folder}")
    require(("matplotlib",), "plot", "a picture")


LACKING = f"Pictures are missing: {installation('plot')}, and print the page again."


def report_page(report: Report, against: Spec | FileName | None = None) -> str:
    """Return a page about a network, compared with ``against`` if given."""
    spec, summary = report.spec, report.summary
    shown = spec_html(spec.text, spec.notation, line_costs(summary))
    return page(summary, list(_of_report(report, against)), _footer(spec), shown)


def _of_report(report: Report, against: Spec | FileName | None) -> Iterator[Section]:
    spec = report.spec
    yield _picture("The network", spec.name, report.plot_network)
    if against is not None:
        changes = spec.changed_since(against)
        title = f"What changed since {changes.difference.old.source}"
        yield Section(title, preformatted(str(changes)))
    if report.cores:
        about = (
            "Changes after which it fits; or, as it fits, how far layers could grow."
        )
        yield Section("Variants", preformatted(str(spec.fit(patient=False))), about)


def evaluation_page(evaluation: Evaluation) -> str:
    """Return a page of a run's result, with tables and pictures."""
    from snnc.report.evaluation import result_html  # needs NumPy, which a spec doesn't

    result = evaluation.result
    title = f"{result.network} on {result.simulator}"
    sections = list(_of_evaluation(evaluation))
    return document(title, result_html(result), sections, _footer(None, evaluation))


def _of_evaluation(evaluation: Evaluation) -> Iterator[Section]:
    result, name = evaluation.result, evaluation.package.name
    if result.over_time:
        yield _picture("Accuracy and energy", name, evaluation.plot_accuracy)
    if evaluation.firing:
        yield _picture("Rates", name, evaluation.plot_rates)
        yield _picture("Spikes of the first example", name, evaluation.plot_raster)
    if result.confusion:
        yield _picture("Classes", name, evaluation.plot_confusion)
    if any(layer.correlation is not None for layer in result.layers):
        yield _picture("Beside Keras", name, evaluation.plot_correlation)
    try:
        report = evaluation.package.spec.report()
    except ValueError:  # the spec was removed or changed: draw the package only
        return
    yield _picture("The network", name, report.plot_network)
    if report.cores:
        yield _picture("The cores", name, report.plot_cores)


def sweep_page(sweep: Sweep) -> str:
    """Write the table of a sweep, and accuracy over energy and over cores."""
    title = f"Variants of {sweep.spec.name}"
    body = (
        f'<div class="snnc">\n<style>\n{style()}</style>\n'
        f"<h1>{html.escape(title)}</h1>\n{html_table(sweep._lines)}\n</div>\n"
    )
    sections = []
    if any(variant.results for variant in sweep):
        for over in ("energy", "cores"):
            draw = partial(sweep.plot, over=over)
            sections.append(_picture(f"Accuracy over {over}", sweep.spec.name, draw))
    return document(title, body, sections, _footer(sweep.spec))


def _picture(title: str, of: str, draw: Callable[[], Axes]) -> Section:
    """Draw on a light and a dark background, as images in the page."""
    if importlib.util.find_spec("matplotlib") is None:
        return Section(title, "", LACKING)
    light, dark = (_drawn(draw, dark=is_dark) for is_dark in (False, True))
    caption = html.escape(f"{title} of {of}")
    return Section(
        title,
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{caption}" style="max-width: 100%"></picture>',
    )


def _drawn(draw: Callable[[], Axes], dark: bool) -> str:
    from io import BytesIO

    from snnc.plots.style import hidden, save_svg, theme

    buffer = BytesIO()
    with theme(dark), hidden():  # notebooks would show each picture too
        save_svg(draw(), buffer)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"


def _footer(spec: Spec | None, evaluation: Evaluation | None = None) -> str:
    what = ""
    if evaluation is not None:
        what = f", {evaluation.package.folder.as_posix()}"
    elif spec is not None and spec.path is not None:
        what = f", {spec.path.as_posix()}"
    return f"snnc {__version__}{what}"
