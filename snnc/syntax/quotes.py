"""Texts without quotes, or in others than straight double ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.source import SourceFile, Span
from snnc.syntax.spelling import quoted

TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_PAIR = (
    r"\u201c([^\u201d\n]*)\u201d|\u201e([^\u201c\u201d\n]*)[\u201c\u201d]"
    r"|\u2018([^\u2019\n]*)\u2019|\u201a([^\u2018\u2019\n]*)[\u2018\u2019]"
    r"|\u00ab([^\u00bb\n]*)\u00bb|\u00bb([^\u00ab\n]*)\u00ab|'([^'\n]*)'"
)


def other_quotes(token: Token, source: SourceFile) -> Diagnostic | None:
    """Describe a text that begins at a token, in quotes of another kind."""
    if token.type != "UNKNOWN":
        return None
    # Compiling sets beyond ASCII takes a tenth of the time of `snnc check`.
    found = re.compile(_PAIR).match(source.text, token.start_pos or 0)
    if found is None:
        return None
    text = quoted(found[found.lastindex or 0])
    span = Span(source, *found.span())
    return rules.syntax.UnexpectedCharacter(
        span=span,
        text=found[0][0],
        advice=f"texts stand in straight double quotes: write `{text}`",
        fix=Fix(span, text),
    )


def unquoted(tokens: Sequence[Token], source: SourceFile) -> Diagnostic | None:
    """Describe an ``about`` whose text has no quotes, or others."""
    if tokens[0] != "about" or len(tokens) < 3 or tokens[1].type == "STRING":
        return None
    if any(token.type in ("UNTERMINATED", "LBRACE") for token in tokens):
        return None
    if problem := other_quotes(tokens[1], source):
        return problem
    span = Span(source, tokens[1].start_pos or 0, tokens[-1].end_pos or 0)
    text = quoted(span.text)
    # Behind a `#` the text may go on, or end.
    line = source.line_text(span.last.line)
    return rules.syntax.UnexpectedText(
        span=span,
        expected="a text in double quotes",
        found=f"`{span.text}`",
        advice=f"write `about {text}`",
        fix=Fix(span, text, unsafe="#" in line),
    )
