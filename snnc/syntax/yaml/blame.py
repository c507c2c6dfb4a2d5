"""Find the error in a YAML file, which is often before the point where reading stops.

ruamel.yaml stops at the first impossible character. For an unclosed quote, this
character is at the end of the file. The functions here search backwards for the line
that the user must change.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix
from snnc.language.keywords import HEADERS, KEYS, KINDS
from snnc.source import SourceFile, Span

_WORD = re.compile(r"\w[\w.-]*")
_KEY = re.compile(r"\s*(?:- +)*[\w.-]+\s*")
_NO_BLANK = re.compile(r"\s*(?:- +)*[\w.-]+(:)[^\s:]")

INDENTED = "the indentation of the line differs from the lines around it"
NO_BLANK = "there is no space after the `:` of a key"
_WORDS = (
    ("could not find expected ':'", "a key has no `:` after it"),
    ("mapping values are not allowed", "a second `:` on a line; quote the text"),
    ("found character '\\t'", "a tab is used for indentation; use spaces"),
    ("unexpected end of stream", "a quote is not closed"),
    ("found unexpected document separator", "a quote is not closed before `---`"),
    ("expected ',' or '}'", "a `{` is not closed, or a comma is missing"),
    ("expected ',' or ']'", "a `[` is not closed, or a comma is missing"),
    ("<block end>", "the indentation of the line differs from the lines around it"),
    ("expected the node content", "a value is missing"),
    ("unknown escape character", "the escape is not valid"),
    ("escape sequence of", "the escape is not complete"),
    ("undefined tag handle", "the tag is unknown"),
    ("cannot start any token", "no value can begin with this character"),
    ("block sequence entries are not allowed", "a list can't begin here"),
    ("<document start>", "the file continues after its end"),
)


@dataclass(frozen=True, slots=True)
class Blame:
    """The position and description of an error, and an unclosed bracket, if any."""

    start: int
    end: int
    problem: str
    opener: int | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with content; ``start`` is the position of its first character."""

    start: int
    indent: int
    is_item: bool

    @property
    def form(self) -> tuple[int, bool]:
        return self.indent, self.is_item


def blame(source: SourceFile, error: MarkedYAMLError) -> Blame:
    """Find the probable position of an error that ruamel.yaml reports."""
    if mistake := _no_blank(source) or _empty_list(source):
        return mistake
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(source.text)) if mark else 0
    begun = error.context_mark.index if error.context_mark else at
    problem = error.problem or ""
    if "could not find expected ':'" in problem:
        return _unmarked_key(source, begun)
    if "quoted scalar" in (error.context or "") and at >= len(source.text.rstrip()):
        return Blame(begun, begun + 1, in_words(problem))
    if "flow" in (error.context or ""):
        return _blame_bracket(source, begun, at, in_words(problem))
    if "mapping values are not allowed" in problem and _is_first_key(source, at):
        return _blame_indentation(source, at)
    if "<block end>" in problem:
        return _blame_indentation(source, at, begun)
    return Blame(at, _end_of_word(source, at), in_words(problem))


_EMPTY = re.compile(r"^[ ]*\w+:[ ]*(\[\]|\{\})[ ]*\n(?:[ ]*- |[ ]+\w)", re.M)


def _empty_list(source: SourceFile) -> Blame | None:
    """Find an empty list or mapping with items on the lines below it."""
    match = _EMPTY.search(source.text)
    if match is None:
        return None
    problem = f"`{match[1]}` means an empty value; remove `{match[1]}`"
    return Blame(match.start(1), match.end(1), problem)


_GLUED = re.compile(r"[ ]*(?:- +)*(?:snn|network|\w+)(:)(?=[\w.\"'\[{])[^\s:]", re.M)


def _no_blank(source: SourceFile) -> Blame | None:
    """Find the first key without a space after its colon."""
    at = 0
    for text in source.text.split("\n"):
        match = _GLUED.match(text)
        word = text.strip().lstrip("- ").partition(":")[0]
        if match and (word in KEYS | KINDS | HEADERS):
            colon = at + match.start(1)
            return Blame(colon, colon + 1, NO_BLANK)
        at += len(text) + 1
    return None


def _end_of_word(source: SourceFile, at: int) -> int:
    word = _WORD.match(source.text, at)
    return word.end() if word else at + 1


def _line_start(source: SourceFile, at: int) -> int:
    return source.text.rfind("\n", 0, at) + 1


def _unmarked_key(source: SourceFile, at: int) -> Blame:
    """Find a line without a colon, or without a space after the colon."""
    line, _ = source.line_column(at)
    text = source.line_text(line)
    start = _line_start(source, at)
    if match := _NO_BLANK.match(text):
        colon = start + match.start(1)
        return Blame(colon, colon + 1, NO_BLANK)
    end = start + len(text.split(" #")[0].rstrip())
    return Blame(at, max(end, at + 1), in_words("could not find expected ':'"))


def _blame_bracket(source: SourceFile, opener: int, at: int, problem: str) -> Blame:
    """Blame an unclosed bracket, which must close before a line with a new key."""
    before = source.text[_line_start(source, at) : at]
    if "\n" not in source.text[opener:at] or not _KEY.fullmatch(before):
        return Blame(at, at + 1, problem, opener)
    start = _line_start(source, at)
    end = len(source.text[:start].rstrip())
    return Blame(end, end, problem, opener)


def _is_first_key(source: SourceFile, colon: int) -> bool:
    """Return whether a colon follows the first key of its line."""
    return bool(_KEY.fullmatch(source.text[_line_start(source, colon) : colon]))


def _blame_indentation(source: SourceFile, at: int, begun: int | None = None) -> Blame:
    """Blame the indentation of a line, or of the line above it.

    By default, report the line of ``at``. Report the line above if its indentation (or
    that at ``begun``, where the level begins) differs from that of ``at`` and of the
    next line of this level.
    """
    lines = list(_lines(source))
    index = _index(lines, at)
    here, rest = lines[index], lines[index + 1 :]
    above = lines[max(index - 1, 0) if begun is None else _index(lines, begun)]
    below = next((line for line in rest if line.indent <= here.indent), None)
    is_odd = below is not None and below.form == here.form != above.form
    start = (above if is_odd else here).start
    return Blame(start, _end_of_word(source, start), INDENTED)


def _index(lines: list[_Line], at: int) -> int:
    """Return the index of the line that contains a position, or of the last line."""
    starts = [line.start - line.indent for line in lines]
    return max(bisect_right(starts, at) - 1, 0)


def _lines(source: SourceFile) -> Iterator[_Line]:
    """Yield the lines that are neither blank nor comments."""
    at = 0
    for text in source.text.split("\n"):
        code = text.lstrip(" ")
        if code.strip() and not code.startswith("#"):
            indent = len(text) - len(code)
            yield _Line(at + indent, indent, code.startswith("- "))
        at += len(text) + 1


def in_words(problem: str | None) -> str:
    """Translate a problem from ruamel.yaml to the user's words."""
    known = (words for part, words in _WORDS if part in (problem or ""))
    return next(known, "the text has no meaning here")


def no_blank(colon: Span) -> Diagnostic:
    """Describe a value that follows a colon without a space."""
    source, at = colon.source, colon.start
    line, column = source.line_column(at)
    text = source.line_text(line)
    key, value = _KEY_BEFORE.search(text[: column - 1]), _VALUE.match(text[column:])
    advice = f"write `{key[0]}: {value[0]}`" if key and value else ""
    after = Span(source, colon.end, colon.end)
    return rules.yaml.NotYaml(
        span=colon, problem=NO_BLANK, advice=advice, fix=Fix(after, " ")
    )


_KEY_BEFORE = re.compile(r"\b\w+$")
_VALUE = re.compile(r"[^\s,\]}]{1,40}")
