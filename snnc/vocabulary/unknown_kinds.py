"""Describe a statement whose kind is unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language import keywords, tree
from snnc.language.keywords import FORMS, MODELS, USUAL, VARIANTS, keys_of
from snnc.rules.refused import plain
from snnc.vocabulary.foreign_keywords import (
    BY_BEGINNING,
    counterpart,
    fill_advice,
    fix_word,
    known_kind,
    nearest,
    owners,
    refusal,
    setting_line,
)
from snnc.vocabulary.meant import meant_statement


def unknown_kind(statement: tree.Statement) -> Diagnostic:
    """Return the advice for a statement of an unknown kind."""
    kind = statement.kind
    module, _, bare = kind.text.rpartition(".")
    if module:
        meant = unknown_kind(replace(statement, kind=replace(kind, text=bare)))
        is_kind = isinstance(meant, rules.statements.UnknownKind)
        return meant.but(word=kind.text) if is_kind else meant
    problem = refusal(kind, "statement")
    if isinstance(problem, rules.refused.Dropout):  # show the written rate
        values = (statement.shape, *(p.value for p in statement.properties or ()))
        numbers = (v.span.text for v in values if isinstance(v, tree.Number))
        return problem.but(share=next(numbers, USUAL["dropout"]))
    return problem or _property(statement) or _unknown(statement)


def _property(statement: tree.Statement) -> Diagnostic | None:
    """Describe a property that is written in place of a statement."""
    key = statement.kind.text
    if key not in keywords.KEYS:
        return None
    value = statement.shape
    shown = USUAL[key] if value is None else value.span.text
    return rules.misplaced.PropertyAsStatement(
        span=statement.kind.span,
        key=key,
        kinds=owners(key),
        setting=setting_line(key, shown, {}),
        has_layers=statement.name is not None and statement.properties == (),
    )


def _advise_kind(word: str, name: str) -> str:
    """Return the advice for a word before a name in a statement; may be empty."""
    if advice := BY_BEGINNING.get(plain(word)):
        return advice.format(word=word, name=name or "my_network")
    if template := counterpart(word):
        return fill_advice(template, word)
    kind, _, rest = word.partition(" ")
    if kind not in keywords.KINDS or not rest.isidentifier():
        return ""
    # `dense d0:`, a kind and a name as one YAML key
    return f"write the name below the kind: `{kind}: {{name: {rest}, ...}}`"


class _Notation(NamedTuple):
    """What may begin a statement, and the words that a misspelt kind may mean."""

    begins: str
    known: tuple[str, ...]
    spellings: tuple[str, ...]


_KINDS = tuple(sorted(keywords.KINDS))
_SNN = _Notation(
    "a statement begins with",
    _KINDS,
    (*FORMS, *(f"{kind} {word}" for kind, words in VARIANTS.items() for word in words)),
)
_YAML = _Notation(  # top-level keys have no nested type
    "a layer begins with",
    tuple(kind for kind in _KINDS if FORMS[kind].is_layer),
    tuple(FORMS),
)


def _unknown(statement: tree.Statement) -> Diagnostic:
    kind = statement.kind
    notation = _YAML if kind.span.source.is_yaml else _SNN
    meant, is_certain = known_kind(kind.text, _KINDS)
    advice = ""
    if meant is not None:
        fix = Fix(kind.span, meant) if is_certain else None
    else:
        advice = _advise_kind(kind.text, statement.name.text if statement.name else "")
        fix = None if advice else fix_word(kind.span, kind.text, notation.spellings)
    near = meant or nearest(kind.text, notation.spellings)
    if near is not None and not advice:
        advice = _advise_properties(statement, near)
    return rules.statements.UnknownKind(
        span=kind.span,
        word=kind.text,
        near=near,
        known=notation.known,
        begins=notation.begins,
        fix=fix,
        advice=advice,
    )


def _advise_properties(statement: tree.Statement, near: str) -> str:
    """Return the advice for a statement whose properties are foreign words too."""
    properties = statement.properties or ()
    legal = {key for model in MODELS.get(near, {}).values() for key in keys_of(model)}
    if all(item.key.text in legal for item in properties):
        return ""
    settings = (f"{item.key.text} {item.value.span.text}" for item in properties)
    name = statement.name.text if statement.name else ""
    line = meant_statement(f"{near} {name} {{ {', '.join(settings)} }}")
    return f"write `{line}`" if line else ""
