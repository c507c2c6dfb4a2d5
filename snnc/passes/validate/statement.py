"""Convert a statement to its model: check words, then parts, then values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ValidationError

from snnc import rules, vocabulary
from snnc.diagnostics import Diagnostic, Diagnostics, Label
from snnc.language import tree
from snnc.language.keywords import (
    BLOCKLESS,
    FORMS,
    KINDS,
    REFUSED,
    VALUES,
    VARIANTS,
    legal_keys,
    model_of,
    owner_of,
)
from snnc.language.models import Model, validate
from snnc.language.statements import ReadoutSpec
from snnc.passes.validate.structure import check_parts, head


def check_statement(
    statement: tree.Statement,
    report: Diagnostics,
    others: Sequence[tree.Statement] = (),
) -> Model | None:
    """Return the model of a statement, or None after reporting errors.

    ``others`` are the statements of the spec, whose names may appear in messages.
    """
    if statement.broken or not check_head(statement, report):
        return None
    errors = report.errors
    check_parts(statement, report)
    properties = check_properties(statement, report)
    model = _model(statement, properties, report, others)
    if isinstance(model, ReadoutSpec) and report.errors == errors:
        _check_size(statement, properties, report)
    return model if report.errors == errors else None


def _model(
    statement: tree.Statement,
    properties: Mapping[str, tree.Property],
    report: Diagnostics,
    others: Sequence[tree.Statement],
) -> Model | None:
    model = model_of(statement)
    if model is None:
        return None
    values = _values(statement, properties)
    try:
        return validate(model, values)
    except ValidationError as error:
        # Import late: only errors need this.
        from snnc.passes.validate.unknown import translate

        report.add(*translate(error, values, statement, others))
        return None


def _values(
    statement: tree.Statement, properties: Mapping[str, tree.Property]
) -> dict[str, Any]:
    """Return the values of a statement, still as syntax, by the model's field names."""
    kind = statement.kind.text
    if kind == "neuron":
        return {"neuron": _neuron(statement, tuple(properties.values()))}
    values: dict[str, Any] = {key: item.value for key, item in properties.items()}
    form = FORMS[kind]
    if form.is_layer and statement.variant is None:
        values["kind"] = kind
    if kind == "defaults" and statement.variant is not None:
        values["layer"] = statement.variant.text
    if form.name != "none" and statement.name is not None:
        values["name"] = statement.name
    if form.sources != "none" and statement.sources:
        values["sources"] = statement.sources
    if form.values != "none":
        parts = {part: getattr(statement, part) for part in VALUES}
        values |= {part: node for part, node in parts.items() if node is not None}
    return values


def _neuron(
    statement: tree.Statement, properties: tuple[tree.Property, ...]
) -> tree.Group:
    """Convert ``neuron lif { ... }`` to its value inside ``defaults``."""
    name = statement.variant or statement.kind
    written = name.span.source is statement.span.source  # not set by `replace`
    span = name.span.to(statement.span) if written else name.span
    return tree.Group(name, properties, span)


def _check_size(
    statement: tree.Statement,
    properties: Mapping[str, tree.Property],
    report: Diagnostics,
) -> None:
    """Report a readout that has both classes and units, or neither."""
    name = statement.name.text if statement.name else ""
    owner = f"{owner_of(statement)} {name}"
    classes = properties.get("classes")
    units = properties.get("units") or properties.get("filters")
    problem: Diagnostic | None = None
    if classes is not None and units is not None:
        problem = rules.names.TwoSizes(
            span=units.span,
            owner=owner,
            related=(Label(classes.span, "a classifier"),),
        )
    if classes is None and units is None:
        problem = rules.names.MissingProperty(
            span=head(statement),
            owner=owner,
            what="`classes`, `units` or `filters`",
            example=f"{owner} {{ classes 10 }}",
        )
    if problem is not None:
        report.add(problem)


_AXIS_WORDS = frozenset(("axis", "axes", "over"))


def check_head(statement: tree.Statement, report: Diagnostics) -> bool:
    """Return whether the kind and variant are known; report unknown words."""
    problem = _head_problem(statement)
    if problem is not None:
        report.add(problem)
    return problem is None


def _head_problem(statement: tree.Statement) -> Diagnostic | None:
    kind, variant = statement.kind, statement.variant
    if kind.text not in KINDS:
        return vocabulary.foreign_keywords.unknown_kind(statement)
    variants = VARIANTS.get(kind.text, ())
    if variant is None:
        if not variants or kind.text == "defaults":
            return None
        return rules.misplaced.MissingVariant(
            span=kind.span, kind=kind.text, known=variants
        )
    if variant.text in variants:
        return None
    return _unknown_variant(kind, variant, variants)


def _unknown_variant(
    kind: tree.Word, variant: tree.Word, variants: tuple[str, ...]
) -> Diagnostic | None:
    foreign = vocabulary.foreign_keywords.refusal(variant, "value")
    if foreign and (kind.text == "neuron" or variant.text in REFUSED):
        return foreign
    fix = vocabulary.foreign_keywords.fix_word(variant.span, variant.text, variants)
    is_newer = rules.misplaced.is_newer_chip(kind.text, variant.text)
    return rules.misplaced.UnknownVariant(
        span=variant.span,
        kind=kind.text,
        word=variant.text,
        near=vocabulary.foreign_keywords.nearest(variant.text, variants),
        known=variants,
        advice=rules.misplaced.NEWER_CHIP if is_newer else "",
        fix=None if is_newer else fix,
    )


def check_properties(
    statement: tree.Statement, report: Diagnostics
) -> dict[str, tree.Property]:
    """Return the valid properties of a statement by key."""
    by_key = dict[str, tree.Property]()
    legal = legal_keys(statement)
    if statement.kind.text in BLOCKLESS:
        return by_key  # reported elsewhere as a superfluous block
    for item in statement.properties or ():
        if report.full:
            break
        problem = _describe_repeat(item, by_key) or _property_problem(
            statement, item, legal
        )
        problem = problem or _nested_problem(item)
        if problem is None:
            by_key[item.key.text] = item
            continue
        report.add(problem)
    return by_key


def _describe_repeat(
    item: tree.Property, by_key: dict[str, tree.Property]
) -> Diagnostic | None:
    first = by_key.get(item.key.text)
    if first is None:
        return None
    return rules.names.RepeatedProperty(
        span=item.key.span,
        key=item.key.text,
        related=(Label(first.key.span, "first given here"),),
    )


def _property_problem(
    statement: tree.Statement, item: tree.Property, legal: tuple[str, ...]
) -> Diagnostic | None:
    key = item.key
    if key.text in ("neuron", "activation") and (problem := _refused_neuron(item)):
        return problem
    if key.text in legal:
        return None
    if problem := vocabulary.foreign_keywords.refusal(key, "property"):
        return problem
    if statement.kind.text == "dense" and key.text in _AXIS_WORDS:
        return rules.refused.DenseOverAxis(span=key.span, key=key.text)
    from snnc.passes.validate.unknown import unknown_property  # only for errors

    return unknown_property(
        item, owner_of(statement), legal, statement.properties or ()
    )


def _refused_neuron(item: tree.Property) -> Diagnostic | None:
    """Describe an activation that neurons can't compute."""
    word = next(_words(item.value), None)
    if word is None or word.text in VARIANTS["neuron"]:
        return None
    return vocabulary.foreign_keywords.refusal(word, "value")


def _words(value: tree.Value) -> Iterator[tree.Word]:
    if isinstance(value, tree.Word):
        yield value
    if isinstance(value, tree.Group):
        yield value.name


def _nested_problem(item: tree.Property) -> Diagnostic | None:
    """Describe a repeated or unsupported property inside ``adam { ... }``."""
    if not isinstance(item.value, tree.Group):
        return None
    by_key = dict[str, tree.Property]()
    for inner in item.value.properties:
        if problem := _describe_repeat(inner, by_key) or _nested_problem(inner):
            return problem
        if inner.key.text in REFUSED:
            return vocabulary.foreign_keywords.refusal(inner.key, "property")
        by_key[inner.key.text] = inner
    return None
