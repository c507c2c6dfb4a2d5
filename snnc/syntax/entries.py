"""Convert a spec to the nested keys of its YAML text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from snnc.language import tree
from snnc.language.keywords import kinds, may_be_bare
from snnc.source import Span
from snnc.syntax.build import Scalar, scalar

_FRONT, _BACK = kinds("front"), kinds("back")
LAYERS = frozenset(kinds("encoder", "layer"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with a scalar or nested entries.

    The key is empty for a list item that is a mapping without a kind. ``inner`` is
    None for a scalar. An entry with ``is_variant``, such as the `conv` of `encode`,
    has no braces of its own in ``.snn``.
    """

    key: str
    span: Span
    scalar: str = ""
    inner: tuple[Entry, ...] | None = None
    is_list: bool = False
    is_variant: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the entry needs several lines: `layers`, or a list of `defaults`."""
        return self.is_list and self.key in ("layers", "defaults")

    @property
    def flat(self) -> str:
        """Return the entry on one line."""
        before = f"{self.key}: " if self.key else ""
        if self.inner is None:
            return f"{before}{self.scalar}" if self.scalar else self.key
        within = ", ".join(entry.flat for entry in self.inner)
        return f"{before}[{within}]" if self.is_list else f"{before}{{{within}}}"


def entries_of(document: tree.Document) -> Iterator[Entry]:
    """Yield the keys of a file whose edition, network and statements are valid."""
    edition, network = document.edition, document.network
    if edition is not None and network is not None:
        yield Entry("snn", _line_to(edition.span), str(edition.value))
        yield Entry("network", _line_to(network.span), network.text)
    statements = document.statements
    for kind in _FRONT:
        yield from _top(kind, [s for s in statements if s.kind.text == kind])
    # Treat unknown kinds as layers, because unknown top-level keys can't be read.
    layers = [s for s in statements if s.kind.text not in (*_FRONT, *_BACK)]
    encoders = [s for s in layers if s.kind.text in kinds("encoder")]
    if len(encoders) == 1 and layers[0] is encoders[0]:
        yield statement_entry(layers.pop(0))
    if layers:
        inner = tuple(map(statement_entry, layers))
        yield Entry("layers", _place(document, layers), inner=inner, is_list=True)
    for kind in _BACK:
        yield from _top(kind, [s for s in statements if s.kind.text == kind])


def _line_to(span: Span) -> Span:
    _, column = span.source.line_column(span.start)
    return Span(span.source, span.start - column + 1, span.end)


def _place(document: tree.Document, layers: list[tree.Statement]) -> Span:
    """Return the span of the layers; in `.snn`, it begins where the line above ends."""
    first = layers[0].span
    whole = first.to(layers[-1].span)
    if document.layers is not None:
        return document.layers.to(whole)
    before = [s.span.end for s in document.statements if s.span.end <= first.start]
    end = max(before, default=first.start)
    start = document.span.source.text.find("\n", end, first.start)
    return whole if start < 0 else Span(first.source, start, whole.end)


def _top(kind: str, statements: list[tree.Statement]) -> Iterator[Entry]:
    if kind == "defaults" and len(statements) > 1:
        span = statements[0].kind.span.to(statements[-1].span)
        inner = tuple(map(_default, statements))
        yield Entry(kind, span, inner=inner, is_list=True)
        return
    yield from map(statement_entry, statements)


def _default(statement: tree.Statement) -> Entry:
    """Return one of several `defaults`, without their common key."""
    key = key_text(statement.variant.text) if statement.variant else ""
    return Entry(key, statement.span, inner=tuple(_properties(statement)))


def statement_entry(statement: tree.Statement) -> Entry:
    """Return a statement as a key with nested entries."""
    kind, span = statement.kind.text, statement.span
    if statement.text is not None:
        return Entry(kind, span, plain_or_quoted(statement.text.value))
    inner = (*_parts(statement), *_properties(statement), *_sources(statement))
    if statement.variant is None:
        if not inner and may_be_bare(kind):
            return Entry(kind, span)
        return Entry(kind, span, inner=inner)
    variant = statement.variant
    if not inner:
        return Entry(kind, span, variant.text)
    whole = reduce(Span.to, (entry.span for entry in inner), variant.span)
    chosen = Entry(key_text(variant.text), whole, inner=inner, is_variant=True)
    return Entry(kind, span, inner=(chosen,))


def _parts(statement: tree.Statement) -> Iterator[Entry]:
    if statement.name is not None:
        yield Entry("name", statement.name.span, statement.name.text)
    parts = {
        "shape": statement.shape,
        "in": statement.within,
        "as": statement.mapped,
    }
    for key, value in parts.items():
        if value is not None:
            yield Entry(key, value.span, scalar_text(value))


def _sources(statement: tree.Statement) -> Iterator[Entry]:
    names = tuple(Entry("", word.span, word.text) for word in statement.sources)
    if len(names) == 1:
        yield Entry("from", names[0].span, statement.sources[0].text)
    elif names:
        span = names[0].span.to(names[-1].span)
        yield Entry("from", span, inner=names, is_list=True)


def _properties(statement: tree.Statement) -> Iterable[Entry]:
    return map(property_entry, statement.properties or ())


def property_entry(item: tree.Property) -> Entry:
    """Return a property as a key with its value."""
    return _value(key_text(item.key.text), item.value, item.span)


def _value(key: str, value: tree.Value, span: Span) -> Entry:
    if isinstance(value, tree.Group):
        inner = tuple(map(property_entry, value.properties))
        if not inner:
            return Entry(key, span, value.name.text)
        group = Entry(key_text(value.name.text), value.span, inner=inner)
        return Entry(key, span, inner=(group,))
    if isinstance(value, tree.List):
        items = tuple(_value("", item, item.span) for item in value.items)
        return Entry(key, span, inner=items, is_list=True)
    if isinstance(value, tree.Text):
        return Entry(key, span, quote_yaml(value.value))
    return Entry(key, span, scalar_text(value))


# A text that YAML reads as a string without quotes: it begins with a letter and
# contains no colon, hash, bracket or quote.
_PLAIN = re.compile(r"[A-Za-z](?:[\w .,;()/+'-]*[\w.)])?", re.ASCII)
_WORD = re.compile(r"[^\W\d]\w*")
_EXPONENT = re.compile(r"(?<![\d.])([+-]?\d+)e")


def plain_or_quoted(value: str) -> str:
    """Write the text of ``about``, with quotes only if YAML needs them."""
    return value if _PLAIN.fullmatch(value) else quote_yaml(value)


def key_text(word: str) -> str:
    """Write a key, in quotes unless it is a word."""
    return word if _WORD.fullmatch(word) else quote_yaml(word)


def quote_yaml(value: str) -> str:
    """Write a string in double quotes."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scalar_text(value: Scalar) -> str:
    """Write a literal; add the decimal point that YAML 1.1 requires in every float."""
    if isinstance(value, tree.Word):
        return value.text
    return _EXPONENT.sub(r"\1.0e", scalar(value))
