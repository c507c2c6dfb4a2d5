"""Show a spec as HTML, with colours."""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import starmap

from snnc.editors.rules import Category, coloured_parts
from snnc.text.display import PRE
from snnc.text.tables import printable

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
