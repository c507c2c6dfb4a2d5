"""What ruamel.yaml calls a problem, in the words of someone who writes YAML."""

from __future__ import annotations

import re

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.source import Span

NO_BLANK = "no blank stands behind the `:` of a key"
_WORDS = (
    ("could not find expected ':'", "a key has no `:` behind it"),
    ("mapping values are not allowed", "a second `:` on a line; quote the text"),
    ("found character '\\t'", "a tab stands where only blanks may indent"),
    ("unexpected end of stream", "a quote is not closed"),
    ("found unexpected document separator", "a quote is not closed before `---`"),
    ("expected ',' or '}'", "a `{` is not closed, or a comma is missing"),
    ("expected ',' or ']'", "a `[` is not closed, or a comma is missing"),
    ("<block end>", "the line is indented unlike the lines around it"),
    ("expected the node content", "a value is missing"),
    ("unknown escape character", "the escape has no meaning"),
    ("escape sequence of", "the escape is not complete"),
    ("undefined tag handle", "the tag is unknown"),
    ("cannot start any token", "no value can begin with this character"),
    ("block sequence entries are not allowed", "a list can't begin here"),
    ("<document start>", "the text goes on after its end"),
)


def in_words(problem: str | None) -> str:
    """Say a problem in the reader's terms, as nearly as it can be told."""
    known = (words for part, words in _WORDS if part in (problem or ""))
    return next(known, "the text has no meaning here")


def no_blank(colon: Span) -> Diagnostic:
    """Say that the value of a key follows its colon at once."""
    source, at = colon.source, colon.start
    line, column = source.line_column(at)
    text = source.line_text(line)
    key, value = _KEY.search(text[: column - 1]), _VALUE.match(text[column:])
    advice = f"write `{key[0]}: {value[0]}`" if key and value else ""
    behind = Span(source, colon.end, colon.end)
    return rules.yaml.NotYaml(
        span=colon, problem=NO_BLANK, advice=advice, fix=Fix(behind, " ")
    )


_KEY = re.compile(r"\b\w+$")
_VALUE = re.compile(r"[^\s,\]}]{1,40}")
