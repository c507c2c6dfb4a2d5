"""The parts of a statement in front of its block: there, and there rightly."""

from __future__ import annotations

from collections.abc import Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Report
from snnc.passes.validate.forms import FORMS, Form, owner_of
from snnc.source import Span
from snnc.syntax import tree


def head(statement: tree.Statement) -> Span:
    """The statement from its kind to its name."""
    last = statement.name or statement.variant or statement.kind
    return statement.kind.span.to(last.span)


def check_parts(statement: tree.Statement, report: Report) -> bool:
    """Whether a statement has the parts that it needs and no other."""
    form = FORMS[statement.kind.text]
    problems = [*_missing(statement, form), *_not_taken(statement, form)]
    for problem in problems:
        report.add(problem)
    return not problems


def _missing(statement: tree.Statement, form: Form) -> Iterator[Diagnostic]:
    kind = owner_of(statement)
    if form.name == "required" and statement.name is None:
        yield rules.names.MissingName(
            span=head(statement), kind=kind, example=form.example.split()[1]
        )
    parts = " and ".join(_missing_parts(statement, form))
    if parts:
        yield rules.names.MissingPart(
            span=head(statement), owner=kind, part=parts, example=form.example
        )


def _missing_parts(statement: tree.Statement, form: Form) -> Iterator[str]:
    if form.values == "required" and statement.shape is None:
        yield "a shape"
    if form.values == "required" and statement.within is None:
        yield "a range of values"
    if form.sources == "required" and not statement.sources:
        yield "the layers to read"
    if statement.kind.text == "about" and statement.text is None:
        yield "a text"


def _not_taken(statement: tree.Statement, form: Form) -> Iterator[Diagnostic]:
    kind = owner_of(statement)
    for part, span, advice in _extra_parts(statement, form):
        yield rules.names.PartNotTaken(span=span, owner=kind, part=part, advice=advice)


def _extra_parts(
    statement: tree.Statement, form: Form
) -> Iterator[tuple[str, Span, str]]:
    like = f"write, for example, `{form.example}`"
    if form.name == "none" and statement.name is not None:
        yield "name", statement.name.span, like
    if form.values == "none" and statement.shape is not None:
        shape = "remove it: a layer's shape follows from what it reads"
        yield "shape", statement.shape.span, shape if form.is_layer else like
    if form.values == "none" and statement.within is not None:
        yield "range", statement.within.span, "remove it: only the input has a range"
    if form.sources == "none" and statement.sources:
        sources = statement.sources[0].span.to(statement.sources[-1].span)
        yield "`from`", sources, "remove it: it reads no layer"
    if statement.kind.text != "about" and statement.text is not None:
        yield "text", statement.text.span, f"remove it, or write `about` {_TEXT}"
    if statement.kind.text in _BLOCKLESS and statement.properties:
        block = statement.properties[0].span.to(statement.properties[-1].span)
        yield "properties", block, "remove them"


_TEXT = "on a line of its own"
_BLOCKLESS = frozenset(("about", "input", "add", "concat"))
