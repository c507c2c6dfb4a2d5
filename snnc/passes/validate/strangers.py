"""Statements of an unknown kind, and words that the language leaves out."""

from __future__ import annotations

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.passes.validate.homes import owners, setting_line
from snnc.passes.validate.synonyms import fix_word, known_kind, nearest
from snnc.syntax import tree
from snnc.syntax.usual import USUAL
from snnc.syntax.words import KEYS, KINDS, VARIANTS


def refused(word: tree.Word, place: str) -> Diagnostic | None:
    """Say why a word is refused as a statement, property or value, if it is."""
    from snnc.rules.foreign import rule_for  # a good spec need not wait for it

    rule = rule_for(word.text, place)
    return None if rule is None else rule(span=word.span, word=word.text)


def unknown_kind(statement: tree.Statement) -> Diagnostic:
    """Say what to write in place of a statement whose kind is unknown."""
    kind = statement.kind
    problem = refused(kind, "statement")
    if isinstance(problem, rules.refused.MaxPool):
        return _max_pool(kind)
    if isinstance(problem, rules.foreign.Dropout):
        return _dropout(statement)
    return problem or _property(statement) or _unknown(statement)


def _max_pool(kind: tree.Word) -> Diagnostic:
    """Refuse max pooling; an average has the same properties, but is not the same."""
    fix = Fix(kind.span, "avgpool", unsafe=True)
    return rules.refused.MaxPool(span=kind.span, word=kind.text, fix=fix)


def _dropout(statement: tree.Statement) -> Diagnostic:
    """Refuse dropout as a layer; what to write has the share that is written."""
    properties = statement.properties or ()
    values = [statement.shape, *(item.value for item in properties)]
    numbers = [value for value in values if isinstance(value, tree.Number)]
    kind = statement.kind
    share = numbers[0].span.text if numbers else USUAL["dropout"]
    return rules.foreign.Dropout(span=kind.span, word=kind.text, share=share)


def _property(statement: tree.Statement) -> Diagnostic | None:
    """Say where a property belongs that stands in place of a statement."""
    key = statement.kind.text
    if key not in KEYS:
        return None
    value = statement.shape
    shown = USUAL[key] if value is None else value.span.text
    return rules.misplaced.PropertyAsStatement(
        span=statement.kind.span,
        key=key,
        kinds=owners(key),
        setting=setting_line(key, shown, {}),
    )


def _glued(word: str) -> str | None:
    """A kind and its variant of which the blank between them is missing."""
    pairs = ((kind, variant) for kind, all_ in VARIANTS.items() for variant in all_)
    return next((f"{k} {v}" for k, v in pairs if word.replace("_", "") == k + v), None)


def _unknown(statement: tree.Statement) -> Diagnostic:
    from snnc.passes.validate.foreign_kinds import kind_counterpart

    kind, known = statement.kind, tuple(sorted(KINDS))
    meant, certain = known_kind(kind.text, known)
    name = statement.name.text if statement.name else ""
    if (glued := _glued(kind.text)) and not kind.span.source.is_yaml:
        meant, certain = glued, True
    advice = "" if meant else kind_counterpart(kind.text, name)
    fix = Fix(kind.span, meant) if meant and certain else None
    return rules.names.UnknownKind(
        span=kind.span,
        word=kind.text,
        near=meant or nearest(kind.text, known),
        known=known,
        fix=fix if meant or advice else fix_word(kind.span, kind.text, known),
        advice=advice,
    )
