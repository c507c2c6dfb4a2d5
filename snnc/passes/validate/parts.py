"""The parts of a statement in front of its block: there, and there rightly."""

from __future__ import annotations

from collections.abc import Iterator

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Report
from snnc.language import tree
from snnc.language.keywords import BLOCKLESS, FORMS, owner_of
from snnc.language.table import Form
from snnc.source import Span


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
    if statement.properties and statement.kind.text in BLOCKLESS:
        return  # what is missing may be in the block, which is reported
    if form.name == "required" and statement.name is None and not _stands_in(statement):
        yield rules.names.MissingName(
            span=head(statement), kind=kind, example=form.example.split()[1]
        )
    parts = " and ".join(_missing_parts(statement, form))
    if parts:
        yield rules.names.MissingPart(
            span=head(statement), owner=kind, part=parts, example=form.example
        )


def _stands_in(statement: tree.Statement) -> bool:
    """Whether something is reported that stands where the name belongs."""
    number = isinstance(statement.shape, tree.Number)
    return statement.text is not None or (number and statement.kind.text != "input")


def _missing_parts(statement: tree.Statement, form: Form) -> Iterator[str]:
    if form.values == "required" and statement.shape is None:
        yield "a shape"
    if form.values == "required" and statement.within is None:
        yield "a range of values"
    if form.sources == "required" and not statement.sources:
        yield "the layers to read"
    if statement.kind.text == "about" and not (statement.text or statement.name):
        yield "a text"


def _not_taken(statement: tree.Statement, form: Form) -> Iterator[Diagnostic]:
    kind = owner_of(statement)
    for part, span, advice in _extra_parts(statement, form):
        fix = _shape_fix(statement, form) if part == "shape" else None
        yield rules.names.PartNotTaken(
            span=span, owner=kind, part=part, advice=advice, fix=fix
        )


def _extra_parts(
    statement: tree.Statement, form: Form
) -> Iterator[tuple[str, Span, str]]:
    like = f"write, for example, `{form.example}`"
    kind = statement.kind.text
    if form.name == "none" and statement.name is not None:
        text = f'write `about "{statement.name.text}"`'
        yield "name", statement.name.span, text if kind == "about" else like
    if form.values == "none" and statement.shape is not None:
        shape = _shape_advice(statement, form)
        yield "shape", statement.shape.span, shape if form.is_layer else like
    if form.values == "none" and statement.within is not None:
        yield "range", statement.within.span, "remove it: only the input has a range"
    if form.sources == "none" and statement.sources:
        sources = statement.sources[0].span.to(statement.sources[-1].span)
        yield "`from`", sources, "remove it: it reads no layer"
    if statement.kind.text != "about" and statement.text is not None:
        yield "text", statement.text.span, _text_advice(statement, form)
    if kind in BLOCKLESS and statement.properties:
        block = statement.properties[0].span.to(statement.properties[-1].span)
        yield "properties", block, like if kind == "input" else "remove them"


def _shape_advice(statement: tree.Statement, form: Form) -> str:
    """What to write for `dense 64`, or for a layer with a shape."""
    line = _with_size(statement, form)
    if not line:
        return "remove it: a layer's shape follows from what it reads"
    return f"write `{line}`"


def _with_size(statement: tree.Statement, form: Form) -> str:
    """The line with its bare number among the properties; empty if it has none."""
    kind, shape = statement.kind.text, statement.shape
    if not form.size or not isinstance(shape, tree.Number):
        return ""
    name = statement.name.text if statement.name else form.usual_name
    return f"{kind} {name} {{ {form.size} {shape.span.text} }}".replace("  ", " ")


def _shape_fix(statement: tree.Statement, form: Form) -> Fix | None:
    """Put a bare number into braces, if there are none and no name is to be found."""
    shape = statement.shape
    named = statement.name is not None or form.name != "required"
    plain = statement.properties is None and not statement.sources
    line = _with_size(statement, form)
    plain = plain and not statement.within and not statement.span.source.is_yaml
    if shape is None or not (line and named and plain):
        return None
    return Fix(statement.kind.span.to(shape.span), line)


def _text_advice(statement: tree.Statement, form: Form) -> str:
    if form.name == "none" or statement.name or statement.text is None:
        return "remove it, or write `about` on a line of its own"
    return f"write names without quotes: `{owner_of(statement)} {statement.text.value}`"
