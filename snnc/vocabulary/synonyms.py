"""Which word of the language a word of another library stands for.

They stand in the table of the language. Words are looked up as `normal` spells them:
without capitals and underscores, and without what only says that a number follows, as
in `num_filters`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from snnc.diagnostics import Fix
from snnc.language.keywords import FORMS, words
from snnc.source import Span
from snnc.text.near import nearest_spelling, only_near

_COUNT = re.compile(r"^(n|num|nb|no|number_of)_(?=.)")


def normal(word: str) -> str:
    """A word in the spelling of the tables: `num_Filters` is `filters`."""
    return _without_count(word).replace("_", "")


def _without_count(word: str) -> str:
    return _COUNT.sub("", word.lower())


def _by_word(table: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The words of the language that each other one stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for ours, others in table:
        for key in map(normal, others.split()):
            if ours not in found.get(key, ()):
                found[key] = (*found.get(key, ()), ours)
    return found


_SAME_BY_WORD = _by_word((ours, word.same) for ours, word in words())
_NEARBY_BY_WORD = _by_word((ours, word.nearby) for ours, word in words())
_KIND_BY_WORD = _by_word((kind, form.same) for kind, form in FORMS.items())
_LIKELY_KIND_BY_WORD = _by_word((kind, form.nearby) for kind, form in FORMS.items())


def known_kind(word: str, legal: Iterable[str]) -> tuple[str | None, bool]:
    """The kind of statement that another library's word names, and if that is sure."""
    from snnc.rules.foreign import plain  # a good spec need not wait for it

    lower, key = word.lower().replace("_", ""), plain(word)
    for sure in (lower, key):
        if sure in legal:
            return sure, True
    for sure in (lower, key):
        if sure in _KIND_BY_WORD:
            return _KIND_BY_WORD[sure][0], True
    bare = key.rstrip("0123456789")
    likely = _LIKELY_KIND_BY_WORD.get(key) or _KIND_BY_WORD.get(bare)
    return (likely[0], False) if likely else (None, False)


def same_key(word: str, legal: Iterable[str]) -> str | None:
    """The legal word with the same meaning as another library's."""
    legal = tuple(legal)
    key = normal(word)
    by_spelling = {normal(other): other for other in legal}
    if key in by_spelling:
        return by_spelling[key]
    return next((ours for ours in _SAME_BY_WORD.get(key, ()) if ours in legal), None)


def nearby_key(word: str, legal: Iterable[str]) -> str | None:
    """The first legal word that another library's may stand for here."""
    meant = _NEARBY_BY_WORD.get(normal(word), ())
    return next((ours for ours in legal if ours in meant), None)


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """The one legal word that a word is most likely meant to be."""
    legal = tuple(legal)
    meant = same_key(word, legal) or nearby_key(word, legal)
    return meant or nearest_spelling(_without_count(word), legal)


def fix_word(span: Span, word: str, legal: Iterable[str]) -> Fix | None:
    """Replace a word by the legal one, if there is no doubt which is meant."""
    legal = tuple(legal)
    if other := same_key(word, legal):
        return Fix(span, other)
    if nearby_key(word, legal):
        return None
    near = only_near(_without_count(word), legal)
    return None if near is None else Fix(span, near)
