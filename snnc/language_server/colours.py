"""What each stretch of a text is, for editors that have no grammar of specs.

The words of a ``.snn`` text are those of `snnc.editors.rules`, whatever is wrong with
it; names are told from words by the tree. YAML is coloured by editors, so here only
what it means is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from snnc.editors.rules import Category, Rule, rules
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


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Rule], ...]:
    return tuple((re.compile(rule.pattern), rule) for rule in rules())


def _words(source: SourceFile) -> Iterator[tuple[int, int, Category]]:
    text, at = source.text, 0
    blank = re.compile(r"\s+")
    while at < len(text):
        if found := blank.match(text, at):
            at = found.end()
            continue
        for pattern, rule in _patterns():
            if (found := pattern.match(text, at)) and found.end() > at:
                yield from _parts(found, rule)
                at = found.end()
                break
        else:
            at += 1


def _parts(found: re.Match[str], rule: Rule) -> Iterator[tuple[int, int, Category]]:
    if rule.is_whole:
        yield (*found.span(), rule.categories[0])
        return
    for number, category in enumerate(rule.categories, start=1):
        if found[number] is not None:
            yield (*found.span(number), category)
