"""A spec as the nested keys that its YAML text has, in the language's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snnc.source import Span
from snnc.syntax import tree
from snnc.syntax.words import KINDS
from snnc.syntax.yaml import scalars

_FRONT = ("about", "target", "timing", "neuron", "defaults", "input")
_BACK = ("readout", "train")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with a scalar or with entries below it.

    Of a list's item that is a mapping without a kind the key is empty. ``inner`` is
    None for a scalar.
    """

    key: str
    span: Span
    scalar: str = ""
    inner: tuple[Entry, ...] | None = None
    is_list: bool = False

    @property
    def flat(self) -> str:
        """The entry on one line."""
        before = f"{self.key}: " if self.key else ""
        if self.inner is None:
            return f"{before}{self.scalar}" if self.scalar else self.key
        within = ", ".join(entry.flat for entry in self.inner)
        return f"{before}[{within}]" if self.is_list else f"{before}{{{within}}}"


def entries_of(document: tree.Document) -> Iterator[Entry]:
    """The keys of a file whose edition, network and statements are sound."""
    edition, network = document.edition, document.network
    if edition is not None and network is not None:
        yield Entry("snn", edition.span, str(edition.value))
        yield Entry("network", network.span, network.text)
    statements = document.statements
    for kind in _FRONT:
        yield from _top(kind, [s for s in statements if s.kind.text == kind])
    layers = [s for s in statements if s.kind.text in _LAYERS]
    encoders = [s for s in layers if s.kind.text == "encode"]
    if len(encoders) == 1 and layers[0] is encoders[0]:
        yield _statement(layers.pop(0))
    if layers:
        span = layers[0].span.to(layers[-1].span)
        yield Entry("layers", span, inner=tuple(map(_statement, layers)), is_list=True)
    for kind in _BACK:
        yield from _top(kind, [s for s in statements if s.kind.text == kind])


_LAYERS = KINDS - {*_FRONT, *_BACK}


def _top(kind: str, found: list[tree.Statement]) -> Iterator[Entry]:
    if kind == "defaults" and len(found) > 1:
        span = found[0].span.to(found[-1].span)
        inner = tuple(map(_default, found))
        yield Entry(kind, span, inner=inner, is_list=True)
        return
    yield from map(_statement, found)


def _default(statement: tree.Statement) -> Entry:
    """One of several `defaults`, without the key that they share."""
    key = statement.variant.text if statement.variant else ""
    return Entry(key, statement.span, inner=tuple(_properties(statement)))


def _statement(statement: tree.Statement) -> Entry:
    kind, span = statement.kind.text, statement.span
    if statement.text is not None:
        return Entry(kind, span, scalars.text(statement.text.value))
    inner = (*_parts(statement), *_properties(statement), *_sources(statement))
    if statement.variant is None:
        if kind == "avgpool" and not inner:
            return Entry(kind, span)
        return Entry(kind, span, inner=inner)
    variant = statement.variant
    if not inner:
        return Entry(kind, span, variant.text)
    chosen = Entry(variant.text, variant.span.to(inner[-1].span), inner=inner)
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
            yield Entry(key, value.span, scalars.scalar(value))


def _sources(statement: tree.Statement) -> Iterator[Entry]:
    names = tuple(Entry("", word.span, word.text) for word in statement.sources)
    if len(names) == 1:
        yield Entry("from", names[0].span, statement.sources[0].text)
    elif names:
        span = names[0].span.to(names[-1].span)
        yield Entry("from", span, inner=names, is_list=True)


def _properties(statement: tree.Statement) -> Iterable[Entry]:
    return map(_property, statement.properties or ())


def _property(item: tree.Property) -> Entry:
    return _value(item.key.text, item.value, item.span)


def _value(key: str, value: tree.Value, span: Span) -> Entry:
    if isinstance(value, tree.Group):
        inner = tuple(map(_property, value.properties))
        if not inner:
            return Entry(key, span, value.name.text)
        group = Entry(value.name.text, value.span, inner=inner)
        return Entry(key, span, inner=(group,))
    if isinstance(value, tree.List):
        items = tuple(_value("", item, item.span) for item in value.items)
        return Entry(key, span, inner=items, is_list=True)
    if isinstance(value, tree.Text):
        return Entry(key, span, scalars.label(value.value))
    return Entry(key, span, scalars.scalar(value))
