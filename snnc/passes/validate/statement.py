"""One statement to its model, by its types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from snnc import rules
from snnc.diagnostics import Diagnostic, Label, Report
from snnc.language import tree
from snnc.language.base import Model
from snnc.language.forms import FORMS, VALUES, model_of, owner_of
from snnc.language.statements import ReadoutSpec
from snnc.passes.validate.parts import check_parts, head
from snnc.passes.validate.words import check_head, check_properties

if TYPE_CHECKING:
    from snnc.passes.validate.wording import Written


def check_statement(
    statement: tree.Statement, report: Report, others: Sequence[tree.Statement] = ()
) -> Model | None:
    """Return the model of a statement, or None after reporting what is wrong.

    ``others`` are the statements of the spec, whose names a report can tell.
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
    report: Report,
    others: Sequence[tree.Statement],
) -> Model | None:
    model = model_of(statement)
    if model is None:
        return None
    values = _values(statement, properties)
    with suppress(ValueError):
        return model.accept(values)
    # A good spec need not wait for the import of what explains bad ones.
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        from snnc.passes.validate.translate import Located, translate

        located = Located(values, head(statement), _written(statement, others))
        for detail in error.errors(include_url=False):
            if detail["type"] != "missing":  # reported as a missing part
                report.add(translate(detail, located))
        return None


def _written(statement: tree.Statement, others: Sequence[tree.Statement]) -> Written:
    """The names of the input and of the first encoder that has one."""
    from snnc.passes.validate.wording import Written

    names = {s.kind.text: s.name.text for s in reversed(others) if s.name is not None}
    return Written(
        input=names.get("input", ""),
        encoder=names.get("encode", ""),
        by_encoder=statement.kind.text == "encode",
    )


def _values(
    statement: tree.Statement, properties: Mapping[str, tree.Property]
) -> dict[str, Any]:
    """What the statement says, still as syntax, by the names of the model."""
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
    """``neuron lif { ... }`` as the value that it has inside ``defaults``."""
    name = statement.variant or statement.kind
    return tree.Group(name, properties, name.span.to(statement.span))


def _check_size(
    statement: tree.Statement, properties: Mapping[str, tree.Property], report: Report
) -> None:
    """Report a readout that has both classes and units, or neither."""
    name = statement.name.text if statement.name else ""
    owner = f"{owner_of(statement)} {name}"
    classes, units = properties.get("classes"), properties.get("units")
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
            what="`classes` or `units`",
            example=f"{owner} {{ classes 10 }}",
        )
    if problem is not None:
        report.add(problem)
