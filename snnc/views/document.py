"""The parts of a document, which writers convert to text, Markdown and HTML.

In sentences and cells, what is between backticks is code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snnc.text.tables import TextTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EVERYWHERE = frozenset({"text", "markdown", "html"})
TEXT = frozenset({"text"})
MARKDOWN = frozenset({"markdown"})
WORDS = frozenset({"text", "markdown"})
MARKUP = frozenset({"markdown", "html"})
HTML = frozenset({"html"})
PAGE = frozenset({"page"})
Formats = frozenset[str]


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a document."""

    text: str
    formats: Formats = MARKUP


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above the following parts."""

    text: str
    formats: Formats = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Sentence:
    """A paragraph; it is a line of a text. Markup shows what is ``strong`` first."""

    text: str
    formats: Formats = EVERYWHERE
    strong: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list, maybe with a line above it; each item is a line of a text."""

    lines: tuple[str, ...]
    formats: Formats = EVERYWHERE
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; Markdown shows what is in ``code_columns`` as code.

    Only texts keep the lines of the ``caption`` above the table.
    """

    table: TextTable
    formats: Formats = EVERYWHERE
    code_columns: tuple[int, ...] = (0,)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A large number with a name; ``remark`` is smaller."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """The most important numbers, at the top of a page."""

    tiles: tuple[Tile, ...]
    formats: Formats = HTML


@dataclass(frozen=True, slots=True)
class Html:
    """A part of a page in HTML, such as a table with bars, written for a page only."""

    write: Callable[[], str]
    formats: Formats


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of something, which only pages show."""

    title: str
    subject: str
    draw: Callable[[], Axes]
    formats: Formats = PAGE


Part = Title | Heading | Sentence | Items | Table | Tiles | Html | Figure
Document = Iterable[Part]
"""The parts in order; each one is shown in some formats, or in all."""


def capitalized(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def parts_for(document: Document, form: str) -> list[Part]:
    """Return the parts of a document that a format shows."""
    return [part for part in document if form in part.formats]
