"""Write a document as HTML, for notebooks and pages."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from snnc.text.installing import installation, missing
from snnc.text.tables import TextTable, printable
from snnc.text.version import __version__
from snnc.views import plots
from snnc.views.document import (
    Document,
    Figure,
    Heading,
    Html,
    Items,
    Part,
    Sentence,
    Table,
    Tile,
    Tiles,
    Title,
    capitalized,
    parts_for,
)

if TYPE_CHECKING:
    from jinja2 import Template

LACKING = f"Pictures are missing: {installation('plot')}, and print the page again."
STYLE_SHEET = Path(__file__).with_name("style.css")
_CODE = re.compile(r"`([^`]+)`")


def format_html(document: Document) -> str:
    """Return a document as a part of a page, with its style sheet."""
    return _fragment(parts_for(document, "html"))


def format_page(document: Document, source: str) -> str:
    """Return a document as a page with pictures; name the file of its subject."""
    parts = list(document)
    titles = [part.text for part in parts if isinstance(part, Title)]
    footer = f"snnc {__version__}, {source}" if source else f"snnc {__version__}"
    shown = [part for part in parts if part.formats & {"html", "page"}]
    return shell(titles[0], _fragment([*shown, Sentence(footer)]))


def shell(title: str, body: str) -> str:
    """Return an HTML page with a body, which must be escaped already."""
    return page_template("page.html.jinja").render(title=title, body=body)


def page_template(name: str) -> Template:
    """Return a template of this folder; it escapes texts and their control codes."""
    import jinja2  # only for pages

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["inline"] = inline_html
    return environment.get_template(name)


def _fragment(parts: Sequence[Part]) -> str:
    style = STYLE_SHEET.read_text(encoding="utf-8")
    blocks = "\n".join(map(_block, parts))
    return f'<div class="snnc">\n<style>\n{style}</style>\n{blocks}\n</div>'


def _block(part: Part) -> str:
    if isinstance(part, Table):
        return f'<div class="wide">\n{table_html(part.table, part.caption)}\n</div>'
    if isinstance(part, Tiles):
        return f'<dl class="tiles">\n{"".join(map(_tile, part.tiles))}</dl>'
    if isinstance(part, Items):
        items = "".join(f"<li>{inline_html(line)}</li>\n" for line in part.lines)
        return f"<ul>\n{items}</ul>"
    if isinstance(part, Html):
        return part.write().rstrip("\n")
    if isinstance(part, Figure):
        heading = f"<h2>{inline_html(part.title)}</h2>"
        return f'{heading}\n<div class="wide">\n{picture_html(part)}\n</div>'
    if isinstance(part, Title):
        return f"<h1>{inline_html(part.text)}</h1>"
    if isinstance(part, Heading):
        return f"<h2>{inline_html(capitalized(part.text))}</h2>"
    strong = f"<strong>{inline_html(part.strong)}</strong>" if part.strong else ""
    return f"<p>{strong}{inline_html(part.text)}</p>"


def picture_html(figure: Figure) -> str:
    """Draw images for light and dark backgrounds, embedded in the page."""
    if missing("matplotlib"):
        return f'<p class="soft">{escape(LACKING)}</p>'
    images = []
    for is_dark in (False, True):
        buffer = BytesIO()
        with plots.style.theme(is_dark):
            plots.style.save(figure.draw(), buffer)
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        images.append(f"data:image/svg+xml;base64,{encoded}")
    light, dark = images
    caption = escape(f"{figure.title} of {figure.subject}")
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{caption}" style="max-width: 100%"></picture>'
    )


def _tile(tile: Tile) -> str:
    remark = f"<small>{inline_html(tile.remark)}</small>" if tile.remark else ""
    value = f"{inline_html(tile.value)}{remark}"
    return f"<div><dt>{inline_html(tile.name)}</dt><dd>{value}</dd></div>\n"


def table_html(table: TextTable, caption: str) -> str:
    """Return a table for a page with the style sheet."""
    parts = []
    if caption:
        parts.append(f"<caption>{inline_html(' '.join(caption.split()))}</caption>")
    head, *rows = table.rows
    parts.append(f"<thead>{_row(head, table.sides, 'col')}</thead>")
    body = "".join(_row(row, table.sides, "row") for row in rows)
    parts.append(f"<tbody>{body}</tbody>")
    return f'<table class="narrow">{"".join(parts)}</table>'


def _row(row: Sequence[str], sides: str, scope: Literal["col", "row"]) -> str:
    cells = []
    for number, (cell, side) in enumerate(zip(row, sides, strict=True)):
        style = ' class="number"' if side == ">" else ""
        if scope == "col" or number == 0:
            cells.append(f'<th scope="{scope}"{style}>{inline_html(cell)}</th>')
        else:
            cells.append(f"<td{style}>{inline_html(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def inline_html(text: str) -> str:
    """Escape a text, and mark what is between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(printable(text)))
