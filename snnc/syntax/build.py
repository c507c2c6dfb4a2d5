"""Build the syntax tree from lark's parse tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import cache_from_source
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Tree

from snnc.language import tree
from snnc.language.keywords import KEYS, KINDS, UNITS, VARIANTS
from snnc.source import SourceFile, Span, grammar_path

OPENERS = {"LBRACE": "RBRACE", "LSQB": "RSQB"}
"""The closing bracket of each opening bracket."""
CLOSERS = frozenset(OPENERS.values())
_MEASURABLE = frozenset(("NUMBER", "RANGE"))
_VALUES = frozenset(("NAME", "NUMBER", "DIMS", "RANGE", "STRING", "LSQB"))


def _is_unit(word: Token, following: Token | None) -> bool:
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


class UnitMarker:
    """Change the type of units from NAME to UNIT, between lark's lexer and parser."""

    always_accept = ("MALFORMED", "UNTERMINATED", "UNKNOWN", "NEWLINE")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        previous: Token | None = None
        waiting: Token | None = None
        for token in chain(stream, (None,)):
            if waiting is not None:
                yield self._mark_unit(previous, waiting, token)
                previous = waiting
            waiting = token

    @staticmethod
    def _mark_unit(before: Token | None, token: Token, after: Token | None) -> Token:
        if token.type != "NAME" or before is None or before.type not in _MEASURABLE:
            return token
        return token.update(type="UNIT") if _is_unit(token, after) else token


@cache
def parser(start: str = "statement") -> Lark:
    """Build the LALR parser whose entry point is ``statement`` or ``document``.

    The parser tables are cached next to this module's byte code, and rebuilt when the
    grammar or Lark changes. Without the cache, `snnc check` takes 25 % longer.
    """
    return Lark(
        grammar_path().read_text(encoding="utf-8"),
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=UnitMarker(),
        maybe_placeholders=True,
        cache=_tables(start),
    )


def tokens(text: str, most: int | None = None) -> list[Token]:
    """Return at most ``most`` tokens of a text; unknown characters are tokens too.

    `Lark.lex` would build a lexer for each text, which takes longer than most texts.
    """
    thread: Any = parser().parse_interactive(text).lexer_thread
    return list(islice(thread.lex(None), most))


def _tables(start: str) -> str | bool:
    code = Path(cache_from_source(__file__))
    return str(code.with_suffix(f".{start}.lark")) if code.parent.is_dir() else False


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


def number(text: str) -> int | float:
    """Convert a numeral to an int or a float."""
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def span_of(token: Token, source: SourceFile) -> Span:
    """Return the span of a token; a line end has an empty span."""
    start = token.start_pos or 0
    end = start if token.type == "NEWLINE" else token.end_pos or start
    return Span(source, start, end)


def _end(text: str) -> int | float | None:
    return number(text) if text else None


def _nodes(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


class Builder:
    """Build the nodes of `snnc.language.tree` from the inside out.

    Each rule of the grammar has a method of the same name. Lark's `Transformer` takes
    three times as long; the difference is a fifth of the time for reading a spec.
    """

    def __init__(self, source: SourceFile) -> None:
        self._source = source

    def children(self, parsed: Tree[Token]) -> list[Any]:
        """Build the children of a tree; tokens stay unchanged."""
        return [
            self._node(child) if isinstance(child, Tree) else child
            for child in parsed.children
        ]

    def _node(self, parsed: Tree[Token]) -> Any:
        return getattr(self, parsed.data)(*self.children(parsed))

    def span(self, token: Token) -> Span:
        return span_of(token, self._source)

    def word(self, token: Token) -> tree.Word:
        return tree.Word(str(token), self.span(token))

    def number(self, token: Token) -> tree.Number:
        return tree.Number(number(token), self.span(token))

    def dims(self, token: Token) -> tree.Dims:
        return tree.Dims(tuple(map(int, token.split("x"))), self.span(token))

    def quantity(self, token: Token, unit: Token) -> tree.Quantity:
        word = self.word(unit)
        return tree.Quantity(number(token), word, self.span(token).to(word.span))

    def range(self, token: Token, unit: Token | None) -> tree.Range:
        low, high = map(_end, token.split("..", 1))
        span = self.span(token)
        if unit is None:
            return tree.Range(low, high, None, span)
        return tree.Range(low, high, self.word(unit), span.to(self.span(unit)))

    def text(self, token: Token) -> tree.Text:
        value = _ESCAPE.sub(lambda match: ESCAPES[match[1]], token[1:-1])
        return tree.Text(value, self.span(token))

    def list(self, *parts: Any) -> tree.List:
        opener, *items, closer = parts
        return tree.List(_nodes(items), self.span(opener).to(self.span(closer)))

    def property(self, key: Token, value: tree.Value) -> tree.Property:
        word = self.word(key)
        return tree.Property(word, value, word.span.to(value.span))

    def block(self, *parts: Any) -> tuple[tuple[tree.Property, ...], Span]:
        opener, *properties, closer = parts
        return _nodes(properties), self.span(opener).to(self.span(closer))

    def group(self, name: Token, block: tuple[Any, Span]) -> tree.Group:
        word = self.word(name)
        return tree.Group(word, block[0], word.span.to(block[1]))

    def heading(self, *words: Token) -> tuple[tree.Word, ...]:
        return tuple(map(self.word, words))

    def within(self, low: tree.Range, high: tree.Range | None) -> tuple[Any, Any]:
        return low, high

    def sources(self, *names: Token) -> tuple[tree.Word, ...]:
        return tuple(map(self.word, names))

    def comment(self, start: int, end: int) -> tree.Comment:
        """Return the comment between a ``#`` and the position ``end``."""
        source = self._source
        text = source.text[start + 1 : end].rstrip()
        _, column = source.line_column(start)
        before = source.text[start - column + 1 : start]
        span = Span(source, start, start + 1 + len(text))
        return tree.Comment(text.removeprefix(" "), span, bool(before.strip()))


def heading(words: tuple[tree.Word, ...]) -> tuple[tree.Word | None, ...]:
    """Split the words of a heading into kind, variant, name and a superfluous word."""
    kind, *rest = words
    takes_variant = kind.text in VARIANTS
    variant = rest.pop(0) if takes_variant and rest else None
    name = rest.pop(0) if rest else None
    return kind, variant, name, (rest[0] if rest else None)


def build(
    parsed: Tree[Token], tokens: tuple[Token, ...], source: SourceFile
) -> tree.Statement:
    """Build a statement from its parse tree; ``tokens`` determine its span."""
    builder = Builder(source)
    words, text, shape, within, sources, block = builder.children(parsed)
    kind, variant, name, _ = heading(words)
    return tree.Statement(
        kind=cast(tree.Word, kind),
        span=builder.span(tokens[0]).to(builder.span(tokens[-1])),
        variant=variant,
        name=name,
        text=None if text is None else builder.text(text),
        shape=shape,
        within=within[0] if within else None,
        mapped=within[1] if within else None,
        sources=sources or (),
        properties=block[0] if block else None,
    )
