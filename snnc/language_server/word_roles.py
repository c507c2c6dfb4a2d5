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
    model_of,
)
from snnc.language.models import Model
from snnc.language.names import why_no_name, why_no_package
from snnc.language.properties import NeuronSpec
from snnc.source import Span

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
    model = model_of_statement(statement)
    for item in statement.properties or ():
        yield from _property(item, statement, model)


def model_of_statement(statement: tree.Statement) -> type[Model] | None:
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


def mentions(document: tree.Document) -> list[SpecWord]:
    """Return each use of a layer's name: the definitions and the references."""
    return [w for w in words_of(document) if w.role in ("definition", "reference")]


def named_at(document: tree.Document, offset: int) -> SpecWord | None:
    """Return the use of a layer's name at an offset."""
    found = (w for w in mentions(document) if w.span.start <= offset <= w.span.end)
    return next(found, None)


def uses_at(document: tree.Document, offset: int) -> list[SpecWord]:
    """Return all uses of the name at an offset, in order."""
    named = named_at(document, offset)
    return [w for w in mentions(document) if named and w.text == named.text]


def network_at(document: tree.Document, offset: int) -> tree.Word | None:
    """Return the network's name if it is at an offset."""
    word = document.network
    is_here = word is not None and word.span.start <= offset <= word.span.end
    return word if is_here else None


def why_not_renamed(document: tree.Document, old: str, new: str) -> str:
    """Return why a layer can't be renamed; an empty string if it can.

    A spec with syntax errors is refused, because broken statements may use the name.
    """
    if reason := why_no_name(new):
        return f"{new}: {reason}"
    defined = (w.text for w in mentions(document) if w.role == "definition")
    if new != old and new in defined:
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
