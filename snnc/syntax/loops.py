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

_WORDS = frozenset(
    ("block", "blocks", "body", "for", "foreach", "group", "layers", "loop", "model",
     "module", "repeat", "residual", "sequential", "stack", "stage", "times", "while")
)  # fmt: skip


def without_loops(
    tokens: Sequence[Token], source: SourceFile, report: Report
) -> list[Token]:
    """Report loops and groups, and return what is inside as if they were not there."""
    dropped: dict[int, bool] = {}
    closers = _closers(tokens)
    for index, token in enumerate(tokens):
        begins = index == 0 or tokens[index - 1].type in ("NEWLINE", *OPENERS)
        if not begins or token.type != "NAME" or token not in _WORDS:
            continue
        opener = _opener(tokens, index)
        if opener in closers:
            dropped |= dict.fromkeys(range(index, opener), False)
            dropped |= {opener: True, closers[opener]: True}
            report.add(Repeat(span=span_of(token, source), word=str(token)))
    if not dropped:
        return list(tokens)
    kept = [index for index in range(len(tokens)) if dropped.get(index, True)]
    return [_line_end(tokens[i]) if i in dropped else tokens[i] for i in kept]


def _opener(tokens: Sequence[Token], index: int) -> int:
    """Where the block of a word opens, if statements are inside of it; else -1."""
    opener = index
    while opener < len(tokens) and tokens[opener].type not in ("NEWLINE", "LBRACE"):
        opener += 1
    inside = tokens[opener + 1 : opener + 3]
    first = next((token for token in inside if token.type != "NEWLINE"), None)
    if first is None or tokens[opener].type != "LBRACE":
        return -1
    return opener if first in BEGINNINGS or first in _WORDS else -1


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
