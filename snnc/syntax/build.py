"""Convert text to tokens and to the syntax tree with lark, and literals to text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import cache_from_source
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import lark
from lark.exceptions import UnexpectedToken

from snnc.language import tree
from snnc.language.keywords import CLAUSES, KEYS, KINDS, UNITS, VARIANTS
from snnc.language.written import numeral
from snnc.source import Span, grammar_path

OPENERS = {"LBRACE": "RBRACE", "LSQB": "RSQB"}
"""The closing bracket of each opening bracket."""
CLOSERS = frozenset(OPENERS.values())
_MEASURABLE = frozenset(("NUMBER", "RANGE"))
_VALUES = frozenset(("NAME", "NUMBER", "DIMS", "RANGE", "STRING", "LSQB"))


# A str, like lark's own tokens, so that `token in KINDS` works.
class Token(str):
    """The text of a token, its type in the grammar, and its span.

    The span of a line end is empty.
    """

    __slots__ = ("span", "type")
    span: Span
    type: str

    def __new__(cls, kind: str, text: str, span: Span) -> Token:
        token = super().__new__(cls, text)
        token.type = kind
        token.span = span
        return token


Tokens = Sequence[Token]


def _is_unit(word: str, following: lark.Token | None) -> bool:
    """Return whether a word after a number is a unit rather than a key.

    An unknown word is a misspelt key if a value follows, otherwise a misspelt unit.
    """
    if word in UNITS:
        return True
    if word in KEYS or word in KINDS:
        return False
    if following is None or following.type not in _VALUES:
        return following is None or following.type != "LBRACE"
    return following in KEYS


class UnitMarker:
    """Change the type of units from NAME to UNIT, between lark's lexer and parser."""

    # Lark drops the terminals that no rule uses, unless they are listed here.
    always_accept = ("MALFORMED", "UNTERMINATED", "UNKNOWN", "NEWLINE")

    def process(self, stream: Iterator[lark.Token]) -> Iterator[lark.Token]:
        measured = False
        for token, following in pairwise(chain(stream, (None,))):
            assert token is not None  # only the last one is
            if measured and token.type == "NAME" and _is_unit(token, following):
                token = token.update(type="UNIT")
            yield token
            measured = token.type in _MEASURABLE


@lark.v_args(inline=True)
class _TreeBuilder(lark.Transformer[Any, Any]):
    """Build the nodes of `snnc.language.tree` while lark parses.

    Each rule of the grammar has a method of the same name, which takes the rule's
    parts.
    """

    def word(self, token: Token) -> tree.Word:
        return tree.Word(str(token), token.span)

    def number(self, token: Token) -> tree.Number:
        return tree.Number(_number(token), token.span)

    def dims(self, token: Token) -> tree.Dims:
        return tree.Dims(tuple(map(int, token.split("x"))), token.span)

    def quantity(self, token: Token, unit: Token) -> tree.Quantity:
        span = token.span.to(unit.span)
        return tree.Quantity(_number(token), self.word(unit), span)

    def range(self, token: Token, unit: Token | None) -> tree.Range:
        low, high = token.split("..", 1)
        return tree.Range(
            _number(low) if low else None,
            _number(high) if high else None,
            None if unit is None else self.word(unit),
            token.span.to((unit or token).span),
        )

    def text(self, token: Token) -> tree.Text:
        value = _ESCAPE.sub(lambda match: ESCAPES[match[1]], token[1:-1])
        return tree.Text(value, token.span)

    def list(self, *parts: Any) -> tree.List:
        return tree.List(_nodes(parts), parts[0].span.to(parts[-1].span))

    def property(self, key: Token, value: tree.Value) -> tree.Property:
        return tree.Property(self.word(key), value, key.span.to(value.span))

    def block(self, *parts: Any) -> tuple[tuple[tree.Property, ...], Span]:
        return _nodes(parts), parts[0].span.to(parts[-1].span)

    def group(self, name: Token, block: tuple[Any, Span]) -> tree.Group:
        return tree.Group(self.word(name), block[0], name.span.to(block[1]))

    def heading(self, *words: Token) -> tuple[tree.Word, ...]:
        return tuple(map(self.word, words))

    sources = heading

    def within(self, *ranges: tree.Range | None) -> tuple[tree.Range | None, ...]:
        return ranges

    def statement(self, *parts: Any) -> tree.Statement:
        words, text, shape, within, sources, block = parts
        kind, variant, name = split_heading(words)
        return tree.Statement(
            kind=kind,
            span=kind.span,  # the reader adds the other tokens
            variant=variant,
            name=name,
            text=None if text is None else self.text(text),
            shape=shape,
            within=within[0] if within else None,
            mapped=within[1] if within else None,
            sources=sources or (),
            properties=block[0] if block else None,
        )


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _nodes(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def split_heading(
    words: Sequence[tree.Word],
) -> tuple[tree.Word, tree.Word | None, tree.Word | None]:
    """Split the words of a heading into kind, variant and name."""
    kind, *rest = words
    variant = rest.pop(0) if kind.text in VARIANTS and rest else None
    return kind, variant, rest[0] if rest else None


@cache
def parser(start: str = "statement") -> lark.Lark:
    """Build the LALR parser whose entry point is ``statement``, ``value`` or another.

    The parser tables are cached next to this module's byte code, and rebuilt when the
    grammar or Lark changes. Without the cache, `snnc check` takes 25 % longer.
    """
    code = Path(cache_from_source(__file__))
    tables = str(code.with_suffix(f".{start}.lark")) if code.parent.is_dir() else False
    return lark.Lark(
        grammar_path().read_text(encoding="utf-8"),
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=UnitMarker(),
        transformer=_TreeBuilder(),
        maybe_placeholders=True,
        cache=tables,
    )


def tokens(span: Span, text: str | None = None, most: int | None = None) -> list[Token]:
    """Return at most ``most`` tokens in a span; unknown characters are tokens too.

    A ``text`` whose escapes are resolved replaces the characters of the span. All its
    tokens then have the whole span.
    """
    # `Lark.lex` would build a lexer for each text, which takes longer than most texts.
    shown = span.text if text is None else text
    lexer: Any = parser().parse_interactive(shown).lexer_thread
    return [
        Token(token.type, token, span if text is not None else _place(token, span))
        for token in islice(lexer.lex(None), most)
    ]


def _place(token: lark.Token, within: Span) -> Span:
    start = within.start + (token.start_pos or 0)
    end = start if token.type == "NEWLINE" else start + len(token)
    return Span(within.source, start, end)


_END = lark.Token("$END", "")


def build(tokens: Tokens, start: str = "statement") -> tuple[Any, int]:
    """Build a statement or a value; also return the number of tokens without an error.

    The result is None if that number is smaller than the number of tokens, or if a
    token is missing after the last one.
    """
    # Feed the tokens one by one, to know which one the parser refuses.
    interactive: Any = parser(start).parse_interactive("")
    index = 0
    try:
        for index, token in enumerate(tokens):  # noqa: B007
            interactive.feed_token(token)
        index = len(tokens)
        return interactive.feed_token(_END), index
    except UnexpectedToken:
        return None, index


def span_of(tokens: Tokens) -> Span:
    """Return the span from the first to the last token."""
    return tokens[0].span.to(tokens[-1].span)


def comment(span: Span) -> tree.Comment:
    """Return the comment in a span that begins with ``#``."""
    source = span.source
    start = span.start
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
