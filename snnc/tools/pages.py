"""HTML pages of a tool's result, with its tables and pictures."""

from __future__ import annotations

import base64
import html
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from snnc import __version__, plots
from snnc.editors.rules import coloured_parts
from snnc.ir.layout import tensors
from snnc.report.html import Section, document, page
from snnc.report.html import style as style_sheet
from snnc.text.display import PRE, preformatted
from snnc.text.tables import human, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.tools.evaluate.evaluation import Evaluation
    from snnc.tools.opening import FileName
    from snnc.tools.report import Report
    from snnc.tools.spec import Spec
    from snnc.tools.sweep import Sweep

LACKING = "Pictures are missing: pip install 'snnc[plot]' and print the page again."


def report_page(report: Report, against: Spec | FileName | None = None) -> str:
    """Return a page about a network, compared with ``against`` if given."""
    return page(
        report.summary, list(_of_report(report, against)), _footer(report.spec.path)
    )


def _of_report(report: Report, against: Spec | FileName | None) -> Iterator[Section]:
    spec = report.spec
    yield _picture("The network", spec.name, report.plot_network)
    if report.cores:
        yield _picture("The cores", spec.name, report.plot_cores)
    yield Section("Weights and operations", _weights(report))
    if against is not None:
        changes = spec.changed_since(against)
        title = f"What changed since {changes.difference.old.source}"
        yield Section(title, preformatted(str(changes)))
    if report.cores:
        about = (
            "Changes after which it fits; or, as it fits, how far layers could grow."
        )
        yield Section("Variants", preformatted(str(spec.fit(patient=False))), about)
    yield Section("The spec", spec_html(spec.text, spec.notation))


def _weights(report: Report) -> str:
    """Return a table of each layer's weights and operations."""
    network = report.summary.network
    learned: dict[str, int] = {}
    for tensor in tensors(network):
        layer = tensor.name.rpartition(".")[0]
        size = 0 if tensor.zeros else prod(tensor.shape)
        learned[layer] = learned.get(layer, 0) + size
    rows = []
    for row in report.layers:
        operations = ""
        if row.activity is not None and row.cores:
            operations = human(row.activity.operations)
        cells = (str(learned.get(row.name, "")), operations)
        shown = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        name = html.escape(row.name)
        rows.append(f'<tr><th scope="row">{name}</th>{shown}</tr>')
    head = (
        '<tr><th scope="col">layer</th><th scope="col" class="number">weights</th>'
        '<th scope="col" class="number">synaptic operations at most</th></tr>'
    )
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def evaluation_page(evaluation: Evaluation) -> str:
    """Return a page of a run's result, with tables and pictures."""
    result = evaluation
    title = f"{result.network} on {result.simulator}"
    sections = list(_of_evaluation(evaluation))
    folder = evaluation.package.folder.as_posix()
    return _page(title, preformatted(str(result)), sections, _footer(folder))


def _of_evaluation(evaluation: Evaluation) -> Iterator[Section]:
    result, name = evaluation, evaluation.package.name
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
    sections = []
    if any(variant.results for variant in sweep):
        for over in ("energy", "cores"):
            draw = partial(sweep.plot, over=over)
            sections.append(_picture(f"Accuracy over {over}", sweep.spec.name, draw))
    return _page(title, sweep.html_table(), sections, _footer(sweep.spec.path))


def _page(title: str, table: str, sections: list[Section], footer: str) -> str:
    """Return a page that begins with a table, which is not escaped."""
    body = (
        f'<div class="snnc">\n<style>\n{style_sheet()}</style>\n'
        f"<h1>{html.escape(title)}</h1>\n{table}\n</div>\n"
    )
    return document(title, body, sections, footer)


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
    buffer = BytesIO()
    style = plots.style
    with style.theme(dark), style.hidden():  # notebooks would show each picture too
        style.save_svg(draw(), buffer)
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


def spec_html(text: str, notation: str) -> str:
    """Return HTML of a spec, coloured unless it is YAML, and escape control codes."""
    lines = ("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))
    text = "\n".join(lines)
    if notation != "snn":
        return preformatted(text)
    shown = []
    for part, category in coloured_parts(text):
        colour = _CATEGORIES.get(category.name) if category else None
        escaped = html.escape(part)
        shown.append(
            f'<span style="color: {colour}">{escaped}</span>' if colour else escaped
        )
    return f'<pre style="{PRE}">{"".join(shown)}</pre>'
