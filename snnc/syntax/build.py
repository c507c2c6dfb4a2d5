"""Convert text to tokens and to the syntax tree, and literals to text.

``grammar/snn.lark`` is the grammar. One token of lookahead decides every rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from snnc.language import tree
from snnc.language.keywords import CLAUSES, KEYS, KINDS, UNITS, VARIANTS
from snnc.language.written import numeral
from snnc.source import SourceFile, Span

OPENERS = {"LBRACE": "RBRACE", "LSQB": "RSQB"}
"""The closing bracket of each opening bracket."""
CLOSERS = frozenset(OPENERS.values())
_SIGNED = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_END = r"(?![\w.])"
TERMINALS = {
    "COMMENT": r"#[^\n]*",
    "BLANK": r"[^\S\n]+",
    "RANGE": rf"(?:{_SIGNED})?\.\.(?:{_SIGNED})?{_END}",
    "DIMS": rf"\d+(?:x\d+)+{_END}",
    "NUMBER": f"{_SIGNED}{_END}",
    "MALFORMED": r"[+-]?[\d.][\w.]*",
    "STRING": r'"(?:[^"\\\n]|\\[^\n])*"',
    "UNTERMINATED": r'"(?:[^"\\\n]|\\[^\n])*\\?',
    "NAME": r"[^\W\d]\w*",
    "NEWLINE": r"\n",
    "LBRACE": r"\{",
    "RBRACE": r"\}",
    "LSQB": r"\[",
    "RSQB": r"\]",
    "COMMA": ",",
    "UNKNOWN": r'[^\w\s{}\[\],"#.+-]+|.',
}
"""The patterns of tokens; the first one that matches applies."""
_TOKEN = re.compile("|".join(f"(?P<{name}>{p})" for name, p in TERMINALS.items()))
_VALUES = frozenset(("NAME", "NUMBER", "DIMS", "RANGE", "STRING", "LSQB"))


class Token(str):
    """The text of a token, its type in the grammar, and its span.

    The span of a line end is empty.
    """

    __slots__ = ("span", "type")
    span: Span
    type: str

    def __new__(cls, kind: str, text: str, span: Span) -> Token:
        token = super().__new__(cls, text)
        token.type, token.span = kind, span
        return token


def tokens(span: Span, text: str | None = None, most: int | None = None) -> list[Token]:
    """Return at most ``most`` tokens in a span; unknown characters are tokens too.

    A ``text`` whose escapes are resolved replaces the characters of the span. All its
    tokens then have the whole span.
    """
    found = list(islice(_read(span, text), most))
    following = (*found[2:], None)
    for before, token, after in zip(found, found[1:], following, strict=False):
        measured = before.type in ("NUMBER", "RANGE")
        if measured and token.type == "NAME" and _is_unit(token, after):
            token.type = "UNIT"
    return found


def _read(whole: Span, text: str | None) -> Iterator[Token]:
    for match in _TOKEN.finditer(whole.text if text is None else text):
        kind = match.lastgroup or ""
        if kind in ("COMMENT", "BLANK"):
            continue
        kind = match[0].upper() if match[0] in CLAUSES else kind
        span = whole
        if text is None:
            start = whole.start + match.start()
            end = start if kind == "NEWLINE" else whole.start + match.end()
            span = Span(whole.source, start, end)
        yield Token(kind, match[0], span)


def _is_unit(word: str, following: Token | None) -> bool:
    """Return whether a word after a number is a unit rather than a key.

    An unknown word is treated as a misspelt key if a value follows, otherwise as a
    misspelt unit.
    """
    if word in UNITS:
        return True
    if word in KEYS or word in KINDS:
        return False
    if following is None or following.type not in _VALUES:
        return following is None or following.type != "LBRACE"
    return following in KEYS


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda match: ESCAPES[match[1]], text[1:-1])


_LITERALS: dict[str, tuple[Callable[..., Any], Callable[[str], Any]]] = {
    "NAME": (tree.Word, str),
    "NUMBER": (tree.Number, _number),
    "DIMS": (tree.Dims, lambda text: tuple(map(int, text.split("x")))),
    "STRING": (tree.Text, _unquoted),
}
"""The node of each token that is a value, and the function that reads its text."""
Part = TypeVar("Part")


class _UnexpectedTokenError(Exception):
    """Raised at the first token that can't continue a statement or a value."""


class _Parser:
    """Parse the tokens of a statement or a value."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.index = 0

    def _is_next(self, *kinds: str) -> bool:
        return self.index < len(self._tokens) and self._tokens[self.index].type in kinds

    def _skip(self, *kinds: str) -> bool:
        """Skip the next token if it has one of the types; return whether it has."""
        is_next = self._is_next(*kinds)
        self.index += is_next
        return is_next

    def _take(self, *kinds: str) -> Token:
        if not self._skip(*kinds):
            raise _UnexpectedTokenError
        return self._tokens[self.index - 1]

    def _word(self, *kinds: str) -> tree.Word:
        token = self._take(*kinds)
        return tree.Word(str(token), token.span)

    def _literal(self) -> Any:
        token = self._take(*_LITERALS)
        node, read = _LITERALS[token.type]
        return node(read(token), token.span)

    def _inside(self, part: Callable[[], Part]) -> tuple[tuple[Part, ...], Span]:
        """Return the parts in brackets, and the span from bracket to bracket."""
        opener = self._take(*OPENERS)
        parts: list[Part] = []
        while not self._skip(OPENERS[opener.type]):
            if not self._skip("COMMA", "NEWLINE"):
                parts.append(part())
        return tuple(parts), opener.span.to(self._tokens[self.index - 1].span)

    def statement(self) -> tree.Statement:
        words = [self._word("NAME")]
        while self._is_next("NAME") and len(words) < 3:
            words.append(self._word("NAME"))
        parts: dict[str, Any] = {}
        if self._is_next("STRING"):
            parts["text"] = self._literal()
        if self._is_next("DIMS", "NUMBER"):
            parts["shape"] = self._literal()
        if self._skip("IN"):
            parts["within"] = self._range()
            if self._skip("AS"):
                parts["mapped"] = self._range()
        sources: list[tree.Word] = []
        while self._skip("COMMA" if sources else "FROM"):
            sources.append(self._word("NAME"))
        if self._is_next("LBRACE"):
            parts["properties"], _ = self._inside(self._property)
        kind, variant, name = split_heading(words)
        parts |= {"variant": variant, "name": name, "sources": tuple(sources)}
        return tree.Statement(kind, span_of(self._tokens), **parts)

    def _property(self, *keys: str) -> tree.Property:
        key = self._word("NAME", *keys)
        value = self.value()
        return tree.Property(key, value, key.span.to(value.span))

    def value(self) -> tree.Value:
        if self._is_next("LSQB"):
            return tree.List(*self._inside(self.value))
        if self._is_next("RANGE"):
            return self._range()
        literal: tree.Value = self._literal()
        if isinstance(literal, tree.Word) and self._is_next("LBRACE"):
            settings, block = self._inside(partial(self._property, "FROM"))
            return tree.Group(literal, settings, literal.span.to(block))
        if isinstance(literal, tree.Number) and self._is_next("UNIT"):
            unit = self._word("UNIT")
            return tree.Quantity(literal.value, unit, literal.span.to(unit.span))
        return literal

    def _range(self) -> tree.Range:
        token = self._take("RANGE")
        low, high = (_number(end) if end else None for end in token.split("..", 1))
        unit = self._word("UNIT") if self._is_next("UNIT") else None
        span = token.span if unit is None else token.span.to(unit.span)
        return tree.Range(low, high, unit, span)


def split_heading(
    words: Sequence[tree.Word],
) -> tuple[tree.Word, tree.Word | None, tree.Word | None]:
    """Split the words of a heading into kind, variant and name."""
    kind, *rest = words
    variant = rest.pop(0) if kind.text in VARIANTS and rest else None
    return kind, variant, rest[0] if rest else None


def build(tokens: Sequence[Token], start: str = "statement") -> tuple[Any, int]:
    """Build a statement or a value; also return the number of tokens without an error.

    The result is None if that number is smaller than the number of tokens, or if a
    token is missing after the last one.
    """
    parser = _Parser(tokens)
    made: object = None
    with suppress(_UnexpectedTokenError):
        made = parser.value() if start == "value" else parser.statement()
    return made if parser.index == len(tokens) else None, parser.index


def span_of(tokens: Sequence[Token]) -> Span:
    """Return the span from the first to the last token."""
    return tokens[0].span.to(tokens[-1].span)


def comments_in(source: SourceFile) -> tuple[tree.Comment, ...]:
    """Return the comments of an ``.snn`` file, in order."""
    found = (m for m in _TOKEN.finditer(source.text) if m.lastgroup == "COMMENT")
    return tuple(comment(Span(source, *match.span())) for match in found)


def comment(span: Span) -> tree.Comment:
    """Return the comment in a span that begins with ``#``."""
    source, start = span.source, span.start
    text = span.text[1:].rstrip()
    _, column = source.line_column(start)
    before = source.text[start - column + 1 : start]
    place = Span(source, start, start + 1 + len(text))
    return tree.Comment(text.removeprefix(" "), place, bool(before.strip()))


_NAME = re.compile(r"[^\W\d]\w*")
_ESCAPED = {character: f"\\{escape}" for escape, character in ESCAPES.items()}
Scalar = tree.Word | tree.Number | tree.Dims | tree.Quantity | tree.Range | tree.Text


def word(text: str) -> str:
    """Write a word; add quotes if the parser would not read it as a word."""
    return text if _NAME.fullmatch(text) and text not in CLAUSES else quote(text)


def quote(text: str) -> str:
    r"""Write a string in quotes; convert ``\r`` to a line end, as `files.read` does."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return '"' + "".join(_ESCAPED.get(c, c) for c in text) + '"'


def scalar(value: Scalar) -> str:
    """Write a value that is not a list or a group."""
    match value:
        case tree.Word():
            return word(value.text)
        case tree.Text():
            return quote(value.value)
        case tree.Dims():
            return "x".join(map(str, value.values))
        case tree.Number():
            return numeral(value.value)
        case tree.Quantity():
            return f"{numeral(value.value)} {value.unit.text}"
        case tree.Range():
            ends = (value.low, value.high)
            text = "..".join("" if end is None else numeral(end) for end in ends)
            return f"{text} {value.unit.text}" if value.unit else text
