"""Words that are close to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CLOSE = 0.75
_APART = 0.1


def only_near(word: str, legal: Iterable[str]) -> str | None:
    """The legal word that a word must be meant to be, or None if there is a doubt.

    It is close to the word, and no other is nearly as close.
    """
    matcher = difflib.SequenceMatcher(b=word.lower())
    scores = []
    for candidate in legal:
        matcher.set_seq1(candidate)
        scores.append((matcher.ratio(), candidate))
    scores.sort(reverse=True)
    if not scores or scores[0][0] < _CLOSE:
        return None
    if len(scores) > 1 and scores[0][0] - scores[1][0] < _APART:
        return None
    return scores[0][1]
