"""Pages that need nothing else: a report and an evaluation with their pictures."""

from __future__ import annotations

import base64
import html
import importlib.util
from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING

from snnc import __version__
from snnc.api.display import preformatted, spec_html
from snnc.ir.layout import tensors
from snnc.report.html import Section, document, page, style
from snnc.text.tables import human

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.api.evaluations import Evaluation
    from snnc.api.reports import Report
    from snnc.api.specs import FileName, Spec

LACKING = "Pictures are missing: pip install 'snnc[plot]' and print the page again."


def report_page(report: Report, against: Spec | FileName | None = None) -> str:
    """Write all that is known of a network; ``against`` is what it is compared with."""
    return page(report.summary, list(_of_report(report, against)), _footer(report.spec))


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
    """Write what each layer learns and does, as a table."""
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
    """Write what a run found, its tables and its pictures."""
    result = evaluation.result
    title = f"{result.network} on {result.simulator}"
    body = (
        f'<div class="snnc">\n<style>\n{style()}</style>\n'
        f"<h1>{html.escape(title)}</h1>\n{preformatted(str(result))}\n</div>\n"
    )
    sections = list(_of_evaluation(evaluation))
    return document(title, body, sections, _footer(None, evaluation))


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
    except ValueError:  # the spec has gone, or gone on: the pictures are of the package
        return
    yield _picture("The network", name, report.plot_network)
    if report.cores:
        yield _picture("The cores", name, report.plot_cores)


def _picture(title: str, of: str, draw: Callable[[], Axes]) -> Section:
    """Draw on light and on dark ground, as images in the page."""
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
