"""Check the parts of each statement, and the number, order and names of statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.language import tree
from snnc.language.keywords import BLOCKLESS, FORMS, owner_of
from snnc.language.models import Form
from snnc.source import Span


def head(statement: tree.Statement) -> Span:
    """Return the span of a statement from its kind to its name."""
    last = statement.name or statement.variant or statement.kind
    return statement.kind.span.to(last.span)


def find_wrong_parts(statement: tree.Statement) -> Iterator[Diagnostic]:
    """Yield the parts that a statement lacks, and those that its kind does not take."""
    form = FORMS[statement.kind.text]
    yield from _missing(statement, form)
    for part, span, advice in _extra_parts(statement, form):
        yield rules.statements.PartNotTaken(
            span=span,
            owner=owner_of(statement),
            part=part,
            advice=advice,
            fix=_shape_fix(statement, form) if part == "shape" else None,
        )


def _missing(statement: tree.Statement, form: Form) -> Iterator[Diagnostic]:
    kind = owner_of(statement)
    if statement.properties and statement.kind.text in BLOCKLESS:
        return  # a missing part may be in the block, which is reported elsewhere
    number = isinstance(statement.shape, tree.Number) and statement.kind.text != "input"
    # Another diagnostic reports a value in the name's position.
    named = statement.name is not None or statement.text is not None or number
    if form.name == "required" and not named:
        yield rules.statements.MissingName(
            span=head(statement), kind=kind, example=form.example.split()[1]
        )
    has_text = statement.text is not None or statement.name is not None
    lacks = {
        "a shape": form.values == "required" and statement.shape is None,
        "a range of values": form.values == "required" and statement.within is None,
        "the layers to read": form.sources == "required" and not statement.sources,
        "a text": statement.kind.text == "about" and not has_text,
    }
    if parts := " and ".join(part for part, is_lacking in lacks.items() if is_lacking):
        yield rules.statements.MissingPart(
            span=head(statement), owner=kind, what=parts, example=form.example
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
        line = _with_size(statement, form)
        advice = "remove it: a layer's shape follows from its input"
        advice = f"write `{line}`" if line else advice
        yield "shape", statement.shape.span, advice if form.is_layer else like
    if form.values == "none" and statement.within is not None:
        yield "range", statement.within.span, "remove it: only the input has a range"
    if form.sources == "none" and statement.sources:
        sources = statement.sources[0].span.to(statement.sources[-1].span)
        yield "`from`", sources, "remove it: this statement reads no layer"
    if kind != "about" and statement.text is not None:
        advice = "remove it, or write `about` on a line of its own"
        if form.name != "none" and statement.name is None:
            name = statement.text.value
            advice = f"write names without quotes: `{owner_of(statement)} {name}`"
        yield "text", statement.text.span, advice
    if kind in BLOCKLESS and statement.properties:
        block = statement.properties[0].span.to(statement.properties[-1].span)
        yield "properties", block, like if kind == "input" else "remove them"


def _with_size(statement: tree.Statement, form: Form) -> str:
    """Return the line with its bare number as a property; empty without a number."""
    kind, shape = statement.kind.text, statement.shape
    if not form.size or not isinstance(shape, tree.Number):
        return ""
    name = statement.name.text if statement.name else form.usual_name
    return f"{kind} {name} {{ {form.size} {shape.span.text} }}".replace("  ", " ")


def _shape_fix(statement: tree.Statement, form: Form) -> Fix | None:
    """Return a fix that moves a bare number into a new block."""
    shape, line = statement.shape, _with_size(statement, form)
    is_unnamed = statement.name is None and form.name == "required"
    has_more = statement.properties is not None or statement.sources or statement.within
    if shape is None or is_unnamed or has_more or statement.span.source.is_yaml:
        return None
    return Fix(statement.kind.span.to(shape.span), line) if line else None


_ONCE = frozenset(kind for kind, form in FORMS.items() if form.once)
_NAMED = frozenset(kind for kind, form in FORMS.items() if form.name != "none")
_ANY_LAYER = "a layer"
"""Stands for all kinds of layers; no kind has this name."""
_EXAMPLES = {kind: FORMS[kind].example for kind in ("input", "readout")}


def is_layer(statement: tree.Statement) -> bool:
    form = FORMS.get(statement.kind.text)
    return form is not None and form.is_layer


def find_misplaced(
    statements: Sequence[tree.Statement],
) -> Iterator[tuple[int, Diagnostic]]:
    """Yield the indices of statements that are repeated or out of order."""
    first: dict[str, tree.Statement] = {}
    for index, statement in enumerate(statements):
        kind = statement.kind.text
        if kind in first and kind in _ONCE:
            yield index, _second(statement, first[kind])
        elif problem := _out_of_place(statement, first):
            yield index, problem
        first.setdefault(_ANY_LAYER if is_layer(statement) else kind, statement)


def _second(statement: tree.Statement, first: tree.Statement) -> Diagnostic:
    """Describe the second statement of a kind that occurs once."""
    kind = statement.kind.text
    related = (Label(head(first), "first written here"),)
    if kind == "input":
        return rules.refused.SeveralInputs(span=head(statement), related=related)
    return rules.statements.RepeatedStatement(
        span=head(statement), kind=kind, related=related
    )


def _out_of_place(
    statement: tree.Statement, first: dict[str, tree.Statement]
) -> Diagnostic | None:
    kind = statement.kind.text
    if kind in ("defaults", "neuron", "input") and _ANY_LAYER in first:
        where, before = "after the first layer", first[_ANY_LAYER]
        there, label = "before the layers", "the first layer"
    elif is_layer(statement) and "readout" in first:
        where, before = "after the readout", first["readout"]
        there, label = "before the readout", "the readout"
    else:
        return None
    return rules.statements.OutOfPlace(
        span=head(statement),
        kind=kind,
        where=where,
        there=there,
        related=(Label(head(before), label),),
    )


def find_absent(
    statements: Sequence[tree.Statement], network: Span
) -> Iterator[Diagnostic]:
    """Yield diagnostics for a missing input or readout, unless a kind is unknown."""
    kinds = {statement.kind.text for statement in statements}
    if not kinds <= FORMS.keys():
        return
    for kind, example in _EXAMPLES.items():
        if kind in kinds:
            continue
        hint = f"write, for example, `{example}`"
        if kind == "readout" and (meant := _meant_as_readout(statements)):
            hint = f"write `{meant}` instead of `dense {meant.split()[1]}`"
        yield rules.statements.MissingStatement(span=network, kind=kind, advice=hint)


_LAST = re.compile(r"(out|logit|pred|class|label|softmax|head)", re.IGNORECASE)


def _meant_as_readout(statements: Sequence[tree.Statement]) -> str:
    """Return the last layer as a readout, if it was probably meant as a readout."""
    layers = [s for s in statements if is_layer(s)]
    last = layers[-1] if layers else None
    if last is None or last.kind.text != "dense" or last.name is None:
        return ""
    given = {p.key.text: p.value for p in last.properties or ()}
    units = given.get("units")
    named = _LAST.match(last.name.text) is not None
    if not isinstance(units, tree.Number) or not (named or "activation" in given):
        return ""
    return f"readout {last.name.text} {{ classes {units.span.text} }}"


def find_repeated_names(
    statements: Sequence[tree.Statement],
) -> Iterator[tuple[int, Diagnostic]]:
    """Yield the indices of statements whose names are already taken."""
    taken = {statement.name.text for statement in statements if statement.name}
    firsts: dict[str, tree.Word] = {}
    for index, statement in enumerate(statements):
        name = statement.name
        if name is None or statement.kind.text not in _NAMED:
            continue
        first = firsts.setdefault(name.text, name)
        if first is not name:
            numbered = (f"{name.text}_{number}" for number in count(2))
            yield (
                index,
                rules.statements.RepeatedName(
                    span=name.span,
                    name=name.text,
                    free=next(other for other in numbered if other not in taken),
                    related=(Label(first.span, "first used here"),),
                ),
            )


def find_repeated_defaults(
    statements: Sequence[tree.Statement],
) -> Iterator[Diagnostic]:
    """Yield properties that two `defaults` set for the same layers."""
    first: dict[tuple[str, str], tree.Word] = {}
    for statement in statements:
        if statement.broken or statement.kind.text not in ("defaults", "neuron"):
            continue
        for scope, key in _keys_set(statement):
            before = first.setdefault((scope, key.text), key)
            if before is not key:
                yield describe_repeat(key, before)


def describe_repeat(key: tree.Word, first: tree.Word) -> Diagnostic:
    """Describe a property that is given twice."""
    return rules.statements.RepeatedProperty(
        span=key.span,
        key=key.text,
        related=(Label(first.span, "first given here"),),
    )


def _keys_set(statement: tree.Statement) -> Iterator[tuple[str, tree.Word]]:
    """Yield the layers that a `defaults` applies to, with each key that it sets."""
    if statement.kind.text == "neuron":
        yield "", statement.kind
        return
    scope = statement.variant.text if statement.variant else ""
    own: set[str] = set()
    for item in statement.properties or ():
        if item.key.text not in own:
            yield scope, item.key
        own.add(item.key.text)
