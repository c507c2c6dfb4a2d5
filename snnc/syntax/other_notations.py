"""Syntax of other notations that makes a whole statement hard to read.

Names with hyphens, and the learning rate behind the optimizer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.source import SourceFile, Span

_HYPHENATED = re.compile(r"[A-Za-z]\w*(?:-\w+)+")
_NO_BRACES = re.compile(
    r"(?P<name>adam|adamw|sgd)[ \t]*(?P<open>\([ \t]*)?"
    r"(?:(?:lr|learning_rate)[ \t]*=[ \t]*)?(?P<rate>[\d.]+(?:[eE][+-]?\d+)?)"
    r"(?(open)[ \t]*\))(?![\w.])"
)
NAME_RULE = "names have letters, digits and `_`"


def foreign_syntax(
    tokens: Sequence[Token], index: int, source: SourceFile, in_block: bool
) -> Diagnostic | None:
    """Describe what begins at a token, if it is syntax of another notation."""
    token = tokens[index]
    if token.type != "NAME" or not index:
        return None
    start = token.start_pos or 0
    if tokens[index - 1] == "optimizer":
        return no_braces(source, start)
    if tokens[index - 1] == "shortcut" or not in_block:
        return hyphenated(source, start)
    return None


def hyphenated(source: SourceFile, start: int) -> Diagnostic | None:
    """Describe a name with hyphens that begins at a place."""
    found = _HYPHENATED.match(source.text, start)
    if found is None:
        return None
    span = Span(source, start, found.end())
    name = found[0].replace("-", "_")
    return rules.names.InvalidName(
        span=span, name=found[0], reason=NAME_RULE, example=name, fix=Fix(span, name)
    )


def no_braces(source: SourceFile, start: int) -> Diagnostic | None:
    """Describe ``adam 1e-4`` or ``adam(1e-4)``, which begins at a place."""
    found = _NO_BRACES.match(source.text, start)
    if found is None:
        return None
    name, rate = found["name"], found["rate"]
    fixed = f"{name} {{ learning_rate {rate} }}"
    if source.is_yaml:
        fixed = f"{{{name}: {{learning_rate: {rate}}}}}"
    span = Span(source, start, found.end())
    return rules.syntax.UnexpectedText(
        span=span,
        expected="the settings in braces",
        found=f"`{found[0]}`",
        advice=f"write `optimizer {name} {{ learning_rate {rate} }}`",
        fix=Fix(span, fixed),
    )
