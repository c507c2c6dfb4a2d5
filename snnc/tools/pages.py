"""Write HTML pages of a tool's result, with tables and pictures."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.editors.rules import Category, coloured_parts
from snnc.text.arguments import FileName
from snnc.text.display import PRE, to_pre
from snnc.text.installing import require
from snnc.text.tables import printable
from snnc.text.version import __version__
from snnc.tools.report.html import Section, document, fragment, line_costs
from snnc.tools.report.summary import Summary
from snnc.views.document import Figure
from snnc.views.html import picture_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.interface.objects import Spec
    from snnc.tools.report.network import Report

VARIANTS = (
    "Changes after which the network fits or, if it already fits, how far layers could "
    "grow."
)


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


def draw_network(summary: Summary, ax: Axes | None = None) -> Axes:
    """Draw the layers with their shapes, cores and connections."""
    require(("matplotlib",), "plot", "a picture")
    from snnc.tools.report import pictures  # imports matplotlib

    return pictures.network(summary, ax)


def draw_cores(summary: Summary, ax: Axes | None = None) -> Axes:
    """Draw chips and cores; raise ValueError if the network has no cores."""
    require(("matplotlib",), "plot", "a picture")
    from snnc.tools.report import pictures  # imports matplotlib

    return pictures.cores(summary, ax)


def picture(of: str, title: str, draw: Callable[[], Axes]) -> Section:
    """Draw a picture for a page."""
    return Section(title, picture_html(Figure(title, of, draw)))


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
