"""Find the role of each word of a spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from snnc.language import keywords, tree
from snnc.language.keywords import keys_of, model_of
from snnc.language.models import Model
from snnc.language.properties import NeuronSpec
from snnc.source import Span

Role = Literal["network", "kind", "variant", "definition", "reference", "key", "value"]
REFERRING = "shortcut"
"""The property whose value is the name of a layer."""


class SpecWord(NamedTuple):
    """One word or value.

    For a ``key`` or ``value``, ``model`` is the model that contains the property
    ``key``, or None if unknown. For a ``kind`` or ``variant``, ``kind`` is the kind of
    the statement, and its variant, if any.
    """

    role: Role
    text: str
    span: Span
    model: type[Model] | None = None
    key: str = ""
    kind: tuple[str, ...] = ()

    def is_at(self, offset: int) -> bool:
        """Return whether the word is at an offset, or ends there."""
        return self.span.start <= offset <= self.span.end


def words_of(document: tree.Document) -> Iterator[SpecWord]:
    """Yield the words of a spec: the network's name, then statement by statement."""
    if document.network is not None:
        yield SpecWord("network", document.network.text, document.network.span)
    for statement in document.statements:
        yield from _heading(statement)
        model = model_of_statement(statement)
        for item in statement.properties or ():
            yield from _property(item, model)


def _heading(statement: tree.Statement) -> Iterator[SpecWord]:
    """Yield the words before the block of a statement."""
    kind = statement.kind
    variant = statement.variant
    name = statement.name
    words = (kind.text,) if variant is None else (kind.text, variant.text)
    if kind.text in keywords.FORMS:
        yield SpecWord("kind", kind.text, kind.span, kind=words)
    if variant is not None:
        yield SpecWord("variant", variant.text, variant.span, kind=words)
    if name is not None:
        yield SpecWord("definition", name.text, name.span)
    for source in statement.sources:
        yield SpecWord("reference", source.text, source.span)


def model_of_statement(statement: tree.Statement) -> type[Model] | None:
    return NeuronSpec if statement.kind.text == "neuron" else model_of(statement)


def _property(item: tree.Property, model: type[Model] | None) -> Iterator[SpecWord]:
    """Yield a property's key and value, or the settings of a choice."""
    key = item.key.text
    value = item.value
    known = model if model is not None and key in keys_of(model) else None
    yield SpecWord("key", key, item.key.span, known, key)
    if isinstance(value, tree.Group):
        name = value.name
        yield SpecWord("value", name.text, name.span, known, key)
        inner = model_of_choice(key, name.text)
        for setting in value.properties:
            yield from _property(setting, inner)
    elif key == REFERRING and isinstance(value, tree.Word):
        yield SpecWord("reference", value.text, value.span, known, key)
    else:
        yield SpecWord("value", value.span.text, value.span, known, key)


def model_of_choice(key: str, word: str) -> type[Model] | None:
    """Return the model with the settings of a loss, an optimizer or a neuron."""
    if key == "neuron":
        return NeuronSpec if word in keywords.NEURONS else None
    return keywords.CHOICES.get(key, {}).get(word)


def role_at(document: tree.Document, offset: int) -> SpecWord | None:
    """Return the word at an offset, or the word that ends there."""
    touching = (word for word in words_of(document) if word.is_at(offset))
    # If two words touch the offset, use the word that begins there.
    return max(touching, key=lambda word: word.span.start, default=None)


def uses_at(document: tree.Document, offset: int) -> list[SpecWord]:
    """Return all uses of the name at an offset, in order: of a layer or the network."""
    here = role_at(document, offset)
    if here is not None and here.role == "network":
        return [here]
    names = ("definition", "reference")
    if here is None or here.role not in names:
        return []
    uses = (word for word in words_of(document) if word.role in names)
    return [word for word in uses if word.text == here.text]
