"""Convert a spec to the nested keys of its YAML text, and assign comments to them.

Both printers need to know which entry a comment belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from heapq import heappop, heappush
from typing import NamedTuple

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
        yield from _top(kind, statements)
    # Treat unknown kinds as layers, because unknown top-level keys can't be read.
    layers = [s for s in statements if s.kind.text not in (*_FRONT, *_BACK)]
    encoders = [s for s in layers if s.kind.text in kinds("encoder")]
    if len(encoders) == 1 and layers[0] is encoders[0]:
        yield statement_entry(layers.pop(0))
    if layers:
        inner = tuple(map(statement_entry, layers))
        yield Entry("layers", _place(document, layers), inner=inner, is_list=True)
    for kind in _BACK:
        yield from _top(kind, statements)


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


def _top(kind: str, statements: Iterable[tree.Statement]) -> Iterator[Entry]:
    own = [statement for statement in statements if statement.kind.text == kind]
    if kind == "defaults" and len(own) > 1:
        span = own[0].kind.span.to(own[-1].span)
        yield Entry(kind, span, inner=tuple(map(_default, own)), is_list=True)
    else:
        yield from map(statement_entry, own)


def _default(statement: tree.Statement) -> Entry:
    """Return one of several `defaults`, without their common key."""
    key = _key_text(statement.variant.text) if statement.variant else ""
    inner = tuple(map(_property, statement.properties or ()))
    return Entry(key, statement.span, inner=inner)


def statement_entry(statement: tree.Statement) -> Entry:
    """Return a statement as a key with nested entries."""
    kind, span = statement.kind.text, statement.span
    if statement.text is not None:
        text = statement.text.value
        return Entry(kind, span, text if _PLAIN.fullmatch(text) else _quote_yaml(text))
    properties = map(_property, statement.properties or ())
    inner = (*_parts(statement), *properties, *_sources(statement))
    if statement.variant is None:
        if not inner and may_be_bare(kind):
            return Entry(kind, span)
        return Entry(kind, span, inner=inner)
    variant = statement.variant
    if not inner:
        return Entry(kind, span, variant.text)
    whole = reduce(Span.to, (entry.span for entry in inner), variant.span)
    chosen = Entry(_key_text(variant.text), whole, inner=inner, is_variant=True)
    return Entry(kind, span, inner=(chosen,))


def _parts(statement: tree.Statement) -> Iterator[Entry]:
    if statement.name is not None:
        yield Entry("name", statement.name.span, statement.name.text)
    values = {"shape": statement.shape, "in": statement.within, "as": statement.mapped}
    for key, value in values.items():
        if value is not None:
            yield Entry(key, value.span, _scalar_text(value))


def _sources(statement: tree.Statement) -> Iterator[Entry]:
    names = tuple(Entry("", word.span, word.text) for word in statement.sources)
    if len(names) == 1:
        yield Entry("from", names[0].span, statement.sources[0].text)
    elif names:
        span = names[0].span.to(names[-1].span)
        yield Entry("from", span, inner=names, is_list=True)


def _property(item: tree.Property) -> Entry:
    return _value(_key_text(item.key.text), item.value, item.span)


def _value(key: str, value: tree.Value, span: Span) -> Entry:
    if isinstance(value, tree.Group):
        inner = tuple(map(_property, value.properties))
        if not inner:
            return Entry(key, span, value.name.text)
        group = Entry(_key_text(value.name.text), value.span, inner=inner)
        return Entry(key, span, inner=(group,))
    if isinstance(value, tree.List):
        items = tuple(_value("", item, item.span) for item in value.items)
        return Entry(key, span, inner=items, is_list=True)
    if isinstance(value, tree.Text):
        return Entry(key, span, _quote_yaml(value.value))
    return Entry(key, span, _scalar_text(value))


# A text that YAML reads as a string without quotes: it begins with a letter and
# contains no colon, hash, bracket or quote.
_PLAIN = re.compile(r"[A-Za-z](?:[\w .,;()/+'-]*[\w.)])?", re.ASCII)
_WORD = re.compile(r"[^\W\d]\w*")
_EXPONENT = re.compile(r"(?<![\d.])([+-]?\d+)e")


def _key_text(word: str) -> str:
    """Write a key, in quotes unless it is a word."""
    return word if _WORD.fullmatch(word) else _quote_yaml(word)


def _quote_yaml(value: str) -> str:
    """Write a string in double quotes."""
    text = json.dumps(value, ensure_ascii=False)
    escapes = (
        f"\\u{ord(c):04x}" if c < "\U00010000" else f"\\U{ord(c):08x}" for c in text
    )
    return "".join(
        c if c.isprintable() else e for c, e in zip(text, escapes, strict=True)
    )


def _scalar_text(value: Scalar) -> str:
    """Write a literal; add the decimal point that YAML 1.1 requires in every float."""
    if isinstance(value, tree.Word):
        return value.text
    return _EXPONENT.sub(r"\1.0e", scalar(value))


class CommentsAround(NamedTuple):
    """The comments above an entry, on its last line, and at the end of its block."""

    above: list[tree.Comment]
    beside: list[tree.Comment]
    below: list[tree.Comment]


class Remarks:
    """The comments of a document, by the entries that they belong to.

    A comment on its own line belongs to the next entry. A trailing comment belongs to
    the entry before it. Entries are compared by identity.

    Attributes
    ----------
    foot
        The comments after the last entry.
    """

    def __init__(
        self, comments: Iterable[tree.Comment], entries: Sequence[Entry]
    ) -> None:
        self.foot: list[tree.Comment] = []
        self._around: dict[int, CommentsAround] = {}
        self._levels: dict[int, _Level] = {}
        self._latest: int | None = None  # start of the previous comment
        for comment in comments:
            self._place(comment, entries, None)
            self._latest = comment.span.start

    def of(self, entry: Entry) -> CommentsAround:
        """Return the comments that belong to an entry."""
        return self._around.setdefault(id(entry), CommentsAround([], [], []))

    def inside(self, entry: Entry) -> bool:
        """Return whether a comment belongs inside an entry."""
        inner = (any(self.of(inner)) for inner in _all(entry))
        return bool(self.of(entry).below) or any(inner)

    def _level(self, entries: Sequence[Entry]) -> _Level:
        if id(entries) not in self._levels:
            self._levels[id(entries)] = _Level(entries)
        return self._levels[id(entries)]

    def _is_next(self, entry: Entry) -> bool:
        """Return whether an entry has no comment yet and no entry comes before it."""
        end = entry.span.end if entry.inner else entry.span.start
        between = self._latest is not None and self._latest >= end
        return not self.of(entry).beside and not between

    def _place(
        self, comment: tree.Comment, entries: Sequence[Entry], owner: Entry | None
    ) -> None:
        level = self._level(entries)
        level.go_to(comment.span.start)
        if level.within is not None:
            self._place(comment, level.within.inner or (), level.within)
            return
        if comment.trailing and level.around is not None:
            self.of(level.around).beside.append(comment)
            return
        before = level.before or owner
        text = comment.span.source.text
        if comment.trailing and before is not None:
            opened = "{" in text[before.span.end : comment.span.start]
            if owner is not None and opened and not comment.span.source.is_yaml:
                before = owner  # the block opens before the comment
            beside = before if before is owner else _ending(before, comment)
            if self._is_next(beside):
                self.of(beside).beside.append(comment)
                return
            if "\n" not in text[beside.span.end : comment.span.start]:
                self.of(beside).above.append(comment)
                return
        if before is not None and before is not owner and _is_below(before, comment):
            self._place(comment, before.inner or (), before)
        elif level.after is not None:
            # The first line of an item without a key belongs to the item.
            is_first = level.after is entries[0]
            to_item = owner if owner and not owner.key and is_first else None
            self.of(to_item or level.after).above.append(comment)
        elif owner is not None:
            self.of(owner).below.append(comment)
        else:
            self.foot.append(comment)


class _Level:
    """The entries around a position that only moves forward.

    Attributes
    ----------
    within
        The first entry with nested entries that contains the position.
    around
        The entry without nested entries that contains the position: an empty block.
    before, after
        The last entry that ends before the position, and the first entry after it.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.within: Entry | None = None
        self.around: Entry | None = None
        self.before: Entry | None = None
        self.after: Entry | None = None
        # If two entries end at the same position, use the first.
        self._open = sorted(entries, key=lambda e: e.span.end, reverse=True)
        numbered = sorted(enumerate(entries), key=lambda pair: pair[1].span.start)
        self._coming = numbered[::-1]
        self._begun: list[tuple[int, Entry]] = []

    def go_to(self, at: int) -> None:
        while self._coming and self._coming[-1][1].span.start <= at:
            number, entry = self._coming.pop()
            if entry.inner:
                heappush(self._begun, (number, entry))
            else:
                self.around = entry
        if self.around is not None and self.around.span.end <= at:
            self.around = None
        while self._begun and self._begun[0][1].span.end <= at:
            heappop(self._begun)
        while self._open and self._open[-1].span.end <= at:
            self.before = self._open.pop()
        self.within = self._begun[0][1] if self._begun else None
        self.after = self._coming[-1][1] if self._coming else None


_CLOSED = re.compile(r"[]}]")


def _ending(entry: Entry, comment: tree.Comment) -> Entry:
    """Return the part of an entry that a trailing comment belongs to.

    In YAML, return the part that begins and ends on the comment's line. In a `.snn`
    block, return the last property. A comment that allows a warning belongs to the
    block whose closing bracket precedes the comment.
    """
    source, line = comment.span.source, comment.span.first.line
    may_allow = comment.text.lstrip("# ").lower().startswith("snnc")
    while entry.inner:
        begins_above = source.is_yaml and entry.span.first.line < line
        is_variant = entry.is_variant and not source.is_yaml
        if not (entry.is_open or begins_above or is_variant):
            break
        last = max(entry.inner, key=lambda inner: inner.span.end)
        closed = _CLOSED.search(source.text, last.span.end, comment.span.start)
        if closed and not entry.is_open and may_allow:
            break
        entry = last
    return entry


def _is_below(entry: Entry, comment: tree.Comment) -> bool:
    """Return whether a YAML comment is indented like the entries inside an entry."""
    span = entry.span
    if not comment.span.source.is_yaml or span.first.line == span.last.line:
        return False
    return bool(entry.inner) and span.first.column < comment.span.first.column


def _all(entry: Entry) -> Iterator[Entry]:
    for inner in entry.inner or ():
        yield inner
        yield from _all(inner)
