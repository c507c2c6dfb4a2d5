"""Change a spec by settings.

Statements and properties keep their positions in the spec, so that the printer leaves
comments where they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from snnc.diagnostics import Diagnostics, Fix
from snnc.language import keywords, tree
from snnc.language.keywords import CHOICES, FORMS, NEURONS, legal_keys
from snnc.rules.references import UnknownLayer
from snnc.source import Span
from snnc.syntax.settings import Setting
from snnc.text.near import nearest_spelling, only_near

_PARTS = {"shape": "shape", "in": "within", "as": "mapped"}
_HEADING = ["kind", "variant", "name", "text", "shape", "within", "mapped", "sources"]
_ALONE = frozenset(("network", "about", "target", "encode", "neuron"))
"""Words that are complete paths: the setting replaces the text after the word."""
_ADDED = frozenset(("about", "target", "timing", "defaults", "train"))
"""Optional statements that a setting adds if the spec lacks them."""


def apply_settings(
    document: tree.Document, settings: Iterable[Setting], report: Diagnostics
) -> tree.Document:
    """Return a copy of a spec with the values of the settings.

    The spec has no syntax errors. Report SNN250 for an unknown name. The
    compiler checks the values later.
    """
    for setting in settings:
        document = _apply(document, setting, report)
    return document


def _apply(
    document: tree.Document, setting: Setting, report: Diagnostics
) -> tree.Document:
    first, *rest = setting.path
    if not rest and first.text == "network" and setting.value is not None:
        return replace(document, network=_as_word(setting.value))
    document, at = _position_or_add(document, first)
    if at is None and first.text == "neuron":  # short for `defaults.neuron`
        path = (tree.Word("defaults", first.span), *setting.path)
        return _apply(document, setting._replace(path=path), report)
    if at is None:
        report.add(_unknown(document, first))
    elif not rest and first.text not in _ALONE:
        report.add(_incomplete(first, document.statements[at]))
    else:
        document = _change_at(document, at, setting)
    return document


def _change_at(document: tree.Document, at: int, setting: Setting) -> tree.Document:
    """Change or remove the statement at an index."""
    path = setting.path[1:]
    statements = list(document.statements)
    if path or setting.value is not None:
        statements[at] = change_statement(statements[at], path, setting.value)
    else:
        del statements[at]
    return replace(document, statements=tuple(statements))


def _position_or_add(
    document: tree.Document, word: tree.Word
) -> tuple[tree.Document, int | None]:
    """Return a document and the index of the statement that a word names.

    If the statement may be left out of a spec, and is, the document gets it.
    """
    at = _position(document, word.text)
    if at is None and word.text in _ADDED:
        return add_statement(document, word)
    return document, at


def _position(document: tree.Document, word: str) -> int | None:
    """Return the index of the statement with a name, or of the only one of a kind."""
    positions = []
    for i, statement in enumerate(document.statements):
        if statement.name is not None and statement.name.text == word:
            return i
        # `defaults.rate` does not refer to the defaults of a single kind.
        is_scope = word == "defaults" and statement.variant is not None
        if statement.kind.text == word and not is_scope:
            positions.append(i)
    return positions[0] if len(positions) == 1 else None


def _unknown(document: tree.Document, word: tree.Word) -> UnknownLayer:
    """Describe an unknown name."""
    named = {s.name.text: s for s in document.statements if s.name is not None}
    known = (*named, "timing", "defaults", "train", "target")
    owners = (name for name, s in named.items() if word.text in legal_keys(s))
    near = next((f"{name}.{word.text}" for name in owners), None)
    only = only_near(word.text, known)
    return UnknownLayer(
        span=word.span,
        name=word.text,
        near=near or nearest_spelling(word.text, known),
        known=known,
        role="which this spec has",
        fix=None if only is None else Fix(word.span, only),
    )


def _incomplete(word: tree.Word, statement: tree.Statement) -> UnknownLayer:
    """Describe a name without a property."""
    example = _example(word.text, statement)
    return UnknownLayer(
        span=word.span,
        name=word.text,
        near=None,
        known=(),
        is_statement=True,
        advice=f"set one of its properties, such as `{example}`",
    )


def _example(name: str, statement: tree.Statement) -> str:
    for written in statement.properties or ():
        return f"{name}.{written.key.text}={written.value.span.text}"
    form = FORMS.get(statement.kind.text)
    keys = [*legal_keys(statement)]
    if form is not None and form.values != "none":
        keys += _PARTS
    return f"{name}.{[*keys, 'from'][0]}"


def add_statement(
    document: tree.Document, word: tree.Word
) -> tuple[tree.Document, int]:
    """Add an empty statement at the usual position for its kind."""
    statements = list(document.statements)
    at = len(statements)  # `train` comes after all others
    place = statements[-1].span.after
    front = ("about", "target", "timing", "defaults")
    if word.text in front:
        before = front[: front.index(word.text)]
        at = 0
        while statements[at].kind.text in before:
            at += 1
        place = statements[at].span.before
    variant = tree.Word("loihi", word.span) if word.text == "target" else None
    statements.insert(at, tree.Statement(word, place, variant))
    return replace(document, statements=tuple(statements)), at


def change_statement(
    statement: tree.Statement, path: tuple[tree.Word, ...], value: tree.Value | None
) -> tree.Statement:
    if not path:
        return _with_word(statement, value)
    key = path[0].text
    form = FORMS.get(statement.kind.text)
    if form is not None and form.values != "none" and key in _PARTS:
        part: dict[str, Any] = {_PARTS[key]: value}
        return replace(statement, **part)
    if key == "from" and len(path) == 1:
        return replace(statement, sources=_words_in(value))
    properties = statement.properties or ()
    place = (properties[-1] if properties else statement).span.after
    return replace(statement, properties=_set(properties, path, value, place))


def _words_in(value: tree.Value | None) -> tuple[tree.Word, ...]:
    items = value.items if isinstance(value, tree.List) else (value,)
    return tuple(item for item in items if isinstance(item, tree.Word))


def _with_word(statement: tree.Statement, value: tree.Value | None) -> tree.Statement:
    """Replace the text after a kind: the variant and its block, or the sentence."""
    if value is None:
        return statement
    if statement.kind.text == "about":
        if isinstance(value, tree.Text):
            return replace(statement, text=value)
        return replace(statement, name=_as_word(value))  # reported later
    if isinstance(value, tree.Group):
        return replace(statement, variant=value.name, properties=value.properties)
    variant = replace(statement, variant=_as_word(value))
    # Drop the properties that the new target or encoder lacks.
    legal = legal_keys(variant)
    remaining = tuple(p for p in statement.properties or () if p.key.text in legal)
    return replace(variant, properties=remaining or None)


def _as_word(value: tree.Value) -> tree.Word:
    """Convert a value to a word; the passes report values that are not words."""
    return tree.Word(value.span.text, value.span)


def _set(
    properties: tuple[tree.Property, ...],
    path: Sequence[tree.Word],
    value: tree.Value | None,
    place: Span,
) -> tuple[tree.Property, ...]:
    """Set a property or one of its settings; add a missing property at ``place``."""
    key, *rest = path
    keys = [item.key.text for item in properties]
    at = keys.index(key.text) if key.text in keys else len(keys)
    old = properties[at].value if at < len(keys) else None
    span = properties[at].span if at < len(keys) else place
    if rest:
        value = _set_inside(old, path, value, span)
    new = () if value is None else (tree.Property(key, value, span),)
    return (*properties[:at], *new, *properties[at + 1 :])


def _set_inside(
    old: tree.Value | None,
    path: Sequence[tree.Word],
    value: tree.Value | None,
    place: Span,
) -> tree.Group:
    """Return the value of a property with another setting."""
    key, *rest = path
    if isinstance(old, tree.Group):
        inner = _set(old.properties, rest, value, old.span.after)
        return replace(old, properties=inner)
    name = old if isinstance(old, tree.Word) else _default(key, rest[0])
    return tree.Group(name, _set((), rest, value, place), rest[-1].span)


def _default(key: tree.Word, setting: tree.Word) -> tree.Word:
    """Return the loss, optimizer or neuron that has a setting, if the spec has none."""
    for choice in CHOICES.get(key.text, NEURONS if key.text == "neuron" else ()):
        if setting.text in keywords.settings_of(choice):
            return tree.Word(choice, setting.span)
    return setting


def place_values(document: tree.Document) -> tree.Document:
    """Assign each new value a position in the spec, so that comments stay in order."""
    statements = []
    for s in document.statements:
        heading = {part: _place(getattr(s, part), s.span.before) for part in _HEADING}
        properties = _place(s.properties, s.span)
        statements.append(replace(s, **heading, properties=properties))
    return replace(document, statements=tuple(statements))


def _place(node: Any, place: Span) -> Any:
    """Move nodes from another file to the innermost span of the spec around them."""
    if isinstance(node, tuple):
        return tuple(_place(item, place) for item in node)
    if not hasattr(node, "span"):
        return node
    place = node.span if node.span.source is place.source else place
    parts = {field.name: getattr(node, field.name) for field in fields(node)}
    moved = {name: _place(part, place) for name, part in parts.items()}
    return replace(node, **{**moved, "span": place})
