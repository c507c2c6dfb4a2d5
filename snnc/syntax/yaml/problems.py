"""What ruamel.yaml calls a problem, in the words of someone who writes YAML."""

from __future__ import annotations

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
