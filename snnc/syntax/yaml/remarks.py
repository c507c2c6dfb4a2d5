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
        The texts of those behind which nothing follows.
    """

    def __init__(
        self, comments: Iterable[tree.Comment], entries: Sequence[Entry]
    ) -> None:
        self.foot: list[str] = []
        self._above: dict[int, list[str]] = defaultdict(list)
        self._beside: dict[int, list[str]] = defaultdict(list)
        self._below: dict[int, list[str]] = defaultdict(list)
        for comment in comments:
            self._place(comment, entries, None)

    def above(self, entry: Entry) -> list[str]:
        return self._above[id(entry)]

    def beside(self, entry: Entry) -> list[str]:
        return self._beside[id(entry)]

    def below(self, entry: Entry) -> list[str]:
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
            if entry.inner and entry.span.start < at < entry.span.end:
                self._place(comment, entry.inner, entry)
                return
        ended = [e for e in entries if e.span.end <= at]
        before = max(ended, key=lambda e: e.span.end, default=owner)
        following = [e for e in entries if e.span.start > at]
        if comment.trailing and before is not None:
            self._beside[id(before)].append(comment.text)
        elif following:
            after = min(following, key=lambda e: e.span.start)
            self._above[id(after)].append(comment.text)
        elif owner is not None:
            self._below[id(owner)].append(comment.text)
        else:
            self.foot.append(comment.text)


def _all(entry: Entry) -> Iterator[Entry]:
    for inner in entry.inner or ():
        yield inner
        yield from _all(inner)
