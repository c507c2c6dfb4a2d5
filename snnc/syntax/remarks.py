"""Assign each comment of a spec to an entry, in either notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from snnc.language import tree
from snnc.syntax.entries import Entry


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
        if comment.trailing and before is not None:
            if owner is not None and _is_in_heading(before, comment):
                before = owner
            beside = before if before is owner else _ending(before, comment)
            if self._is_next(beside):
                self.of(beside).beside.append(comment)
                return
            text = comment.span.source.text
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
    text = comment.span.source.text
    while entry.inner and (
        entry.is_open
        or _is_above(entry, comment)
        or (entry.is_variant and not comment.span.source.is_yaml)
    ):
        last = max(entry.inner, key=lambda inner: inner.span.end)
        closed = _CLOSED.search(text, last.span.end, comment.span.start)
        if closed and not entry.is_open and _allows(comment):
            break
        entry = last
    return entry


def _allows(comment: tree.Comment) -> bool:
    """Return whether a comment may allow a warning, so that its position matters."""
    return comment.text.lstrip("# ").lower().startswith("snnc")


def _is_in_heading(before: Entry, comment: tree.Comment) -> bool:
    """Return whether an `.snn` block opens between an entry and a comment."""
    source = comment.span.source
    opened = "{" in source.text[before.span.end : comment.span.start]
    return opened and not source.is_yaml


def _is_below(entry: Entry, comment: tree.Comment) -> bool:
    """Return whether a YAML comment is indented like the entries inside an entry."""
    span = entry.span
    if not comment.span.source.is_yaml or span.first.line == span.last.line:
        return False
    return bool(entry.inner) and span.first.column < comment.span.first.column


def _is_above(entry: Entry, comment: tree.Comment) -> bool:
    source = comment.span.source
    return source.is_yaml and entry.span.first.line < comment.span.first.line


def _all(entry: Entry) -> Iterator[Entry]:
    for inner in entry.inner or ():
        yield inner
        yield from _all(inner)
