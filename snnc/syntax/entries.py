"""Convert a spec to entries, which are parts with their own line or YAML key.

Both printers, and the comments that allow warnings, need to know which entry a comment
belongs to.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from operator import attrgetter
from typing import NamedTuple

from snnc.language import tree
from snnc.language.keywords import kinds, may_be_bare, owner_of
from snnc.source import SourceFile, Span
from snnc.syntax.build import Scalar, quote, scalar

_FRONT = kinds("front")
_BACK = kinds("back")
_ENCODERS = kinds("encoder")


class Entry(NamedTuple):
    """A key with a scalar or nested entries.

    Attributes
    ----------
    key
        The key in YAML; empty for a list item that is a mapping without a kind.
    scalar
        The value in YAML, if ``inner`` is None.
    inner
        The nested entries, which YAML writes as a list if ``is_list``.
    head, closer
        The text in ``.snn`` up to the opening bracket, and the closing bracket, if any.
        Entries without a line of their own have no ``head``.
    """

    key: str
    span: Span
    scalar: str = ""
    inner: tuple[Entry, ...] | None = None
    is_list: bool = False
    head: str = ""
    closer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the entry needs several lines: `layers`, or a list of `defaults`."""
        return self.is_list and self.key in ("layers", "defaults")

    @property
    def flat(self) -> str:
        """Return the entry on one line of YAML."""
        before = f"{self.key}: " if self.key else ""
        if self.inner is None:
            return f"{before}{self.scalar}" if self.scalar else self.key
        within = ", ".join(entry.flat for entry in self.inner)
        return f"{before}[{within}]" if self.is_list else f"{before}{{{within}}}"

    @property
    def lines(self) -> tuple[Entry, ...]:
        """Return the entries inside the brackets of ``.snn``."""
        inner = self.inner or ()
        nested = ((each,) if each.head else each.lines for each in inner)
        return tuple(line for lines in nested for line in lines)

    @property
    def statement(self) -> str:
        """Return the entry on one line of ``.snn``."""
        within = ", ".join(line.statement for line in self.lines)
        blank = " " if self.closer == "}" and within else ""
        return f"{self.head}{blank}{within}{blank}{self.closer}"


def entries_of(document: tree.Document) -> Iterator[Entry]:
    """Yield the keys of a file whose edition, network and statements are valid."""
    edition = document.edition
    network = document.network
    if edition is not None and network is not None:
        head = f"snn {edition.value}"
        yield Entry("snn", _line_to(edition.span), str(edition.value), head=head)
        head = f"network {network.text} {{"
        yield Entry("network", _line_to(network.span), network.text, head=head)
    for kind in _FRONT:
        yield from _top(kind, document.statements)
    yield from _layers(document)
    for kind in _BACK:
        yield from _top(kind, document.statements)


def _layers(document: tree.Document) -> Iterator[Entry]:
    """Yield an encoder that comes first and is the only one, and the list of layers."""
    # Treat unknown kinds as layers, because unknown top-level keys can't be read.
    others = (*_FRONT, *_BACK)
    layers = [each for each in document.statements if each.kind.text not in others]
    is_encoder = [each.kind.text in _ENCODERS for each in layers]
    if is_encoder[:1] == [True] and is_encoder.count(True) == 1:
        yield statement_entry(layers.pop(0))
    if layers:
        inner = tuple(map(statement_entry, layers))
        yield Entry("layers", _place(document, layers), inner=inner, is_list=True)


def valid_entries(document: tree.Document) -> tuple[Entry, ...]:
    """Return the keys of a spec; raise ValueError if it has syntax errors."""
    broken = any(statement.broken for statement in document.statements)
    if document.edition is None or document.network is None or broken:
        raise ValueError("a spec with syntax errors can't be written")
    return tuple(entries_of(document))


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
    same_kind = [statement for statement in statements if statement.kind.text == kind]
    if kind == "defaults" and len(same_kind) > 1:
        span = same_kind[0].kind.span.to(same_kind[-1].span)
        yield Entry(kind, span, inner=tuple(map(_default, same_kind)), is_list=True)
    else:
        yield from map(statement_entry, same_kind)


def _default(statement: tree.Statement) -> Entry:
    """Return one of several `defaults`, without their common key in YAML."""
    key = _key_text(statement.variant.text) if statement.variant else ""
    inner = tuple(map(_property, statement.properties or ()))
    return statement_entry(statement)._replace(key=key, scalar="", inner=inner)


def statement_entry(statement: tree.Statement) -> Entry:
    """Return a statement as a key with nested entries."""
    written = list(_parts(statement))
    words = [owner_of(statement), *(text for text, _ in written)]
    closer = ""
    if statement.properties is not None:
        words.append("{")
        closer = "}"
    head = " ".join(words)
    entry = Entry(statement.kind.text, statement.span, head=head, closer=closer)
    parts = [part for _, part in written]
    if statement.text is not None:
        return entry._replace(scalar=parts[0].scalar)
    return _with_inner(entry, statement, parts)


def _with_inner(entry: Entry, statement: tree.Statement, parts: list[Entry]) -> Entry:
    """Return the entry of a statement with its parts and properties in YAML."""
    sources = [parts.pop()] if statement.sources else []  # last in YAML
    properties = map(_property, statement.properties or ())
    inner = (*parts, *properties, *sources)
    variant = statement.variant
    if variant is None:
        is_bare = not inner and may_be_bare(entry.key)
        return entry if is_bare else entry._replace(inner=inner)
    if not inner:
        return entry._replace(scalar=variant.text)
    whole = reduce(Span.to, (each.span for each in inner), variant.span)
    return entry._replace(inner=(Entry(_key_text(variant.text), whole, inner=inner),))


def _parts(statement: tree.Statement) -> Iterator[tuple[str, Entry]]:
    """Yield the text of each part before the block, and its entry in YAML."""
    name = statement.name
    about = statement.text
    if name is not None:
        yield name.text, Entry("name", name.span, name.text)
    if about is not None:
        text = about.value
        plain = text if _PLAIN.fullmatch(text) else _quote_yaml(text)
        yield quote(text), Entry("about", about.span, plain)
    values = {"shape": statement.shape, "in": statement.within, "as": statement.mapped}
    for key, value in values.items():
        if value is not None:
            clause = "" if key == "shape" else f"{key} "
            entry = Entry(key, value.span, _scalar_text(value))
            yield f"{clause}{scalar(value)}", entry
    if statement.sources:
        entry = _sources(statement.sources)
        yield f"from {', '.join(word.text for word in statement.sources)}", entry


def _sources(words: Sequence[tree.Word]) -> Entry:
    """Return the entry of ``from``: a name, or a list of names."""
    names = tuple(Entry("", word.span, word.text) for word in words)
    span = names[0].span.to(names[-1].span)
    if len(names) == 1:
        return Entry("from", span, names[0].scalar)
    return Entry("from", span, inner=names, is_list=True)


def _property(item: tree.Property) -> Entry:
    return _value(item.key.text, item.value, item.span)


def _value(word: str | None, value: tree.Value, span: Span) -> Entry:
    """Return a value and the key before it; items of a list have no key."""
    key = "" if word is None else _key_text(word)
    before = "" if word is None else f"{word} "
    if isinstance(value, tree.Group):
        name = value.name.text
        entry = partial(Entry, key, span, head=f"{before}{name} {{", closer="}")
        inner = tuple(map(_property, value.properties))
        if not inner:
            return entry(name)
        return entry(inner=(Entry(_key_text(name), value.span, inner=inner),))
    if isinstance(value, tree.List):
        items = tuple(_value(None, item, item.span) for item in value.items)
        head = f"{before}["
        return Entry(key, span, inner=items, is_list=True, head=head, closer="]")
    return Entry(key, span, _scalar_text(value), head=f"{before}{scalar(value)}")


# A text that YAML reads as a string without quotes: it begins with a letter and
# contains no colon, hash, bracket or quote.
_PLAIN = re.compile(r"[A-Za-z](?:[\w .,;()/+'-]*[\w.)])?", re.ASCII)
_WORD = re.compile(r"[^\W\d]\w*")
_EXPONENT = re.compile(r"(?<![\d.])([+-]?\d+)e")


def _key_text(word: str) -> str:
    """Write a key, in quotes unless it is a word."""
    return word if _WORD.fullmatch(word) else _quote_yaml(word)


def _quote_yaml(value: str) -> str:
    # A string of JSON is also one of YAML, unless it has unprintable characters.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)


def _scalar_text(value: Scalar) -> str:
    """Write a literal; add the decimal point that YAML 1.1 requires in every float."""
    if isinstance(value, tree.Word):
        return value.text
    if isinstance(value, tree.Text):
        return _quote_yaml(value.value)
    return _EXPONENT.sub(r"\1.0e", scalar(value))


class CommentsAround(NamedTuple):
    """The comments above an entry, on its last line, and at the end of its block."""

    above: list[tree.Comment]
    beside: list[tree.Comment]
    below: list[tree.Comment]


class Remarks:
    """The comments of a document, by the entries that they belong to.

    A comment on its own line belongs to the next entry, and a trailing comment to the
    entry before it; those after the last entry are the ``foot``. Entries are compared
    by identity, because hashing one would hash all entries inside. ``nested`` returns
    the entries in an entry that may have comments.
    """

    def __init__(
        self,
        comments: Iterable[tree.Comment],
        entries: Sequence[Entry],
        nested: Callable[[Entry], Sequence[Entry] | None] = attrgetter("inner"),
    ) -> None:
        self.foot: list[tree.Comment] = []
        self._nested = nested
        self._around: dict[int, CommentsAround] = {}
        self._levels: dict[int, tuple[list[Entry], list[Entry]]] = {}
        self._latest: int | None = None  # start of the previous comment
        for comment in comments:
            self._place(comment, entries, None)
            self._latest = comment.span.start

    def of(self, entry: Entry) -> CommentsAround:
        """Return the comments that belong to an entry."""
        return self._around.setdefault(id(entry), CommentsAround([], [], []))

    def inside(self, entry: Entry) -> bool:
        """Return whether a comment belongs inside an entry."""
        inner = self._nested(entry) or ()
        within = (any(self.of(each)) or self.inside(each) for each in inner)
        return bool(self.of(entry).below) or any(within)

    def _neighbours(
        self, entries: Sequence[Entry], owner: Entry | None, at: int
    ) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Return the entries before, around and after a position."""
        # Sort each block once, and not once per comment.
        if id(owner) not in self._levels:
            # If two entries end at the same position, use the first.
            ends = sorted(entries, key=_end, reverse=True)[::-1]
            self._levels[id(owner)] = (sorted(entries, key=_start), ends)
        by_start, by_end = self._levels[id(owner)]
        begun = bisect_right(by_start, at, key=_start)
        ended = bisect_right(by_end, at, key=_end)
        around = (entry for entry in by_start[:begun][::-1] if entry.span.end > at)
        after = by_start[begun] if begun < len(by_start) else None
        return by_end[ended - 1] if ended else None, next(around, None), after

    def _is_next(self, entry: Entry) -> bool:
        """Return whether an entry has no comment yet and no entry comes before it."""
        end = entry.span.end if self._nested(entry) else entry.span.start
        between = self._latest is not None and self._latest >= end
        return not self.of(entry).beside and not between

    def _place(
        self, comment: tree.Comment, entries: Sequence[Entry], owner: Entry | None
    ) -> None:
        """Give a comment to the entry around it, before it or after it.

        ``owner`` contains the entries; it is None at the top of a document.
        """
        before, around, after = self._neighbours(entries, owner, comment.span.start)
        if around is not None and self._place_within(comment, around):
            return
        if self._place_after(comment, before, owner):
            return
        if after is not None:
            # The first line of an item without a key belongs to the item.
            to_item = owner if owner and not owner.key and after is entries[0] else None
            self.of(to_item or after).above.append(comment)
        elif owner is not None:
            self.of(owner).below.append(comment)
        else:
            self.foot.append(comment)

    def _place_within(self, comment: tree.Comment, around: Entry) -> bool:
        """Place a comment inside an entry; return whether it belongs there."""
        inner = self._nested(around)
        if inner:
            self._place(comment, inner, around)
        elif comment.trailing:
            self.of(around).beside.append(comment)
        elif around.closer:
            self.of(around).below.append(comment)
        else:
            return False
        return True

    def _place_after(
        self, comment: tree.Comment, before: Entry | None, owner: Entry | None
    ) -> bool:
        """Place a comment with the entry before it; return whether it belongs there."""
        nearest = before or owner
        if nearest is None:
            return False
        if comment.trailing and self._place_beside(comment, nearest, owner):
            return True
        if before is None or not _is_below(before, comment):
            return False
        inner = self._nested(before)
        if not inner:
            return False
        self._place(comment, inner, before)
        return True

    def _place_beside(
        self, comment: tree.Comment, before: Entry, owner: Entry | None
    ) -> bool:
        """Place a trailing comment after an entry; return whether it belongs there."""
        source = comment.span.source
        opened = "{" in source.text[before.span.end : comment.span.start]
        if owner is not None and opened and not source.is_yaml:
            before = owner  # the block opens before the comment
        beside = before if before is owner else self._ending(before, comment)
        if self._is_next(beside):
            self.of(beside).beside.append(comment)
            return True
        if "\n" in source.text[beside.span.end : comment.span.start]:
            return False
        self.of(beside).above.append(comment)
        return True

    def _ending(self, entry: Entry, comment: tree.Comment) -> Entry:
        """Return the part of an entry that a trailing comment belongs to.

        In YAML, the part is on the comment's line; in a `.snn` block, it is the last
        property. A comment that allows a warning belongs to the whole block.
        """
        text = comment.span.source.text
        may_allow = comment.text.lstrip("# ").lower().startswith("snnc")
        while inner := self._nested(entry):
            if not _ends_with_part(entry, comment):
                break
            last = max(inner, key=_end)
            closed = _CLOSED.search(text, last.span.end, comment.span.start)
            if closed and not entry.is_open and may_allow:
                break
            entry = last
        return entry


def _ends_with_part(entry: Entry, comment: tree.Comment) -> bool:
    """Return whether a trailing comment may belong to the last part of an entry."""
    is_yaml = comment.span.source.is_yaml
    begins_above = is_yaml and entry.span.first.line < comment.span.first.line
    # In `.snn`, an entry without a head is a variant, which ends with its properties.
    is_variant = not (is_yaml or entry.head or entry.is_list)
    return entry.is_open or begins_above or is_variant


_start = attrgetter("span.start")
_end = attrgetter("span.end")
_CLOSED = re.compile(r"[]}]")


def _is_below(entry: Entry, comment: tree.Comment) -> bool:
    """Return whether a YAML comment is indented like the entries inside an entry."""
    span = entry.span
    if not comment.span.source.is_yaml or span.first.line == span.last.line:
        return False
    return span.first.column < comment.span.first.column


class Writer:
    """Write a spec line by line.

    If ``opened``, no blank line may precede the next line.
    """

    indent = "  "

    def __init__(self, source: SourceFile, remarks: Remarks) -> None:
        self.source = source
        self.remarks = remarks
        self.lines: list[str] = []
        self.opened = True

    def line(self, text: str, start: int, beside: Iterable[tree.Comment] = ()) -> None:
        """Write a line, with the blank line before its text in the source."""
        self.skip_line(start)
        self.lines.append("  ".join((text, *map(_format_comment, beside))))
        self.opened = False

    def skip_line(self, start: int) -> None:
        """Write one blank line if the source has some before a position."""
        if not self.opened and self.is_apart(start):
            self.lines.append("")
            self.opened = True

    def is_apart(self, start: int) -> bool:
        """Return whether a blank line precedes a position in the source."""
        return self.source.is_apart(start)

    def comments(self, comments: Iterable[tree.Comment], depth: int) -> None:
        """Write comments, each on its own line."""
        for comment in comments:
            text = self.indent * depth + _format_comment(comment)
            self.line(text, comment.span.start)


def _format_comment(comment: tree.Comment) -> str:
    """Return a comment with its ``#``; don't add spaces between several ``#``."""
    if not comment.text or comment.text.startswith(("#", "!")):
        return f"#{comment.text}"
    return f"# {comment.text}"
