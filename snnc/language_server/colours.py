"""What each stretch of a text is, for editors that have no grammar of specs.

The words of a ``.snn`` text are those of `snnc.editors.rules`, whatever is wrong with
it; names are told from words by the tree. YAML is coloured by editors, so here only
what it means is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from snnc.editors.rules import Category
from snnc.editors.stretches import stretches
from snnc.language import tree
from snnc.language_server.marks import Role, marks
from snnc.source import SourceFile

Token = tuple[int, int, str, tuple[str, ...]]
"""A start, an end, a type and modifiers."""

_OF_CATEGORY: dict[Category, tuple[str, tuple[str, ...]]] = {
    Category.COMMENT: ("comment", ()),
    Category.TEXT: ("string", ()),
    Category.NUMBER: ("number", ()),
    Category.DIMS: ("number", ()),
    Category.RANGE: ("number", ()),
    Category.UNIT: ("number", ()),
    Category.HEADER: ("keyword", ()),
    Category.KIND: ("keyword", ()),
    Category.VARIANT: ("type", ()),
    Category.DECLARED: ("variable", ("declaration",)),
    Category.REFUSED: ("keyword", ("deprecated",)),
    Category.CLAUSE: ("operator", ()),
    Category.KEY: ("property", ()),
    Category.VALUE: ("enumMember", ()),
    Category.NAME: ("variable", ()),
}
_OF_ROLE: dict[Role, tuple[str, tuple[str, ...]]] = {
    "kind": ("keyword", ()),
    "variant": ("type", ()),
    "definition": ("variable", ("declaration",)),
    "reference": ("variable", ()),
    "key": ("property", ()),
}


def tokens(document: tree.Document) -> list[Token]:
    """The stretches of a text that mean something, in order, none over another."""
    source = document.span.source
    told = {
        (mark.span.start, mark.span.end): _OF_ROLE[mark.role]
        for mark in marks(document)
        if mark.role in _OF_ROLE and mark.span.text == mark.text  # else it is quoted
    }
    if source.is_yaml:
        return [(*place, *told[place]) for place in sorted(told)]
    names = {
        place: kind
        for place, kind in told.items()
        if kind[0] in ("variable", "property")
    }
    return [
        (start, end, *names.get((start, end), _OF_CATEGORY[category]))
        for start, end, category in _words(source)
        if category in _OF_CATEGORY
    ]


def _words(source: SourceFile) -> Iterator[tuple[int, int, Category]]:
    at = 0
    for part, category in stretches(source.text):
        if category is not None:
            yield at, at + len(part), category
        at += len(part)
