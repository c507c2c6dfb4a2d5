"""A spec cut into what is coloured alike, for pages that colour without a library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from snnc.editors.rules import Category, Rule, rules


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], Rule], ...]:
    return tuple((re.compile(rule.pattern), rule) for rule in rules())


def stretches(text: str) -> Iterator[tuple[str, Category | None]]:
    """Yield all of a ``.snn`` text in order, each part with what it is."""
    at = 0
    while at < len(text):
        found = _first(text, at)
        if found is None:
            blank = re.compile(r"\s+").match(text, at)
            end = blank.end() if blank else at + 1
            yield text[at:end], None
            at = end
            continue
        match, rule = found
        yield from _parts(text, match, rule)
        at = match.end()


def _first(text: str, at: int) -> tuple[re.Match[str], Rule] | None:
    for pattern, rule in _compiled():
        match = pattern.match(text, at)
        if match is not None and match.end() > at:
            return match, rule
    return None


def _parts(
    text: str, match: re.Match[str], rule: Rule
) -> Iterator[tuple[str, Category | None]]:
    """Yield the groups of a match, and the blanks between them."""
    if rule.is_whole:
        yield match[0], rule.categories[0]
        return
    at = match.start()
    for number, category in enumerate(rule.categories, start=1):
        if match[number] is not None:
            if at < match.start(number):
                yield text[at : match.start(number)], None
            yield match[number], category
            at = match.end(number)
