"""Find the role of each word of a spec, and the uses of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from snnc.language import tree
from snnc.language.fields import keys_of
from snnc.language.keywords import (
    CHOICES,
    FORMS,
    NEURONS,
    legal_keys,
    model_of,
)
from snnc.language.models import Model
from snnc.language.names import why_no_name, why_no_package
from snnc.language.property_types import NeuronSpec
from snnc.source import SourceFile, Span

Role = Literal["kind", "variant", "definition", "reference", "key", "value"]
REFERRING = "shortcut"
"""The property whose value is the name of a layer."""


@dataclass(frozen=True, slots=True)
class SpecWord:
    """One word or value.

    Attributes
    ----------
    role
        The role, such as ``definition`` or ``reference`` (of a name), or ``value``.
    statement
        The statement that contains the word.
    model
        The model that contains the property of a ``key`` or ``value``; None if unknown.
    key
        The property of a ``key`` or ``value``; otherwise empty.
    """

    role: Role
    text: str
    span: Span
    statement: tree.Statement
    model: type[Model] | None = None
    key: str = ""


def words_of(document: tree.Document) -> Iterator[SpecWord]:
    """Yield the words of a spec, statement by statement."""
    for statement in document.statements:
        yield from _of(statement)


def _of(statement: tree.Statement) -> Iterator[SpecWord]:
    kind, variant, name = statement.kind, statement.variant, statement.name
    if kind.text in FORMS:
        yield SpecWord("kind", kind.text, kind.span, statement)
    if variant is not None:
        yield SpecWord("variant", variant.text, variant.span, statement)
    if name is not None:
        yield SpecWord("definition", name.text, name.span, statement)
    for source in statement.sources:
        yield SpecWord("reference", source.text, source.span, statement)
    model = _model(statement)
    for item in statement.properties or ():
        yield from _property(item, statement, model)


def _model(statement: tree.Statement) -> type[Model] | None:
    return NeuronSpec if statement.kind.text == "neuron" else model_of(statement)


def _property(
    item: tree.Property, statement: tree.Statement, model: type[Model] | None
) -> Iterator[SpecWord]:
    key, value = item.key.text, item.value
    known = model if model is not None and key in keys_of(model) else None
    yield SpecWord("key", key, item.key.span, statement, known, key)
    if isinstance(value, tree.Group):
        name = value.name
        yield SpecWord("value", name.text, name.span, statement, known, key)
        inner = model_of_choice(key, name.text)
        for setting in value.properties:
            yield from _property(setting, statement, inner)
    elif key == REFERRING and isinstance(value, tree.Word):
        yield SpecWord("reference", value.text, value.span, statement, known, key)
    else:
        yield SpecWord("value", value.span.text, value.span, statement, known, key)


def model_of_choice(key: str, word: str) -> type[Model] | None:
    """Return the model with the settings of a loss, an optimizer or a neuron."""
    if key == "neuron":
        return NeuronSpec if word in NEURONS else None
    return CHOICES.get(key, {}).get(word)


def role_at(document: tree.Document, offset: int) -> SpecWord | None:
    """Return the word at an offset, or the word that ends there."""
    touching = (m for m in words_of(document) if m.span.start <= offset <= m.span.end)
    # If two words touch the offset, use the word that begins there.
    return max(touching, key=lambda mark: mark.span.start, default=None)


def mentions(document: tree.Document) -> Iterator[tuple[str, Span, bool]]:
    """Yield each use of a name: its span, and whether it is a definition."""
    for mark in words_of(document):
        if mark.role in ("definition", "reference"):
            yield mark.text, mark.span, mark.role == "definition"


def named_at(document: tree.Document, offset: int) -> tuple[str, Span] | None:
    """Return the name of a layer at an offset, and its span."""
    for name, span, _ in mentions(document):
        if span.start <= offset <= span.end:
            return name, span
    return None


def definition_spans(document: tree.Document, name: str) -> list[Span]:
    """Return the definitions of a name; a spec without errors has exactly one."""
    return [
        span for other, span, given in mentions(document) if given and other == name
    ]


def reference_spans(document: tree.Document, name: str) -> list[Span]:
    """Return the references to a name, in `from` and `shortcut`."""
    mentioned = mentions(document)
    return [span for other, span, given in mentioned if not given and other == name]


def is_network(document: tree.Document, offset: int) -> bool:
    """Return whether the network's name is at an offset."""
    word = document.network
    return word is not None and word.span.start <= offset <= word.span.end


def why_not_renamed(document: tree.Document, old: str, new: str) -> str:
    """Return why a layer can't be renamed; an empty string if it can.

    A spec with syntax errors is refused, because broken statements may use the name.
    """
    if reason := why_no_name(new):
        return f"{new}: {reason}"
    if new != old and definition_spans(document, new):
        return f"{new}: there is another layer of that name"
    return _unread(document)


def why_no_network(document: tree.Document, new: str) -> str:
    """Return why a network can't be renamed; an empty string if it can."""
    reason = why_no_package(new)
    return f"{new}: {reason}" if reason else _unread(document)


def _unread(document: tree.Document) -> str:
    broken = next((s for s in document.statements if s.broken), None)
    if broken is None:
        return ""
    return f"line {broken.span.first.line} can't be read: fix it first"


Where = Literal["header", "statement", "variant", "part", "reference", "key", "value"]


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """The context of the word at the cursor.

    Attributes
    ----------
    where
        The position of the cursor: at the beginning of a ``statement``, in a ``part``
        before a block, ...
    kind, variant
        The kind and variant of the statement.
    model
        The model that contains the property; None if unknown.
    legal
        The keys that are allowed here.
    key
        The property whose value is at the cursor.
    measured
        Whether the word follows a number that may have a unit.
    """

    where: Where
    kind: str = ""
    variant: str = ""
    model: type[Model] | None = None
    legal: tuple[str, ...] = ()
    key: str = ""
    measured: bool = False


def is_within_text(before: str) -> bool:
    """Return whether a line ends inside a comment or a text."""
    quote = ""
    for at, character in enumerate(before):
        if quote:
            quote = "" if character == quote and before[at - 1] != "\\" else quote
        elif character == '"':
            quote = character
        elif character == "#":
            return True
    return bool(quote)


def statement_of(kind: str, variant: str) -> tree.Statement:
    """Return a statement of a kind, to look up its keys."""
    nowhere = Span(SourceFile("", ""), 0, 0)
    second = tree.Word(variant, nowhere) if variant else None
    return tree.Statement(tree.Word(kind, nowhere), nowhere, variant=second)


def takes(statement: tree.Statement) -> tuple[type[Model] | None, tuple[str, ...]]:
    """Return the model and the legal keys of a statement."""
    kind = statement.kind.text
    if kind not in FORMS:
        return None, ()
    model = NeuronSpec if kind == "neuron" else model_of(statement)
    return model, legal_keys(statement)
