"""Convert a statement to its model: check words, then parts, then values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ValidationError

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.language import keywords, tree
from snnc.language.keywords import BLOCKLESS, FORMS, owner_of
from snnc.language.model import ReadoutSpec
from snnc.language.models import Form, Model, validate
from snnc.source import Span


def check_statement(
    statement: tree.Statement,
    report: Diagnostics,
    others: Sequence[tree.Statement] = (),
) -> Model | None:
    """Return the model of a statement, or None after reporting errors.

    ``others`` are the statements of the spec, whose names may appear in messages.
    """
    if statement.broken:
        return None
    if problem := _head_problem(statement):
        report.add(problem)
        return None
    errors = report.errors
    report.add(*find_wrong_parts(statement))
    properties = check_properties(statement, report)
    model, made = keywords.model_of(statement), None
    if model is not None:
        values = _values(model, statement, properties)
        try:
            made = validate(model, values)
        except ValidationError as error:
            # Import late: only errors need this.
            from snnc.passes.validate.unknown import translate

            report.add(*translate(error, values, statement, others))
    if isinstance(made, ReadoutSpec) and report.errors == errors:
        report.add(*_wrong_size(statement, properties))
    return made if report.errors == errors else None


def _values(
    model: type[Model],
    statement: tree.Statement,
    properties: Mapping[str, tree.Property],
) -> dict[str, Any]:
    """Return the values of a statement, still as syntax, by the model's field names."""
    kind = statement.kind.text
    if kind == "neuron":
        # The statement stands for the property in ``defaults``.
        name = statement.variant or statement.kind
        written = name.span.source is statement.span.source  # not set by `replace`
        span = name.span.to(statement.span) if written else name.span
        return {"neuron": tree.Group(name, tuple(properties.values()), span)}
    values: dict[str, Any] = {key: item.value for key, item in properties.items()}
    if FORMS[kind].is_layer and statement.variant is None:
        values["kind"] = kind
    if kind == "defaults" and statement.variant is not None:
        values["layer"] = statement.variant.text
    parts = {part: getattr(statement, part) for part in keywords.parts_of(model)}
    values |= {part: node for part, node in parts.items() if node}
    return values


def _wrong_size(
    statement: tree.Statement, properties: Mapping[str, tree.Property]
) -> Iterator[Diagnostic]:
    """Describe a readout that has both classes and units, or neither."""
    name = statement.name.text if statement.name else ""
    owner = f"{owner_of(statement)} {name}"
    classes = properties.get("classes")
    units = properties.get("units") or properties.get("filters")
    if classes is not None and units is not None:
        yield rules.statements.TwoSizes(
            span=units.span, owner=owner, related=(Label(classes.span, "a classifier"),)
        )
    if classes is None and units is None:
        yield rules.statements.MissingProperty(
            span=statement.head,
            owner=owner,
            what="`classes`, `units` or `filters`",
            example=f"{owner} {{ classes 10 }}",
        )


_AXIS_WORDS = frozenset(("axis", "axes", "over"))


def _head_problem(statement: tree.Statement) -> Diagnostic | None:
    """Describe an unknown kind, or an unknown or missing variant."""
    kind, variant = statement.kind, statement.variant
    if kind.text not in keywords.KINDS:
        return vocabulary.foreign_keywords.unknown_kind(statement)
    variants = keywords.VARIANTS.get(kind.text, ())
    is_known = variant is not None and variant.text in variants
    if is_known or (variant is None and (not variants or kind.text == "defaults")):
        return None
    explained = rules.misplaced.variants_explained(kind.text, variants)
    if variant is None:
        return rules.misplaced.MissingVariant(
            span=kind.span, kind=kind.text, known=variants, advice=explained
        )
    span, word = variant.span, variant.text
    foreign = vocabulary.foreign_keywords.refusal(variant, "value")
    if foreign and (kind.text == "neuron" or word in keywords.REFUSED):
        return foreign
    near = vocabulary.foreign_keywords.nearest(word, variants)
    advice = "" if near else explained
    fix = vocabulary.foreign_keywords.fix_word(span, word, variants)
    if rules.misplaced.is_newer_chip(kind.text, word):
        advice, fix = rules.misplaced.NEWER_CHIP, None
    unknown = rules.misplaced.UnknownVariant
    return unknown(
        span=span, kind=kind.text, word=word, near=near, advice=advice, fix=fix
    )


def check_properties(
    statement: tree.Statement, report: Diagnostics
) -> dict[str, tree.Property]:
    """Return the valid properties of a statement by key."""
    by_key = dict[str, tree.Property]()
    legal = keywords.legal_keys(statement)
    if statement.kind.text in BLOCKLESS:
        return by_key  # reported elsewhere as a superfluous block
    for item in statement.properties or ():
        if report.full:
            break
        first = by_key.get(item.key.text)
        problem = describe_repeat(item.key, first.key) if first else None
        problem = problem or _property_problem(statement, item, legal)
        problem = problem or _nested_problem(item)
        if problem is None:
            by_key[item.key.text] = item
        else:
            report.add(problem)
    return by_key


def _property_problem(
    statement: tree.Statement, item: tree.Property, legal: tuple[str, ...]
) -> Diagnostic | None:
    key = item.key
    if key.text in ("neuron", "activation"):
        # An activation may be one that neurons can't compute.
        word = item.value.name if isinstance(item.value, tree.Group) else item.value
        if (
            isinstance(word, tree.Word)
            and word.text not in keywords.VARIANTS["neuron"]
            and (problem := vocabulary.foreign_keywords.refusal(word, "value"))
        ):
            return problem
    if key.text in legal:
        return None
    if problem := vocabulary.foreign_keywords.refusal(key, "property"):
        return problem
    if statement.kind.text == "dense" and key.text in _AXIS_WORDS:
        return rules.refused.DenseOverAxis(span=key.span, key=key.text)
    from snnc.passes.validate.unknown import unknown_property  # only for errors

    owner, siblings = owner_of(statement), statement.properties or ()
    return unknown_property(item, owner, legal, siblings)


def _nested_problem(item: tree.Property) -> Diagnostic | None:
    """Describe a repeated or unsupported property inside ``adam { ... }``."""
    if not isinstance(item.value, tree.Group):
        return None
    by_key = dict[str, tree.Property]()
    for inner in item.value.properties:
        if first := by_key.get(inner.key.text):
            return describe_repeat(inner.key, first.key)
        if problem := _nested_problem(inner):
            return problem
        if inner.key.text in keywords.REFUSED:
            return vocabulary.foreign_keywords.refusal(inner.key, "property")
        by_key[inner.key.text] = inner
    return None


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
            span=statement.head, kind=kind, example=form.example.split()[1]
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
            span=statement.head, owner=kind, what=parts, example=form.example
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
    shape, line = statement.shape, _with_size(statement, form)
    is_unnamed = statement.name is None and form.name == "required"
    has_more = statement.properties is not None or statement.sources or statement.within
    if shape is None or is_unnamed or has_more or statement.span.source.is_yaml:
        return None
    return Fix(statement.kind.span.to(shape.span), line) if line else None


def describe_repeat(key: tree.Word, first: tree.Word) -> Diagnostic:
    """Describe a property that is given twice."""
    return rules.statements.RepeatedProperty(
        span=key.span, key=key.text, related=(Label(first.span, "first given here"),)
    )
