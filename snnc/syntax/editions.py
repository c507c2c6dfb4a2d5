"""Write a spec in another edition of the language, with the same meaning.

The new spec contains the old edition's defaults on which the old spec relied.
"""

from __future__ import annotations

from dataclasses import replace

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.keywords import (
    FORMS,
    default,
    defaults_by_edition,
    model_of,
)
from snnc.language.model import SCOPES, DefaultsSpec, ReadoutSpec, TimingSpec
from snnc.language.models import Model, fields_of
from snnc.syntax.changes import add_statement, change_statement, place_values
from snnc.syntax.settings import read_setting


def in_edition(document: tree.Document, edition: int) -> tree.Document:
    """Return a valid spec in another edition, with the same values."""
    written = document.edition
    assert written is not None, "a valid spec names its edition"
    old = int(written.value)
    if old == edition:
        return document
    document = _with_statement(document, "timing", TimingSpec, old)
    if _relies_on_rate(document):
        document = _with_statement(document, "defaults", DefaultsSpec, old)
    statements = list(document.statements)
    for index, statement in enumerate(statements):
        model = model_of(statement)
        if model is ReadoutSpec or FORMS[statement.kind.text].place == "encoder":
            assert model is not None
            statements[index] = _with_defaults(statement, model, old)
    number = replace(written, value=edition)
    document = replace(document, edition=number, statements=tuple(statements))
    return place_values(document)


def _relies_on_rate(document: tree.Document) -> bool:
    """Return whether a layer takes its `rate` from the edition."""
    # In `defaults`, only `rate` depends on the edition.
    scopes = {
        statement.variant.text if statement.variant else ""
        for statement in document.statements
        if statement.kind.text == "defaults" and "rate" in _keys(statement)
    }
    if "" in scopes:
        return False
    return any(
        statement.kind.text in SCOPES
        and statement.kind.text not in scopes
        and "rate" not in _keys(statement)
        for statement in document.statements
    )


def _keys(statement: tree.Statement) -> frozenset[str]:
    return frozenset(item.key.text for item in statement.properties or ())


def _with_statement(
    document: tree.Document, kind: str, model: type[Model], edition: int
) -> tree.Document:
    """Write an edition's defaults in the statement of a kind, which may be missing."""
    statements = document.statements
    same = (i for i, s in enumerate(statements) if s.kind.text == kind)
    at = next((i for i in same if statements[i].variant is None), None)
    if at is None:
        network = document.network
        assert network is not None, "a valid spec names its network"
        document, at = add_statement(document, tree.Word(kind, network.span))
    changed = list(document.statements)
    changed[at] = _with_defaults(changed[at], model, edition)
    return replace(document, statements=tuple(changed))


def _with_defaults(
    statement: tree.Statement, model: type[Model], edition: int
) -> tree.Statement:
    """Write an edition's defaults of the properties that a statement lacks."""
    for key in defaults_by_edition(model):
        if key in _keys(statement):
            continue
        # The parser makes the syntax that a user's text would have.
        text = default(fields_of(model)[key], edition)
        path = f"{statement.kind.text}.{key}"
        setting = read_setting(f"{path}={text}", path, Diagnostics())
        assert setting is not None, "defaults are valid values"
        statement = change_statement(statement, setting.path[1:], setting.value)
    return statement
