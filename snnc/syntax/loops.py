"""Loops and groups around statements, which the language has not."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from snnc.diagnostics import Report
from snnc.rules.refused import Repeat
from snnc.source import SourceFile
from snnc.syntax.build import span_of
from snnc.syntax.nesting import CLOSERS, OPENERS
from snnc.syntax.words import BEGINNINGS

# None of them is a key: `block` is.
_WORDS = frozenset(
    ("body", "for", "foreach", "group", "layers", "loop", "model", "module", "repeat",
     "residual", "sequential", "stack", "stage", "times", "while")
)  # fmt: skip


def without_loops(
    tokens: Sequence[Token], source: SourceFile, report: Report
) -> list[Token]:
    """Report loops and groups, and return what is inside as if they were not there."""
    openers: dict[int, int] = {}
    closers: dict[int, int] | None = None
    for index in reversed(range(len(tokens))):  # the inner ones first
        if tokens[index] in _WORDS and tokens[index].type == "NAME":
            closers = _closers(tokens) if closers is None else closers
            opener = _opener(tokens, index, openers)
            if opener in closers:
                openers[index] = opener
    if closers is None or not openers:
        return list(tokens)
    braces = {*openers.values(), *(closers[opener] for opener in openers.values())}
    heads = {i for index, opener in openers.items() for i in range(index, opener)}
    for index in sorted(openers):
        word = tokens[index]
        report.add(Repeat(span=span_of(word, source), word=str(word)))
    kept = [index for index in range(len(tokens)) if index not in heads]
    return [_line_end(tokens[i]) if i in braces else tokens[i] for i in kept]


def _opener(tokens: Sequence[Token], index: int, loops: dict[int, int]) -> int:
    """Where the block of a line's first word opens, if it has statements; else -1."""
    if index and tokens[index - 1].type not in ("NEWLINE", *OPENERS):
        return -1
    opener = index
    while opener < len(tokens) and tokens[opener].type not in ("NEWLINE", "LBRACE"):
        opener += 1
    first = opener + 1
    while first < len(tokens) and tokens[first].type == "NEWLINE":
        first += 1
    if first >= len(tokens) or tokens[opener].type != "LBRACE":
        return -1
    return opener if tokens[first] in BEGINNINGS or first in loops else -1


def _closers(tokens: Sequence[Token]) -> dict[int, int]:
    """Which bracket closes each that is closed."""
    closers, opened = {}, list[int]()
    for index, token in enumerate(tokens):
        if token.type in OPENERS:
            opened.append(index)
        elif token.type in CLOSERS and opened:
            closers[opened.pop()] = index
    return closers


def _line_end(brace: Token) -> Token:
    start = brace.start_pos
    return Token("NEWLINE", "\n", start_pos=start, end_pos=start)
