"""Find the entry that each comment belongs to, and write entries with their comments.

Both printers, and the comments that allow warnings, need to know which entry a comment
belongs to.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from snnc.language import tree
from snnc.source import SourceFile
from snnc.syntax.entries import Entry


class CommentsAround(NamedTuple):
    """The comments above an entry, on its last line, and at the end of its block."""

    above: list[tree.Comment]
    beside: list[tree.Comment]
    below: list[tree.Comment]


class Remarks:
    """The comments of a document, by the entries that they belong to.

    A comment on its own line belongs to the next entry, and a trailing comment to the
    entry before it; those after the last entry are the ``foot``. Entries are compared
    by identity. ``nested`` returns the entries in an entry that may have comments.
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
        before, around, after = self._neighbours(entries, owner, comment.span.start)
        if around is not None and (inner := self._nested(around)):
            self._place(comment, inner, around)
            return
        if around is not None and (comment.trailing or around.closer):
            own = self.of(around)
            (own.beside if comment.trailing else own.below).append(comment)
            return
        before = before or owner
        if (
            before is not None
            and comment.trailing
            and self._place_beside(comment, before, owner)
        ):
            return
        inner = None
        if before is not None and before is not owner and _is_below(before, comment):
            inner = self._nested(before)
        if inner:
            self._place(comment, inner, before)
        elif after is not None:
            # The first line of an item without a key belongs to the item.
            to_item = owner if owner and not owner.key and after is entries[0] else None
            self.of(to_item or after).above.append(comment)
        elif owner is not None:
            self.of(owner).below.append(comment)
        else:
            self.foot.append(comment)

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
        source, line = comment.span.source, comment.span.first.line
        may_allow = comment.text.lstrip("# ").lower().startswith("snnc")
        while inner := self._nested(entry):
            begins_above = source.is_yaml and entry.span.first.line < line
            is_variant = not (source.is_yaml or entry.head or entry.is_list)
            if not (entry.is_open or begins_above or is_variant):
                break
            last = max(inner, key=_end)
            closed = _CLOSED.search(source.text, last.span.end, comment.span.start)
            if closed and not entry.is_open and may_allow:
                break
            entry = last
        return entry


_start, _end = attrgetter("span.start"), attrgetter("span.end")
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
