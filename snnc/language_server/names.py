"""Names of a spec: where they are said and meant, and what else they may be."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.language import tree
from snnc.language.names import why_no_name, why_no_package
from snnc.language_server.marks import marks
from snnc.source import Span


def mentions(document: tree.Document) -> Iterator[tuple[str, Span, bool]]:
    """Each name with its place, and whether it is given there."""
    for mark in marks(document):
        if mark.role in ("definition", "reference"):
            yield mark.text, mark.span, mark.role == "definition"


def named_at(document: tree.Document, offset: int) -> tuple[str, Span] | None:
    """The name of a layer that is said at a place."""
    for name, span, _ in mentions(document):
        if span.start <= offset <= span.end:
            return name, span
    return None


def definitions(document: tree.Document, name: str) -> list[Span]:
    """Where a name is given: once, in a spec without errors."""
    return [
        span for other, span, given in mentions(document) if given and other == name
    ]


def references(document: tree.Document, name: str) -> list[Span]:
    """Where a name is meant: behind `from`, and as a shortcut."""
    mentioned = mentions(document)
    return [span for other, span, given in mentioned if not given and other == name]


def is_network(document: tree.Document, offset: int) -> bool:
    """Whether the network's name is at a place."""
    word = document.network
    return word is not None and word.span.start <= offset <= word.span.end


def why_not_renamed(document: tree.Document, old: str, new: str) -> str:
    """Why a layer can't be renamed; an empty string if it can.

    What can't be read may mean the name too, so a spec with syntax errors is refused.
    """
    if reason := why_no_name(new):
        return f"{new}: {reason}"
    if new != old and definitions(document, new):
        return f"{new}: there is another layer of that name"
    return _unread(document)


def why_no_network(document: tree.Document, new: str) -> str:
    """Why a network can't have another name; an empty string if it can."""
    reason = why_no_package(new)
    return f"{new}: {reason}" if reason else _unread(document)


def _unread(document: tree.Document) -> str:
    broken = next((s for s in document.statements if s.broken), None)
    if broken is None:
        return ""
    return f"line {broken.span.first.line} can't be read: mend it first"
