"""Find the role of each word of a spec, and the context of the cursor.

The text at the cursor is incomplete. A placeholder is inserted there, and the
compiler's parser reads the text up to the placeholder. The nodes above the placeholder
are the context. For ``.snn``, only the last statement is parsed, and parts that can't
be read are skipped. For YAML, only the key above the cursor is parsed, with only the
last of its layers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.language.fields import keys_of, parts_of
from snnc.language.keywords import (
    BEGINNINGS,
    CHOICES,
    FORMS,
    NEURONS,
    VARIANTS,
    legal_keys,
    model_of,
    settings_of,
)
from snnc.language.models import Model
from snnc.language.properties import NeuronSpec
from snnc.source import SourceFile, Span
from snnc.syntax.snn import parse_snn
from snnc.syntax.yaml.nodes import Composer, Mapping, Node, Scalar, Sequence

Role = Literal["network", "kind", "variant", "definition", "reference", "key", "value"]
REFERRING = "shortcut"
"""The property whose value is the name of a layer."""


@dataclass(frozen=True, slots=True)
class SpecWord:
    """One word or value.

    Attributes
    ----------
    role
        The role, such as ``definition`` or ``reference`` (of a name), or ``value``.
    model
        The model that contains the property of a ``key`` or ``value``; None if unknown.
    key
        The property of a ``key`` or ``value``; otherwise empty.
    kind
        The kind of the statement of a ``kind`` or ``variant``, and its variant, if any.
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
        kind, variant, name = statement.kind, statement.variant, statement.name
        words = tuple(word.text for word in (kind, variant) if word is not None)
        if kind.text in FORMS:
            yield SpecWord("kind", kind.text, kind.span, kind=words)
        if variant is not None:
            yield SpecWord("variant", variant.text, variant.span, kind=words)
        if name is not None:
            yield SpecWord("definition", name.text, name.span)
        for source in statement.sources:
            yield SpecWord("reference", source.text, source.span)
        model = model_of_statement(statement)
        for item in statement.properties or ():
            yield from _property(item, model)


def model_of_statement(statement: tree.Statement) -> type[Model] | None:
    return NeuronSpec if statement.kind.text == "neuron" else model_of(statement)


def _property(item: tree.Property, model: type[Model] | None) -> Iterator[SpecWord]:
    key, value = item.key.text, item.value
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
        return NeuronSpec if word in NEURONS else None
    return CHOICES.get(key, {}).get(word)


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


_STATEMENT = re.compile(rf"^[ \t]*(?=(?:{'|'.join(BEGINNINGS)})\b)", re.MULTILINE)
_NETWORK = re.compile(r"^[ \t]*network\b[^\n#]*\{", re.MULTILINE)
_TOP = re.compile(r"^[\"']?\w+[\"']?[ \t]*:")
_ITEM = re.compile(r"^([ \t]*)-(?:[ \t]|$)")
_MARK = "here__"
_HEADER = "snn 1\nnetwork n {\n"
_CLOSERS = {"{": "}", "[": "]"}
_MOST_LEFT_OUT = 4


Where = Literal["header", "statement", "variant", "part", "reference", "key", "value"]


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """The context of the word at the cursor.

    Attributes
    ----------
    where
        The position of the cursor: at the beginning of a ``statement``, in a ``part``
        before a block, ...
    kind
        The kind of the statement.
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
    model: type[Model] | None = None
    legal: tuple[str, ...] = ()
    key: str = ""
    measured: bool = False


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_within_text(before: str) -> bool:
    """Return whether a line ends inside a comment or a text."""
    rest = _TEXT.sub("", before)
    return "#" in rest or '"' in rest


def place_in_snn(before: str) -> CursorPlace | None:
    """Return the context at the end of a text; None after the end of the network."""
    # A kind at the beginning of a line begins a statement, even in an open block.
    begun = [match.end() for match in _STATEMENT.finditer(before)]
    if not begun:
        return CursorPlace("statement" if _NETWORK.search(before) else "header")
    text = _HEADER + before[begun[-1] :]
    for _ in range(_MOST_LEFT_OUT + 1):
        wrong: list[Span] = []
        # The placeholder may be a value, a name or a unit, or the key of a value.
        for word in (_MARK, f"{_MARK} 0"):
            report = Diagnostics()
            source = SourceFile("half.snn", f"{text}{word}{_closers(text)}\n")
            for statement in parse_snn(source, report).statements:
                if (place := _in_statement(statement)) is not None:
                    return place
            wrong += (d.span for d in report.diagnostics if d.span.end <= len(text))
        span = next((span for span in wrong if span.text.strip()), None)
        if span is None:
            return None
        text = f"{text[: span.start]}{' ' * len(span.text)}{text[span.end :]}"
    return None


def _in_statement(statement: tree.Statement) -> CursorPlace | None:
    """Return the context of the placeholder in a statement, if it contains one."""
    kind, variant = statement.kind.text, statement.variant
    if kind == _MARK:
        return CursorPlace("statement")
    if _is_here(variant):
        return CursorPlace("variant", kind)
    if any(map(_is_here, statement.sources)):
        return CursorPlace("reference", kind)
    in_front = "{" not in statement.span.text and _MARK in statement.span.text
    if _is_here(statement.name) or in_front:
        return CursorPlace("part", kind)
    if variant is not None and variant.text not in VARIANTS.get(kind, ()):
        statement = replace(statement, variant=None)
    return _in_properties(statement.properties or (), statement, ())


def _in_properties(
    properties: tuple[tree.Property, ...],
    statement: tree.Statement,
    above: tuple[str, ...],
) -> CursorPlace | None:
    siblings = tuple(item.key.text for item in properties)
    for item in properties:
        key, value = item.key.text, item.value
        if key == _MARK:
            return _inside(statement, above, siblings)
        if isinstance(value, (tree.Quantity, tree.Range)) and _is_here(value.unit):
            here = _inside(statement, above, siblings)
            return replace(here, key=key, measured=True)
        items = value.items if isinstance(value, tree.List) else (value,)
        if any(map(_is_here, items)):
            return _inside(statement, (*above, key))
        if isinstance(value, tree.Group):
            below = (*above, key, value.name.text)
            if (
                place := _in_properties(value.properties, statement, below)
            ) is not None:
                return place
    return None


def _is_here(node: object) -> bool:
    return isinstance(node, tree.Word) and node.text == _MARK


def place_in_yaml(before: str) -> CursorPlace | None:
    """Return the context at the end of a text; None if it is unknown."""
    chunk = _chunk(before)
    # The placeholder may be a key or a value: the text parses with one of them.
    for mark in (f"{_MARK}: 0", _MARK):
        text = SourceFile("chunk.yaml", f"{chunk}{mark}{_closers(chunk)}\n")
        report = Diagnostics()
        root = Composer(text, report).compose()
        path = None if root is None or report.errors else _path(root)
        if path is not None:
            return _of_path(*path)
    return None


def _chunk(before: str) -> str:
    """Return the text from the key above the cursor; keep only the last layer."""
    lines = before.split("\n")
    top = next((i for i in range(len(lines))[::-1] if _TOP.match(lines[i])), None)
    if top is None or (top < len(lines) - 1 and lines[-1] == ""):
        return lines[-1]
    items = [i for i in range(top + 1, len(lines)) if _ITEM.match(lines[i])]
    if lines[top].startswith("layers") and items:
        depth = len(lines[items[0]]) - len(lines[items[0]].lstrip())
        own = [i for i in items if lines[i][:depth].isspace() or not depth]
        own = [i for i in own if lines[i][depth : depth + 1] == "-"]
        return "\n".join([lines[top], *lines[own[-1] :]])
    return "\n".join(lines[top:])


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")


def _closers(chunk: str) -> str:
    """Return the closing brackets for the brackets that are open at the end."""
    stack: list[str] = []
    for character in _QUOTED.sub("", chunk):
        if character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


Path = tuple[tuple[str, ...], bool, tuple[str, ...]]
"""The keys above the cursor, whether the cursor is at a key, and the sibling keys."""


def _path(node: Node, above: tuple[str, ...] = ()) -> Path | None:
    match node:
        case Scalar(text=text):
            return (above, False, ()) if text.startswith(_MARK) else None
        case Sequence(items=items):
            inner = (_path(item, above) for item in items)
            return next((path for path in inner if path is not None), None)
        case Mapping(pairs=pairs):
            siblings = tuple(key.text for key, _ in pairs if key.text != _MARK)
            for key, value in pairs:
                if key.text == _MARK:
                    return above, True, siblings
                if (path := _path(value, (*above, key.text))) is not None:
                    return path
    return None


def _of_path(
    above: tuple[str, ...], at_key: bool, siblings: tuple[str, ...]
) -> CursorPlace:
    """Return the context inside some keys of a YAML file."""
    if not above:
        return CursorPlace("header")
    if above == ("layers",):
        return CursorPlace("statement")
    kind, *rest = above[1:] if above[0] == "layers" else above
    variants = VARIANTS.get(kind, ())
    if variants and not rest and kind != "defaults":
        return CursorPlace("variant", kind)
    nowhere = Span(SourceFile("", ""), 0, 0)
    has_variant = bool(rest) and rest[0] in variants
    variant = tree.Word(rest.pop(0), nowhere) if has_variant else None
    statement = tree.Statement(tree.Word(kind, nowhere), nowhere, variant=variant)
    place = _inside(statement, tuple(rest), siblings if at_key else None)
    if rest or not at_key:
        return place
    parts = [part.key for part in parts_of(place.model).values()] if place.model else []
    scopes = variants if kind == "defaults" and not variant else ()
    names = (*parts, *place.legal, *scopes)
    return replace(place, legal=tuple(name for name in names if name not in siblings))


def _inside(
    statement: tree.Statement,
    above: tuple[str, ...],
    siblings: Collection[str] | None = None,
) -> CursorPlace:
    """Return the context inside some keys of a statement.

    ``siblings`` contains the keys at the same level; None at a value.
    """
    kind = statement.kind.text
    model, legal = model_of_statement(statement), legal_keys(statement)
    while len(above) > 1:  # a choice with settings: optimizer, adam, learning_rate
        key, word, *rest = above
        model, legal, above = model_of_choice(key, word), settings_of(word), tuple(rest)
    if not above and siblings is not None:
        legal = tuple(name for name in legal if name not in siblings)
        return CursorPlace("key", kind, model, legal)
    if not above:
        return CursorPlace("value", kind, model)
    (key,) = above
    where: Where = "reference" if key in ("from", REFERRING) else "value"
    known = model if model is not None and key in keys_of(model) else None
    return CursorPlace(where, kind, known, key=key)
