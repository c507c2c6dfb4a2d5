"""Format a ``.snn`` file.

A block or list is written on one line if it fits, contains no comment, and is not the
block of `train`. Otherwise each item gets its own line. Comments stay where they are.
Several blank lines become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from snnc.language import tree
from snnc.language.keywords import BEGINNINGS
from snnc.source import Span
from snnc.syntax.build import quote, scalar
from snnc.syntax.entries import Entry, Remarks, entries_of


@dataclass(frozen=True, slots=True)
class Item:
    """A statement, a property or a list item, which fills one line or part of a line.

    ``head`` ends with the opening bracket if ``inner`` is not None. Items with ``open``
    always need several lines.
    """

    head: str
    span: Span
    inner: tuple[Item, ...] | None = None
    closer: str = ""
    open: bool = False

    @property
    def flat(self) -> str:
        """Return the item on one line."""
        if self.inner is None:
            return self.head
        within = ", ".join(item.flat for item in self.inner)
        blank = " " if self.closer == "}" and within else ""
        return f"{self.head}{blank}{within}{blank}{self.closer}"

    @property
    def begins_statement(self) -> bool:
        """Whether the item would be a statement at the beginning of a line."""
        return self.head.split(",")[0] in BEGINNINGS


def statement_item(statement: tree.Statement) -> Item:
    """Lay out a statement; `train` always has a line for each property."""
    head = " ".join(_heading(statement))
    if statement.properties is None:
        return Item(head, statement.span)
    is_train = statement.kind.text == "train"
    return _block(head, statement.properties, statement.span, is_train)


def _heading(statement: tree.Statement) -> Iterator[str]:
    words = (statement.kind, statement.variant, statement.name)
    yield from (word.text for word in words if word is not None)
    if statement.text is not None:
        yield quote(statement.text.value)
    values = {"": statement.shape, "in ": statement.within, "as ": statement.mapped}
    yield from (f"{clause}{scalar(v)}" for clause, v in values.items() if v is not None)
    if statement.sources:
        yield "from " + ", ".join(source.text for source in statement.sources)


def _block(
    head: str, properties: Iterable[tree.Property], span: Span, is_open: bool = False
) -> Item:
    inner = tuple(_value(f"{p.key.text} ", p.value, p.span) for p in properties)
    return Item(f"{head} {{", span, inner, "}", is_open and bool(inner))


def _value(before: str, value: tree.Value, span: Span) -> Item:
    """Lay out a value and the key before it."""
    if isinstance(value, tree.Group):
        return _block(f"{before}{value.name.text}", value.properties, span)
    if isinstance(value, tree.List):
        items = (_value("", item, item.span) for item in value.items)
        return Item(f"{before}[", span, tuple(_merge_words(items)), "]")
    return Item(before + scalar(value), span)


def _merge_words(items: Iterable[Item]) -> Iterator[Item]:
    """Join words that can't begin a line to the items before them."""
    pending: Item | None = None
    for item in items:
        if pending is not None and item.begins_statement:
            pending = Item(f"{pending.flat}, {item.head}", pending.span.to(item.span))
            continue
        if pending is not None:
            yield pending
        pending = item
    if pending is not None:
        yield pending


WIDTH = 88
_INDENT = "  "
_LISTS = ("layers:", "defaults:")


def print_snn(document: tree.Document) -> str:
    """Write a spec that has no syntax error, from either notation, as ``.snn`` text.

    Raises
    ------
    ValueError
        If the document has no edition, no network or a broken statement.
    """
    edition, network = document.edition, document.network
    broken = any(statement.broken for statement in document.statements)
    if edition is None or network is None or broken:
        raise ValueError("a spec with syntax errors can't be formatted")
    return _SnnPrinter(document).print(edition, network)


class _SnnPrinter:
    """Write a spec line by line, with its comments in order."""

    def __init__(self, document: tree.Document) -> None:
        self._document = document
        self._source = document.span.source
        self._items = tuple(map(statement_item, document.statements))
        self._headings, self._ends = _comments_of_items(document)
        headed = {id(c) for found in self._headings.values() for c in found}
        self._comments = [c for c in document.comments[::-1] if id(c) not in headed]
        self._lines: list[str] = []
        self._opened = True

    def print(self, edition: tree.Number, network: tree.Word) -> str:
        items = self._items
        end = self._end(network)
        self._header(f"snn {edition.value}", edition.span)
        self._trailing(edition.span.end, network.span.start)
        self._lines.append("")
        self._opened = True
        self._header(f"network {network.text} {{", network.span)
        self._trailing(network.span.end, items[0].span.start if items else end)
        self._opened = True
        self._block(items, end, 1)
        self._close("}", end, 0)
        self._trailing(end, len(self._source.text) + 1)
        self._above(len(self._source.text) + 1, 0)
        return "\n".join(self._lines) + "\n"

    def _header(self, text: str, span: Span) -> None:
        self._above(span.start, 0)
        _, column = self._source.line_column(span.start)
        self._line(text, span.start - column + 1, 0)

    def _end(self, network: tree.Word) -> int:
        """Return the position where the network ends, which YAML does not mark."""
        text = self._source.text
        start = self._items[-1].span.end if self._items else network.span.end
        later = (c.span for c in self._document.comments if c.span.start >= start)
        for span in (*later, self._source.whole.after):
            if (at := text.find("}", start, span.start)) >= 0:
                return at
            start = span.end
        return len(text)

    def _block(self, items: tuple[Item, ...], end: int, depth: int) -> None:
        """Write items on lines of their own, up to the end of their block."""
        for index, item in enumerate(items):
            following = items[index + 1].span.start if index + 1 < len(items) else end
            self._item(item, depth)
            self._trailing(self._end_of(item), following)

    def _item(self, item: Item, depth: int) -> None:
        self._above(item.span.start, depth)
        heading = self._headings.get(item.span, [])
        opener = heading[: item.inner is not None]
        for comment in heading[len(opener) :]:
            self._line(_format_comment(comment), item.span.start, depth)
        if item.inner is None or self._fits(item, depth):
            self._line(item.flat, item.span.start, depth)
            return
        head, inner = item.head, item.inner
        if inner and inner[0].begins_statement:
            head, inner = head + inner[0].head, inner[1:]
        trailing = (f"  {_format_comment(comment)}" for comment in opener)
        self._line(head + "".join(trailing), item.span.start, depth)
        self._opened = True
        self._block(inner, self._end_of(item), depth + 1)
        self._close(item.closer, self._end_of(item), depth)

    def _fits(self, item: Item, depth: int) -> bool:
        """Return whether an item fits on one line, without a comment after it."""
        if self._comment_before(self._end_of(item)) or self._is_open(item):
            return False
        return len(_INDENT) * depth + len(item.flat) <= WIDTH

    def _is_open(self, item: Item) -> bool:
        has_comment = item.inner is not None and item.span in self._headings
        return item.open or has_comment or any(map(self._is_open, item.inner or ()))

    def _end_of(self, item: Item) -> int:
        return self._ends.get(item.span, item.span.end)

    def _close(self, closer: str, end: int, depth: int) -> None:
        self._above(end, depth + 1)
        self._lines.append(_INDENT * depth + closer)
        self._opened = False

    def _comment_before(self, end: int) -> bool:
        return bool(self._comments) and self._comments[-1].span.start < end

    def _above(self, end: int, depth: int) -> None:
        """Write the comments before a position, each on its own line."""
        while self._comment_before(end):
            comment = self._comments.pop()
            self._line(_format_comment(comment), comment.span.start, depth)

    def _trailing(self, start: int, end: int) -> None:
        """Write the comment on the line of ``start`` if it precedes ``end``."""
        if not self._comment_before(end):
            return
        at = self._comments[-1].span.start
        if at >= start and self._source.text.find("\n", start, at) < 0:
            self._lines[-1] += f"  {_format_comment(self._comments.pop())}"

    def _line(self, text: str, start: int, depth: int) -> None:
        """Write a line; if the source has blank lines before it, keep one."""
        if not self._opened and self._is_apart(start):
            self._lines.append("")
        self._lines.append(_INDENT * depth + text)
        self._opened = False

    def _is_apart(self, start: int) -> bool:
        """Return whether a blank line precedes a position or its list key."""
        line, column = self._source.line_column(start)
        if self._source.is_yaml and line > 1:
            above = self._source.line_text(line - 1)
            if above.split(" #")[0].rstrip() in _LISTS:
                return self._source.is_apart(start - column - len(above))
        return self._source.is_apart(start)


def _comments_of_items(
    document: tree.Document,
) -> tuple[dict[Span, list[tree.Comment]], dict[Span, int]]:
    """Find the comments on headings, and the ends of items with comments.

    YAML has no closing brace: a comment after the last key belongs to the key's item.
    """
    headings: dict[Span, list[tree.Comment]] = {}
    ends: dict[Span, int] = {}
    if not document.comments:
        return headings, ends
    entries = tuple(entries_of(document))
    remarks = Remarks(document.comments, entries)
    spans = set(_spans_of(document.statements))

    def visit(entry: Entry, owner: Span | None) -> int:
        is_item = not entry.is_open and entry.span in spans
        owner = entry.span if is_item else owner
        end = entry.span.end
        for comment in remarks.of(entry).below:
            end = max(end, comment.span.end)
        for inner in entry.inner or ():
            end = max(end, visit(inner, owner))
        if is_item:
            ends[entry.span] = end
        for comment in (*remarks.of(entry).above, *remarks.of(entry).beside):
            at = comment.span.start
            if owner is not None and (not is_item or owner.start <= at < owner.end):
                headings.setdefault(owner, []).append(comment)
            elif at >= end:
                end = comment.span.end
        return end

    for entry in entries:
        visit(entry, None)
    return headings, ends


def _spans_of(nodes: Iterable[Any]) -> Iterator[Span]:
    """Yield the spans of nodes that may have their own lines."""
    for node in nodes:
        yield node.span
        value = getattr(node, "value", node)
        inner: Any = getattr(value, "properties", None) or getattr(value, "items", ())
        yield from _spans_of(inner)


def _format_comment(comment: tree.Comment) -> str:
    """Return a comment with its ``#``; don't add spaces between several ``#``."""
    if not comment.text or comment.text.startswith(("#", "!")):
        return f"#{comment.text}"
    return f"# {comment.text}"
