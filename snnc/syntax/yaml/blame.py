"""Find the error in a YAML file, which is often before the point where reading stops.

ruamel.yaml stops at the first impossible character. For an unclosed quote, this
character is at the end of the file. The functions here search backwards for the line
that the user must change.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from ruamel.yaml.error import MarkedYAMLError

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.language.keywords import HEADERS, KEYS, KINDS
from snnc.source import SourceFile, Span

_WORD = re.compile(r"\w[\w.-]*")
_KEY = re.compile(r"\s*(?:- +)*[\w.-]+\s*")
_NO_BLANK = re.compile(r"\s*(?:- +)*[\w.-]+(:)[^\s:]")
_GLUED = re.compile(r"^ *(?:- +)*(\w+)(:)(?=[\w.\"'\[{])", re.MULTILINE)
_EMPTY = re.compile(r"^[ ]*\w+:[ ]*(\[\]|\{\})[ ]*\n(?:[ ]*- |[ ]+\w)", re.MULTILINE)
# The indentation and the dash of a line that is neither blank nor a comment.
_LINE = re.compile(r"^( *)(?![ #])(?=.*\S)(- )?", re.MULTILINE)

_INDENTED = "the indentation of the line differs from the lines around it"
_WORDS = (
    ("could not find expected ':'", "a key has no `:` after it"),
    ("mapping values are not allowed", "a second `:` on a line; quote the text"),
    ("found character '\\t'", "a tab is used for indentation; use spaces"),
    ("unexpected end of stream", "a quote is not closed"),
    ("found unexpected document separator", "a quote is not closed before `---`"),
    ("expected ',' or '}'", "a `{` is not closed, or a comma is missing"),
    ("expected ',' or ']'", "a `[` is not closed, or a comma is missing"),
    ("<block end>", _INDENTED),
    ("expected the node content", "a value is missing"),
    ("unknown escape character", "the escape is not valid"),
    ("escape sequence of", "the escape is not complete"),
    ("undefined tag handle", "the tag is unknown"),
    ("cannot start any token", "no value can begin with this character"),
    ("block sequence entries are not allowed", "a list can't begin here"),
    ("<document start>", "the file continues after its end"),
)


def span_in(source: SourceFile, start: int, end: int) -> Span:
    """Return a span whose ends are moved into the file."""
    size = len(source.text)
    start = min(start, size)
    return Span(source, start, max(start, min(end, size)))


def not_yaml(
    source: SourceFile,
    start: int,
    problem: str,
    end: int | None = None,
    related: tuple[Label, ...] = (),
) -> Diagnostic:
    """Describe a problem; ``end`` is by default one character after ``start``."""
    span = span_in(source, start, start + 1 if end is None else end)
    return rules.yaml.NotYaml(span=span, problem=problem, related=related)


# The position that ruamel.yaml reports is often the end of the file (decision 008).
def blame(source: SourceFile, error: MarkedYAMLError) -> Diagnostic:
    """Describe an error that ruamel.yaml reports, at its probable position."""
    for match in _GLUED.finditer(source.text):
        if match[1] in KEYS | KINDS | HEADERS:
            return no_blank(Span(source, *match.span(2)))
    if empty := _EMPTY.search(source.text):
        problem = f"`{empty[1]}` means an empty value; remove `{empty[1]}`"
        return not_yaml(source, empty.start(1), problem, empty.end(1))
    return _blame_marks(source, error)


def _blame_marks(source: SourceFile, error: MarkedYAMLError) -> Diagnostic:
    """Describe an error between the marks that ruamel.yaml sets."""
    marks = filter(None, (error.context_mark, error.problem_mark))
    offsets = [mark.index for mark in marks] or [0]
    begun = offsets[0]
    at = min(offsets[-1], len(source.text))
    # Such as "while scanning a quoted scalar: found unexpected end of stream".
    description = f"{error.context}: {error.problem}"
    problem = _describe(description)
    if "could not find expected ':'" in description:
        return _unmarked_key(source, begun, problem)
    if "quoted scalar" in description and at >= len(source.text.rstrip()):
        return not_yaml(source, begun, problem)
    if "flow" in description:
        return _open_bracket(source, begun, at, problem)
    if "mapping values are not allowed" in description and _begins_with_key(source, at):
        return _indentation(source, at)
    if "<block end>" in description:
        return _indentation(source, at, begun)
    return not_yaml(source, at, problem, _end_of_word(source, at))


def _describe(description: str) -> str:
    """Return our words for a problem that ruamel.yaml describes."""
    known = (words for part, words in _WORDS if part in description)
    return next(known, "the text has no meaning here")


def _begins_with_key(source: SourceFile, at: int) -> bool:
    """Return whether the line consists of a key up to a position."""
    before = source.text[_line_start(source, at) : at]
    return _KEY.fullmatch(before) is not None


def _open_bracket(source: SourceFile, begun: int, at: int, problem: str) -> Diagnostic:
    """Describe a bracket that is open where a line with a new key begins, or later."""
    opener = Label(span_in(source, begun, begun + 1), "opens here")
    if "\n" in source.text[begun:at] and _begins_with_key(source, at):
        end = len(source.text[: _line_start(source, at)].rstrip())
        return not_yaml(source, end, problem, end, (opener,))
    return not_yaml(source, at, problem, related=(opener,))


def _end_of_word(source: SourceFile, at: int) -> int:
    word = _WORD.match(source.text, at)
    return word.end() if word else at + 1


def _line_start(source: SourceFile, at: int) -> int:
    return source.text.rfind("\n", 0, at) + 1


def _unmarked_key(source: SourceFile, at: int, problem: str) -> Diagnostic:
    """Describe a line without a colon, or without a space after the colon."""
    text = source.line_text(source.line_column(at)[0])
    start = _line_start(source, at)
    if match := _NO_BLANK.match(text):
        return no_blank(Span(source, start + match.start(1), start + match.end(1)))
    end = start + len(text.split(" #")[0].rstrip())
    return not_yaml(source, at, problem, max(end, at + 1))


def _indentation(source: SourceFile, at: int, begun: int | None = None) -> Diagnostic:
    """Describe the indentation of a line, or of the line above it.

    Report the line above if its indentation (or that at ``begun``, where the level
    begins) differs from that of ``at`` and of the next line of this level.
    """
    lines = list(_LINE.finditer(source.text))
    starts = [line.start() for line in lines]
    forms = [(len(line[1]), line[2]) for line in lines]

    def index_of(position: int) -> int:
        return max(bisect_right(starts, position) - 1, 0)

    here = index_of(at)
    above = max(here - 1, 0) if begun is None else index_of(begun)
    rest = forms[here + 1 :]
    below = next((form for form in rest if form[0] <= forms[here][0]), None)
    start = lines[above if below == forms[here] != forms[above] else here].end(1)
    return not_yaml(source, start, _INDENTED, _end_of_word(source, start))


def no_blank(colon: Span) -> Diagnostic:
    """Describe a value that follows a colon without a space."""
    return rules.yaml.NotYaml(
        span=colon,
        problem="there is no space after the `:` of a key",
        advice="write a space after the `:`",
        fix=Fix(colon.after, " "),
    )
