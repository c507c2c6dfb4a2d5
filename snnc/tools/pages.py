"""Write HTML pages of a tool's result, with tables and pictures."""

from __future__ import annotations

import base64
import html
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from snnc import __version__
from snnc.editors.rules import coloured_parts
from snnc.text.display import PRE, to_pre
from snnc.text.installing import installation
from snnc.text.tables import printable
from snnc.tools import plots, sweep_table
from snnc.tools.evaluate import summary
from snnc.tools.evaluate.advice import advice
from snnc.tools.fit import find_variants
from snnc.tools.report.html import Section, document, line_costs, page, tables_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.tools.evaluate.evaluation import Evaluation
    from snnc.tools.opening import FileName
    from snnc.tools.report.network import Report
    from snnc.tools.spec import Spec
    from snnc.tools.sweep import Sweep

LACKING = f"Pictures are missing: {installation('plot')}, and print the page again."


def report_page(report: Report, against: Spec | FileName | None = None) -> str:
    """Return a page about a network; compare it with ``against`` if given."""
    spec, costs = report.spec, report.summary
    shown = spec_html(spec.text, spec.notation, line_costs(costs))
    return page(costs, list(_of_report(report, against)), _footer(spec.path), shown)


def _of_report(report: Report, against: Spec | FileName | None) -> Iterator[Section]:
    spec = report.spec
    if against is not None:
        changes = spec.changed_since(against)
        title = f"What changed since {changes.old.source}"
        yield Section(title, to_pre(str(changes)))
    if report.cores:
        about = (
            "Changes after which the network fits or, if it already fits, how far "
            "layers could grow."
        )
        yield Section(
            "Variants", to_pre(str(find_variants(spec, None, patient=False))), about
        )


def evaluation_page(evaluation: Evaluation) -> str:
    """Return a page of a run's result, with tables and pictures."""
    sections = list(_of_evaluation(evaluation))
    footer = _footer(evaluation.package.folder.as_posix())
    body = evaluation_html(evaluation)
    return document(_title(evaluation), body, sections, footer)


def evaluation_html(evaluation: Evaluation) -> str:
    """Return the tables of a run's result, for a notebook."""
    return tables_html(
        _title(evaluation),
        [*summary.tables(evaluation), *advice(evaluation)],
        summary.heading(evaluation),
        summary.scores(evaluation).rows,
    )


def _title(evaluation: Evaluation) -> str:
    return f"{evaluation.network} on {evaluation.simulator}"


def _of_evaluation(evaluation: Evaluation) -> Iterator[Section]:
    result, name = evaluation, evaluation.package.name
    if result.over_time:
        yield _picture("Accuracy and energy", name, evaluation.plot_accuracy)
    if evaluation.firing:
        yield _picture("Rates", name, evaluation.plot_rates)
        yield _picture("Spikes of the first example", name, evaluation.plot_raster)
    if not result.classes:
        yield _picture("Predictions", name, evaluation.plot_predictions)
    if result.confusion:
        yield _picture("Classes", name, evaluation.plot_confusion)
    if any(layer.correlation is not None for layer in result.layers):
        yield _picture("Comparison with Keras", name, evaluation.plot_correlation)
    try:
        report = evaluation.package.spec.report()
    except ValueError:  # the spec was removed or changed: draw the package only
        return
    yield _picture("The network", name, report.plot_network)
    if report.cores:
        yield _picture("The cores", name, report.plot_cores)


def sweep_page(sweep: Sweep) -> str:
    """Write the table of a sweep, and plots of accuracy against energy and cores."""
    sections = []
    if any(variant.results for variant in sweep):
        for over in ("energy", "cores"):
            draw = partial(sweep.plot, over=over)
            sections.append(_picture(f"Accuracy against {over}", sweep.spec.name, draw))
    title, footer = sweep_table.title(sweep.spec.name), _footer(sweep.spec.path)
    return document(title, sweep.html_table(), sections, footer)


def _picture(title: str, of: str, draw: Callable[[], Axes]) -> Section:
    """Draw images for light and dark backgrounds, embedded in the page."""
    if importlib.util.find_spec("matplotlib") is None:
        return Section(title, "", LACKING)
    light, dark = (_draw(draw, dark=is_dark) for is_dark in (False, True))
    caption = html.escape(f"{title} of {of}")
    return Section(
        title,
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{caption}" style="max-width: 100%"></picture>',
    )


def _draw(draw: Callable[[], Axes], dark: bool) -> str:
    buffer = BytesIO()
    with plots.style.theme(dark):
        plots.style.save(draw(), buffer)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"


def _footer(source: Path | str | None) -> str:
    where = source.as_posix() if isinstance(source, Path) else source
    return f"snnc {__version__}{f', {where}' if where else ''}"


_WORD, _NUMBER, _VALUE = "#c8490a; font-weight: 600", "#3d82c4", "#a97b00"
_CATEGORIES = {
    "KIND": _WORD,
    "HEADER": _WORD,
    "VARIANT": _WORD,
    "KEY": "#0a8f74",
    "NUMBER": _NUMBER,
    "DIMS": _NUMBER,
    "RANGE": _NUMBER,
    "UNIT": _NUMBER,
    "TEXT": _VALUE,
    "VALUE": _VALUE,
    "DECLARED": "inherit; font-weight: 600",
    "COMMENT": "#808890; font-style: italic",
}


def spec_html(text: str, notation: str, costs: Mapping[int, str] | None = None) -> str:
    """Convert a spec to HTML; colour ``.snn`` text, and escape control codes.

    Parameters
    ----------
    text, notation
        The spec and its notation, ``snn`` or ``yaml``.
    costs
        The texts to write after lines, by line number (from 1).
    """
    lines = ("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))
    text = "\n".join(lines)
    shown = _colour(text) if notation == "snn" else html.escape(text)
    numbered = enumerate(shown.split("\n"), 1)
    costs = costs or {}
    body = "\n".join(f"{line}{_behind(costs.get(at))}" for at, line in numbered)
    return f'<pre style="{PRE}">{body}</pre>'


def _colour(text: str) -> str:
    shown = []
    for part, category in coloured_parts(text):
        colour = _CATEGORIES.get(category.name) if category else None
        escaped = html.escape(part)
        shown.append(
            f'<span style="color: {colour}">{escaped}</span>' if colour else escaped
        )
    return "".join(shown)


def _behind(cost: str | None) -> str:
    return f'<span class="cost">{html.escape(cost)}</span>' if cost else ""
