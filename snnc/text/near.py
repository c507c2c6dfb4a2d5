"""Find words that are similar to a misspelt word, and normalize spellings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

_COUNT = re.compile(r"^(n|num|nb|no|number_of)_(?=.)")
_digits = re.compile(r"\d").findall
_SHORT = 4
_LONGEST = 40
"""Longer words are not typing errors: no word of the language is this long."""


def nearest_spelling(word: str, legal: Iterable[str]) -> str | None:
    """Return the first legal word with the fewest edits, unless these are too many.

    Words of three to six letters may have one edit, words of up to ten letters two, and
    so on. More edits would make a different word.
    """
    candidates = _close(word, legal)
    return candidates[0][2] if candidates else None


def only_near(word: str, legal: Iterable[str]) -> str | None:
    """Return the only legal word that a misspelt word can mean, or None.

    The legal word is similar, no other legal word is as similar, and no digit differs.
    For example, `conv2d` is not a misspelt `conv3d`, and `end_b` is not `end_a`.
    """
    candidates = _close(word, legal)
    # A wrong fix costs more than a question, so a tie is not fixed (decision 005).
    ranks = [rank[:2] for rank in candidates]
    if not candidates or candidates[0][1] or ranks.count(ranks[0]) > 1:
        return None
    near = candidates[0][2]
    return None if _is_another(word.lower(), near.lower()) else near


def _is_another(word: str, near: str) -> bool:
    """Return whether a similar word is probably a different word, not a typing error.

    An additional letter at the beginning or end makes a different word, except for a
    plural or a doubled letter. A different last letter makes another word of a series.
    In short words, only a swap, a doubled letter or a missing inner letter is a typing
    error.
    """
    if word.endswith(near) and word[0] != near[0]:
        return True
    if word.startswith(near) and word[len(near) :] not in ("s", near[-1]):
        return True
    if len(word) == len(near) and word[:-1] == near[:-1]:
        return True
    if len(near) > _SHORT:
        return False
    same_ends = (word[0], word[-1]) == (near[0], near[-1])
    left_out = len(word) < len(near) and same_ends
    return not left_out and _letters(word) != _letters(near)


def _letters(word: str) -> list[str]:
    """Return the letters of a word, with doubled letters only once."""
    return sorted(letter for letter, _ in groupby(word))


def _close(word: str, legal: Iterable[str]) -> list[tuple[int, bool, str]]:
    """Return the similar legal words with their numbers of edits, nearest first."""
    word = word.lower()
    most = (len(word) + 1) // 4
    if len(word) > _LONGEST:
        return []
    near = [other for other in legal if abs(len(other) - len(word)) <= most]
    scored = [(edits(word, o.lower()), _digits(word) != _digits(o), o) for o in near]
    return sorted((s for s in scored if s[0] <= most), key=lambda s: s[:2])


def edits(word: str, other: str) -> int:
    """Count the letters to add, drop, change or swap to make two words equal."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        two_before = before
        before = row
        row = [i]
        for j, expected in enumerate(other, 1):
            changed = before[j - 1] - (letter == expected)
            least = min(before[j], row[j - 1], changed) + 1
            # Two neighbours in the wrong order are one edit.
            if i > 1 < j and letter == other[j - 2] and expected == word[i - 2]:
                least = min(least, two_before[j - 2] + 1)
            row.append(least)
    return row[-1]


def normal(word: str) -> str:
    """Return a word in the spelling of the tables: `filters` for `num_Filters`."""
    return without_count(word).replace("_", "")


def without_count(word: str) -> str:
    """Remove a part that only means a number, such as ``num`` in `num_filters`."""
    return _COUNT.sub("", word.lower())
