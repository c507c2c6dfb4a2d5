"""Write HTML pages of a tool's result, with tables and pictures."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.driver import place_on_chips
from snnc.editors.rules import Category, coloured_parts
from snnc.text.arguments import FileName
from snnc.text.display import PRE, to_pre
from snnc.text.installing import installation, missing
from snnc.text.tables import printable
from snnc.text.version import __version__
from snnc.tools import plots
from snnc.tools.report.html import Section, document, fragment, line_costs
from snnc.tools.report.summary import summarise
from snnc.verbs.current_package import compile_package
from snnc.views.evaluation import document as evaluation_document
from snnc.views.html import write_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.interface.objects import Spec
    from snnc.results.evaluation import Evaluation
    from snnc.tools.report.network import Report

VARIANTS = (
    "Changes after which the network fits or, if it already fits, how far layers could "
    "grow."
)
LACKING = f"Pictures are missing: {installation('plot')}, and print the page again."


def report_page(report: Report, against: Spec | FileName | None = None) -> str:
    """Return a page about a network; compare it with ``against`` if given."""
    spec, costs, sections = report.spec, report.summary, []
    if against is not None:
        changes = spec.changed_since(against)
        title = f"What changed since {changes.old.source}"
        sections.append(Section(title, to_pre(str(changes))))
    if report.cores:
        variants = to_pre(str(spec.fit(patient=False)))
        sections.append(Section("Variants", variants, VARIANTS))
    shown = spec_html(spec.text, spec.notation, line_costs(costs))
    title = f"{spec.name}: cores and activity"
    return document(title, fragment(costs, shown), sections, footer(spec.path))


def evaluation_page(evaluation: Evaluation) -> str:
    """Return a page of a run's result, with tables and pictures."""
    title = f"{evaluation.network} on {evaluation.simulator}"
    body = write_html(evaluation_document(evaluation))
    sections = list(_pictures(evaluation))
    assert evaluation.run is not None
    folder = evaluation.run.folder
    return document(title, body, sections, footer(folder))


def _pictures(evaluation: Evaluation) -> Iterator[Section]:
    result, show = evaluation, partial(picture, evaluation.network)
    compares = any(layer.correlation is not None for layer in result.layers)
    for is_known, title, draw in (
        (result.over_time, "Accuracy and energy", result.plot_accuracy),
        (result.firing, "Rates", result.plot_rates),
        (result.firing, "Spikes of the first example", result.plot_raster),
        (not result.classes, "Predictions", result.plot_predictions),
        (result.confusion, "Classes", result.plot_confusion),
        (compares, "Comparison with Keras", result.plot_correlation),
    ):
        if is_known:
            yield show(title, draw)
    assert result.run is not None
    made = compile_package(result.run.folder)
    placed = None if made is None else place_on_chips(made)
    if made is None or placed is None:
        return
    costs = summarise(placed, made.cache)
    yield show("The network", lambda: plots.networks.network(costs))
    if placed.mapped.cores:
        yield show("The cores", lambda: plots.networks.cores(costs))


def picture(of: str, title: str, draw: Callable[[], Axes]) -> Section:
    """Draw images for light and dark backgrounds, embedded in the page."""
    if missing("matplotlib"):
        return Section(title, "", LACKING)
    images = []
    for is_dark in (False, True):
        buffer = BytesIO()
        with plots.style.theme(is_dark):
            plots.style.save(draw(), buffer)
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        images.append(f"data:image/svg+xml;base64,{encoded}")
    light, dark = images
    caption = html.escape(f"{title} of {of}")
    return Section(
        title,
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{caption}" style="max-width: 100%"></picture>',
    )


def footer(source: Path | None) -> str:
    """Return the version, and the file or folder of a page's subject."""
    return f"snnc {__version__}{f', {source.as_posix()}' if source else ''}"


_COLOURS = {
    "#c8490a; font-weight: 600": "KIND HEADER VARIANT",
    "#0a8f74": "KEY",
    "#3d82c4": "NUMBER DIMS RANGE UNIT",
    "#a97b00": "TEXT VALUE",
    "inherit; font-weight: 600": "DECLARED",
    "#808890; font-style: italic": "COMMENT",
}
_CATEGORIES = {name: c for c, names in _COLOURS.items() for name in names.split()}


def spec_html(text: str, notation: str, costs: Mapping[int, str] | None = None) -> str:
    """Convert a spec to HTML; colour ``.snn`` text, and escape control codes.

    ``costs`` are texts to write after lines, by line number (from 1).
    """
    lines = ("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))
    text = "\n".join(lines)
    shown = html.escape(text)
    if notation == "snn":
        shown = "".join(starmap(_colour, coloured_parts(text)))
    body = shown.split("\n")
    for number, cost in (costs or {}).items():
        body[number - 1] += f'<span class="cost">{html.escape(cost)}</span>'
    shown = "\n".join(body)
    return f'<pre style="{PRE}">{shown}</pre>'


def _colour(part: str, category: Category | None) -> str:
    colour = _CATEGORIES.get(category.name) if category else None
    escaped = html.escape(part)
    return f'<span style="color: {colour}">{escaped}</span>' if colour else escaped
