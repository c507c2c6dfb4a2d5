"""Convert the rules to a Pygments lexer, for documentation and terminals."""
# mypy: allow-subclassing-any

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pygments.lexer import RegexLexer
from pygments.token import Whitespace, string_to_tokentype

from snnc.editors.rules import Rule, rules

Tokens = Iterator[tuple[int, Any, str]]


def _action(rule: Rule) -> Any:
    kinds = [string_to_tokentype(category.token) for category in rule.categories]
    return kinds[0] if rule.is_whole else _groups(kinds)


def _groups(kinds: list[Any]) -> Callable[..., Tokens]:
    """Return an action that assigns tokens to each group and to the spaces between."""

    def tokens(lexer: object, match: re.Match[str], context: object = None) -> Tokens:
        end = match.start()
        for number, kind in enumerate(kinds, start=1):
            if match[number] is None:
                continue
            start = match.start(number)
            if end < start:
                yield end, Whitespace, match.string[end:start]
            yield start, kind, match[number]
            end = match.end(number)

    return tokens


class SnnLexer(RegexLexer):
    """Colour specs in the ``.snn`` notation."""

    name = "snn"
    aliases = ("snn",)
    filenames = ("*.snn",)
    mimetypes = ("text/x-snn",)
    flags = 0
    tokens = {  # noqa: RUF012 - Pygments requires it
        "root": [
            (r"\s+", Whitespace),
            *((rule.pattern, _action(rule)) for rule in rules()),
        ]
    }
