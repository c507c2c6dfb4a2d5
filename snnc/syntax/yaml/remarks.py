"""Which comment belongs to which entry of a YAML text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from snnc.syntax import tree
from snnc.syntax.yaml.entries import Entry


class Remarks:
    """The comments of a document, each with the entry that it stands beside.

    One on a line of its own belongs to what follows it, one behind something to
    that. Entries are told apart by identity.

    Attributes
    ----------
    foot
        Those behind which nothing follows.
    """

    def __init__(
        self, comments: Iterable[tree.Comment], entries: Sequence[Entry]
    ) -> None:
        self.foot: list[tree.Comment] = []
        self._above: dict[int, list[tree.Comment]] = defaultdict(list)
        self._beside: dict[int, list[tree.Comment]] = defaultdict(list)
        self._below: dict[int, list[tree.Comment]] = defaultdict(list)
        for comment in comments:
            self._place(comment, entries, None)

    def above(self, entry: Entry) -> list[tree.Comment]:
        return self._above[id(entry)]

    def beside(self, entry: Entry) -> list[tree.Comment]:
        return self._beside[id(entry)]

    def below(self, entry: Entry) -> list[tree.Comment]:
        return self._below[id(entry)]

    def inside(self, entry: Entry) -> bool:
        """Whether a comment belongs below an entry's own line."""
        return bool(self.below(entry)) or any(
            self.above(inner) or self.beside(inner) for inner in _all(entry)
        )

    def _place(
        self, comment: tree.Comment, entries: Sequence[Entry], owner: Entry | None
    ) -> None:
        at = comment.span.start
        for entry in entries:
            if entry.inner and entry.span.start <= at < entry.span.end:
                self._place(comment, entry.inner, entry)
                return
        ended = [e for e in entries if e.span.end <= at]
        before = max(ended, key=lambda e: e.span.end, default=owner)
        following = [e for e in entries if e.span.start > at]
        if comment.trailing and before is not None:
            beside = before if before is owner else _ending(before, comment)
            self._beside[id(beside)].append(comment)
        elif before is not None and before is not owner and _is_below(before, comment):
            self._place(comment, before.inner or (), before)
        elif following:
            after = min(following, key=lambda e: e.span.start)
            # The first line of an item without a key is the item's.
            first = owner is not None and not owner.key and after is entries[0]
            self._above[id(owner if first else after)].append(comment)
        elif owner is not None:
            self._below[id(owner)].append(comment)
        else:
            self.foot.append(comment)


def _ending(entry: Entry, comment: tree.Comment) -> Entry:
    """The part of an entry that a comment behind it stands beside.

    In YAML that is what ends on the comment's line and begins on it.
    """
    while entry.inner and (entry.is_open or _is_above(entry, comment)):
        entry = max(entry.inner, key=lambda inner: inner.span.end)
    return entry


def _is_below(entry: Entry, comment: tree.Comment) -> bool:
    """Whether a comment is indented like what is below an entry's key in YAML."""
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
