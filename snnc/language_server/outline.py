"""What a spec consists of, and which of its lines fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from snnc.language import tree
from snnc.language.forms import FORMS, owner_of
from snnc.language_server.analysis import Analysis
from snnc.passes.validate.parts import head
from snnc.source import Span
from snnc.text.units import dims


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement: its name and kind, where it stands, and what names it there."""

    name: str
    detail: str
    role: Literal["layer", "setting"]
    whole: Span
    named: Span


def entries(analysis: Analysis) -> Iterator[Entry]:
    """The statements of a spec in their order; layers with their shapes."""
    network = analysis.made.network
    shapes = {} if network is None else {la.name: la.shape for la in network.layers}
    for statement in analysis.document.statements:
        kind = statement.kind.text
        if kind not in FORMS:
            continue
        owner, name = owner_of(statement), statement.name
        label = owner if name is None else name.text
        shape = dims(shapes.get(label, ())) if name is not None else ""
        detail = " ".join(filter(None, ("" if name is None else owner, shape)))
        is_layer = FORMS[kind].is_layer or FORMS[kind].name == "required"
        yield Entry(
            label,
            detail,
            "layer" if is_layer else "setting",
            statement.span.to(head(statement)),
            head(statement) if name is None else name.span,
        )


@dataclass(frozen=True, slots=True)
class Fold:
    """The lines from the first to the last, both counted from 1."""

    first: int
    last: int
    is_comment: bool = False


def folds(document: tree.Document) -> Iterator[Fold]:
    """What stands on several lines: the network, statements, values, comments."""
    source = document.span.source
    last = source.line_column(len(source.text.rstrip()))[0]
    if document.network is not None and not source.is_yaml:
        yield from _fold(document.network.span.first.line, last)
    if document.layers is not None and document.statements:
        lines = [s.span.last.line for s in document.statements if _is_layer(s)]
        yield from _fold(document.layers.first.line, max(lines, default=0))
    for statement in document.statements:
        yield from _folded(statement.span)
        for item in statement.properties or ():
            yield from _folded(item.span)
    alone = [c.span.first.line for c in document.comments if not c.trailing]
    for _, run in groupby(enumerate(alone), key=lambda pair: pair[1] - pair[0]):
        lines = [line for _, line in run]
        for fold in _fold(lines[0], lines[-1]):
            yield Fold(fold.first, fold.last, is_comment=True)


def _is_layer(statement: tree.Statement) -> bool:
    form = FORMS.get(statement.kind.text)
    return form is not None and form.place == "layer"


def _folded(span: Span) -> Iterator[Fold]:
    return _fold(span.first.line, span.last.line)


def _fold(first: int, last: int) -> Iterator[Fold]:
    if last > first:
        yield Fold(first, last)
