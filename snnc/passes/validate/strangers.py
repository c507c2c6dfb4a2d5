"""Statements of an unknown kind, and words that the language leaves out."""

from __future__ import annotations

from itertools import islice

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.passes.validate.forms import FORMS
from snnc.passes.validate.limits import USUAL
from snnc.passes.validate.synonyms import fix_word, known_kind, nearest
from snnc.syntax import tree
from snnc.syntax.words import KEYS, KINDS

_MOST_OWNERS = 4


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
    return problem or _property(kind) or _unknown(kind)


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


def _property(kind: tree.Word) -> Diagnostic | None:
    """Say where a property belongs that stands in place of a statement."""
    if kind.text not in KEYS:
        return None
    return rules.misplaced.PropertyAsStatement(
        span=kind.span, key=kind.text, kinds=_owners(kind.text)
    )


def _owners(key: str) -> tuple[str, ...]:
    """Some kinds of statements that have a property."""
    owners = (
        kind
        for kind, form in FORMS.items()
        if kind != "neuron" and form.model and key in form.model.model_fields
    )
    return tuple(islice(owners, _MOST_OWNERS))


def _unknown(kind: tree.Word) -> Diagnostic:
    known = tuple(sorted(KINDS))
    meant, certain = known_kind(kind.text, known)
    fix = Fix(kind.span, meant) if meant and certain else None
    return rules.names.UnknownKind(
        span=kind.span,
        word=kind.text,
        near=meant or nearest(kind.text, known),
        known=known,
        fix=fix if meant else fix_word(kind.span, kind.text, known),
    )
