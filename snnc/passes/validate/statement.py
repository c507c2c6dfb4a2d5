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
    others: Sequence[tree.Statement],
) -> Model | None:
    """Return the model of a statement, or None after reporting errors.

    ``others`` are the statements of the spec, whose names may appear in messages.
    """
    if statement.broken:
        return None
    problem = _head_problem(statement)
    if problem is not None:
        report.add(problem)
        return None
    errors = report.errors
    report.add(*find_wrong_parts(statement))
    properties = check_properties(statement, report)
    model = keywords.model_of(statement)
    checked = None
    if model is not None:
        values = _values(model, statement, properties)
        try:
            checked = validate(model, values)
        except ValidationError as error:
            # Import late: only errors need this.
            from snnc.passes.validate.unknown import translate

            report.add(*translate(error, values, statement, others))
    if isinstance(checked, ReadoutSpec) and report.errors == errors:
        report.add(*_wrong_size(statement, properties))
    return checked if report.errors == errors else None


def _values(
    model: type[Model],
    statement: tree.Statement,
    properties: Mapping[str, tree.Property],
) -> dict[str, Any]:
    """Return the values of a statement, still as syntax, by the model's field names."""
    kind = statement.kind.text
    if kind == "neuron":
        return {"neuron": _neuron_group(statement, properties)}
    values: dict[str, Any] = {key: item.value for key, item in properties.items()}
    if FORMS[kind].is_layer and statement.variant is None:
        values["kind"] = kind
    if kind == "defaults" and statement.variant is not None:
        values["layer"] = statement.variant.text
    parts = {part: getattr(statement, part) for part in keywords.parts_of(model)}
    values |= {part: node for part, node in parts.items() if node}
    return values


def _neuron_group(
    statement: tree.Statement, properties: Mapping[str, tree.Property]
) -> tree.Group:
    """Return the value of the property in `defaults` that the statement stands for."""
    name = statement.variant or statement.kind
    written = name.span.source is statement.span.source  # not set by `replace`
    span = name.span.to(statement.span) if written else name.span
    return tree.Group(name, tuple(properties.values()), span)


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
    kind = statement.kind
    if kind.text not in keywords.KINDS:
        return vocabulary.unknown_kinds.unknown_kind(statement)
    variants = keywords.VARIANTS.get(kind.text, ())
    if statement.variant is not None:
        return _variant_problem(kind.text, statement.variant, variants)
    if not variants or kind.text == "defaults":
        return None
    explained = rules.misplaced.variants_explained(kind.text, variants)
    return rules.misplaced.MissingVariant(
        span=kind.span, kind=kind.text, known=variants, advice=explained
    )


def _variant_problem(
    kind: str, variant: tree.Word, variants: tuple[str, ...]
) -> Diagnostic | None:
    word = variant.text
    if word in variants:
        return None
    foreign = vocabulary.foreign_keywords.refusal(variant, "value")
    if foreign and (kind == "neuron" or word in keywords.REFUSED):
        return foreign
    near = vocabulary.foreign_keywords.nearest(word, variants)
    if rules.misplaced.is_newer_chip(kind, word):
        advice = rules.misplaced.NEWER_CHIP
        fix: Fix | None = Fix(variant.span, "loihi", unsafe=True)
    else:
        advice = "" if near else rules.misplaced.variants_explained(kind, variants)
        fix = vocabulary.foreign_keywords.fix_word(variant.span, word, variants)
    return rules.misplaced.UnknownVariant(
        span=variant.span, kind=kind, word=word, near=near, advice=advice, fix=fix
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
    # The key may be legal and its value not: `neuron softmax`.
    problem = _refused_activation(item)
    if problem is not None or key.text in legal:
        return problem
    problem = vocabulary.foreign_keywords.refusal(key, "property")
    if problem is not None:
        return problem
    if statement.kind.text == "dense" and key.text in _AXIS_WORDS:
        return rules.refused.DenseOverAxis(span=key.span, key=key.text)
    from snnc.passes.validate.unknown import unknown_property  # only for errors

    siblings = statement.properties or ()
    return unknown_property(item, owner_of(statement), legal, siblings)


def _refused_activation(item: tree.Property) -> Diagnostic | None:
    """Describe an activation that neurons can't compute, if it is one."""
    if item.key.text not in ("neuron", "activation"):
        return None
    word = item.value.name if isinstance(item.value, tree.Group) else item.value
    if not isinstance(word, tree.Word) or word.text in keywords.VARIANTS["neuron"]:
        return None
    return vocabulary.foreign_keywords.refusal(word, "value")


def _nested_problem(item: tree.Property) -> Diagnostic | None:
    """Describe a repeated or unsupported property inside ``adam { ... }``."""
    if not isinstance(item.value, tree.Group):
        return None
    by_key = dict[str, tree.Property]()
    for inner in item.value.properties:
        first = by_key.get(inner.key.text)
        if first is not None:
            return describe_repeat(inner.key, first.key)
        problem = _nested_problem(inner)
        if problem is not None:
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
    if statement.properties and statement.kind.text in BLOCKLESS:
        return  # a missing part may be in the block, which is reported elsewhere
    is_named = statement.name is not None or statement.text is not None
    if form.name == "required" and not (is_named or _has_number_for_name(statement)):
        yield rules.statements.MissingName(
            span=statement.head,
            kind=owner_of(statement),
            example=form.example.split()[1],
        )
    parts = list(_missing_parts(statement, form))
    if statement.kind.text == "about" and not is_named:
        parts.append("a text")
    if parts:
        yield rules.statements.MissingPart(
            span=statement.head,
            owner=owner_of(statement),
            what=" and ".join(parts),
            example=form.example,
        )


def _missing_parts(statement: tree.Statement, form: Form) -> Iterator[str]:
    if form.values == "required":
        if statement.shape is None:
            yield "a shape"
        if statement.within is None:
            yield "a range of values"
    if form.sources == "required" and not statement.sources:
        yield "the layers to read"


def _has_number_for_name(statement: tree.Statement) -> bool:
    """Return whether a number, which is reported elsewhere, stands for the name."""
    return isinstance(statement.shape, tree.Number) and statement.kind.text != "input"


def _extra_parts(
    statement: tree.Statement, form: Form
) -> Iterator[tuple[str, Span, str]]:
    """Yield the name, the span and the advice for each part that is not taken."""
    example = f"write, for example, `{form.example}`"
    kind = statement.kind.text
    if form.name == "none" and statement.name is not None:
        advice = example
        if kind == "about":
            advice = f'write `about "{statement.name.text}"`'
        yield "name", statement.name.span, advice
    if form.values == "none":
        yield from _extra_values(statement, form, example)
    if form.sources == "none" and statement.sources:
        sources = statement.sources[0].span.to(statement.sources[-1].span)
        yield "`from`", sources, "remove it: this statement reads no layer"
    if statement.text is not None and kind != "about":
        yield "text", statement.text.span, _advice_on_text(statement, form)
    if kind in BLOCKLESS and statement.properties:
        block = statement.properties[0].span.to(statement.properties[-1].span)
        yield "properties", block, _advice_on_block(statement, example)


def _advice_on_block(statement: tree.Statement, example: str) -> str:
    if statement.kind.text != "input":
        return "remove them"
    meant = vocabulary.meant.meant_statement(statement.span.text)
    return f"write `{meant}`" if meant else example


def _extra_values(
    statement: tree.Statement, form: Form, example: str
) -> Iterator[tuple[str, Span, str]]:
    if statement.shape is not None:
        advice = example
        if form.is_layer:
            advice = "remove it: a layer's shape follows from its input"
            line = _with_size(statement, form)
            if line:
                advice = f"write `{line}`"
        yield "shape", statement.shape.span, advice
    if statement.within is not None:
        yield "range", statement.within.span, "remove it: only the input has a range"


def _advice_on_text(statement: tree.Statement, form: Form) -> str:
    if form.name == "none" or statement.name is not None or statement.text is None:
        return "remove it, or write `about` on a line of its own"
    name = statement.text.value
    return f"write names without quotes: `{owner_of(statement)} {name}`"


def _with_size(statement: tree.Statement, form: Form) -> str:
    """Write a statement with its bare number as a property; return "" without one."""
    shape = statement.shape
    if not form.size or not isinstance(shape, tree.Number):
        return ""
    name = statement.name.text if statement.name else form.usual_name
    line = f"{statement.kind.text} {name} {{ {form.size} {shape.span.text} }}"
    return line.replace("  ", " ")


def _shape_fix(statement: tree.Statement, form: Form) -> Fix | None:
    """Return a fix that turns a bare number into a property, such as `units 64`."""
    shape = statement.shape
    is_unnamed = statement.name is None and form.name == "required"
    # The fix replaces the text from the kind to the number, and must not lose a part.
    has_more = statement.properties is not None or statement.sources or statement.within
    if shape is None or is_unnamed or has_more or statement.span.source.is_yaml:
        return None
    line = _with_size(statement, form)
    if not line:
        return None
    return Fix(statement.kind.span.to(shape.span), line)


def describe_repeat(key: tree.Word, first: tree.Word) -> Diagnostic:
    """Describe a property that is given twice."""
    return rules.statements.RepeatedProperty(
        span=key.span, key=key.text, related=(Label(first.span, "first given here"),)
    )
