"""What the word at the cursor is, in a text that is half written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnc.language import tree
from snnc.language.base import Model
from snnc.language.forms import FORMS, legal_keys, model_of
from snnc.language.keywords import VARIANTS
from snnc.language.property_types import NeuronSpec
from snnc.source import SourceFile, Span

Where = Literal["header", "statement", "variant", "part", "reference", "key", "value"]


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """What the word at the cursor is.

    Attributes
    ----------
    where
        A ``statement`` begins here, or a ``part`` in front of a block, ...
    kind, variant
        Those of the statement.
    model
        What has the property; None where none is known.
    legal
        The keys that can stand here.
    key
        The property whose value it is.
    measured
        Whether a number that may have a unit stands before the word.
    """

    where: Where
    kind: str = ""
    variant: str = ""
    model: type[Model] | None = None
    legal: tuple[str, ...] = ()
    key: str = ""
    measured: bool = False


def is_within_text(before: str) -> bool:
    """Whether a comment or a text has begun on the line."""
    quote = ""
    for at, character in enumerate(before):
        if quote:
            quote = "" if character == quote and before[at - 1] != "\\" else quote
        elif character == '"':
            quote = character
        elif character == "#":
            return True
    return bool(quote)


def kind_of(words: list[str]) -> tuple[str, str]:
    """The kind and the variant of a statement that begins with some words."""
    kind = words[0] if words else ""
    variant = words[1] if len(words) > 1 and words[1] in VARIANTS.get(kind, ()) else ""
    return kind, variant


def statement_of(kind: str, variant: str) -> tree.Statement:
    """A statement of a kind, to look up what it takes."""
    nowhere = Span(SourceFile("", ""), 0, 0)
    second = tree.Word(variant, nowhere) if variant else None
    return tree.Statement(tree.Word(kind, nowhere), nowhere, variant=second)


def takes(statement: tree.Statement) -> tuple[type[Model] | None, tuple[str, ...]]:
    """The model of a statement, and the keys that it takes."""
    kind = statement.kind.text
    if kind not in FORMS:
        return None, ()
    model = NeuronSpec if kind == "neuron" else model_of(statement)
    return model, legal_keys(statement)
