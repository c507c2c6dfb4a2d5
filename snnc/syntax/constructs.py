"""What other notations have, and this one has not: items, arrows, variables, sums."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lark import Token

from snnc import rules
from snnc.diagnostics import Diagnostic, Fix, Report
from snnc.language import tree
from snnc.language.keywords import HEADERS, KEYS, KINDS
from snnc.source import SourceFile, Span
from snnc.syntax.cut import StatementTokens

if TYPE_CHECKING:
    from fractions import Fraction
from snnc.language.keywords import BEGINNINGS
from snnc.rules.refused import Repeat
from snnc.syntax.braces import CLOSERS, OPENERS
from snnc.syntax.build import span_of

_VALUES = frozenset(("NUMBER", "DIMS", "RANGE", "STRING", "MALFORMED", "LSQB"))
_ITEM = re.compile(r"-[ \t]*(\w+)")
_DOTTED = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?![\w.]|[ \t]*=)")
_NUMERAL = r"\d+(?:\.\d+)?"
_ARITHMETIC = re.compile(
    rf"{_NUMERAL}(?:(?:[ \t]*[*/][ \t]*|[+-]|[ \t]+[+-][ \t]+){_NUMERAL})+"
    r"(?![\w.*/])"
)
_TERM = re.compile(rf"([*/+-]?)[ \t]*({_NUMERAL})")
_ARROW = re.compile("[-=]>|\u2192")
_LONGEST = 60


def is_item(piece: StatementTokens, source: SourceFile) -> bool:
    """Whether a statement begins as an item of a YAML list does."""
    first = piece.tokens[0]
    match = _ITEM.match(source.text, first.start_pos or 0)
    return match is not None and match[1] in KINDS


def whole_items(
    pieces: list[StatementTokens], source: SourceFile
) -> list[StatementTokens]:
    """Join the lines of each item of a YAML list: they are one mistake."""
    groups: list[list[StatementTokens]] = []
    for piece in pieces:
        is_inner = len(piece.tokens) > 1 and piece.tokens[1] in (":", "-", "->")
        is_inner = is_inner and piece.tokens[0] not in KINDS
        if groups and is_inner and is_item(groups[-1][0], source):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [group[0] if len(group) == 1 else _joined(group) for group in groups]


def _joined(pieces: list[StatementTokens]) -> StatementTokens:
    tokens = tuple(token for piece in pieces for token in piece.tokens)
    return StatementTokens(tokens, pieces[0].broken, pieces[0].mended)


def item(piece: StatementTokens, source: SourceFile) -> Diagnostic | None:
    """Describe an item of a YAML list, and how ``.snn`` writes it."""
    if not is_item(piece, source):
        return None
    first, last = piece.tokens[0], piece.tokens[-1]
    start = first.start_pos or 0
    whole = Span(source, start, last.end_pos or start)
    line = _as_statement(whole)
    shown = line if line and len(line) <= _LONGEST else "conv2d c0 { filters 8 }"
    return rules.syntax.UnexpectedCharacter(
        span=Span(source, start, start + 1),
        text="-",
        advice="a statement begins with its kind, without a dash or a colon:"
        f" write{'' if shown == line else ', for example,'} `{shown}`",
        fix=Fix(whole, line) if line else None,
    )


def _as_statement(item: Span) -> str:
    """The statement that an item of a YAML list says; empty if it can't be read."""
    from textwrap import dedent

    from snnc.syntax.printer import statement_item
    from snnc.syntax.yaml import parse_yaml

    if "#" in item.text:
        return ""
    indent = " " * (item.first.column - 1)
    text = f"snn: 1\nnetwork: x\nlayers:\n{dedent(indent + item.text)}\n"
    report = Report()
    (*_, statement) = parse_yaml(SourceFile("item.yaml", text), report).statements or [
        None
    ]
    if report.errors or statement is None:
        return ""
    return statement_item(statement).flat


def arrow(token: Token, source: SourceFile) -> Diagnostic | None:
    """Describe ``->`` between two layers."""
    start = token.start_pos or 0
    match = _ARROW.match(source.text, start)
    if match is None:
        return None
    mark = match[0]
    line, column = source.line_column(start)
    text, begun = source.line_text(line), start - column + 1
    before = text[: column - 1].rstrip(" \t")
    behind = text[column - 1 + len(mark) :].lstrip(" \t")
    kind = re.match(r"\w*", behind)
    is_next = kind is not None and kind[0] in KINDS and before.endswith(("}", '"'))
    span = Span(source, start, start + len(mark))
    whole = Span(source, begun + len(before), begun + len(text) - len(behind))
    return rules.syntax.UnexpectedCharacter(
        span=span,
        text=mark,
        advice="a layer stands on a line of its own, and reads the one above it;"
        " `from NAME` reads another",
        fix=Fix(whole, "\n") if is_next else None,
    )


def variable(tokens: Sequence[Token], source: SourceFile) -> Diagnostic | None:
    """Describe ``let f = 8``, or ``f = 8``: a name for a value."""
    words = [str(token) for token in tokens[:4]]
    at = words.index("=") if "=" in words else 0
    if not 1 <= at <= 2 or any(t.type != "NAME" for t in tokens[:at]):
        return None
    value = tokens[at + 1] if at + 1 < len(tokens) else None
    if tokens[0] in KINDS | KEYS | HEADERS or value is None:
        return None
    if value.type not in _VALUES:
        return None
    first = tokens[0]
    start = first.start_pos or 0
    span = Span(source, start, first.end_pos or start)
    return rules.names.UnknownKind(
        span=span,
        word=str(first),
        near=None,
        known=(),
        advice="there are no variables: write the value where it is used, such as"
        " `filters 8`, or once for all layers in `defaults`",
    )


def dotted(tokens: Sequence[Token], source: SourceFile) -> Diagnostic | None:
    """Describe ``nn.Conv2d``: a statement by the name of another library's module."""
    match = _DOTTED.match(source.text, tokens[0].start_pos or 0)
    if match is None or tokens[0].type != "NAME":
        return None
    # A good spec need not wait for it.
    from snnc.vocabulary.strangers import unknown_kind

    span = Span(source, match.start(), match.end())
    return unknown_kind(tree.Statement(tree.Word(match[0], span), span))


def arithmetic(
    tokens: Sequence[Token], index: int, source: SourceFile
) -> Diagnostic | None:
    """Describe ``8*2`` in place of a number."""
    token = tokens[index]
    if token.type != "NUMBER" or not index or tokens[index - 1].type != "NAME":
        return None
    match = _ARITHMETIC.match(source.text, token.start_pos or 0)
    if match is None:
        return None
    value = _calculated(match[0])
    span = Span(source, *match.span())
    exact = value is not None and f"{float(value):.6g}" == str(value)
    number = "" if value is None else f"{float(value):.6g}"
    return rules.syntax.MalformedNumber(
        span=span,
        text=match[0],
        advice=f"there is no arithmetic: write `{tokens[index - 1]} {number or '...'}`",
        fix=Fix(span, number) if exact else None,
    )


def _calculated(text: str) -> Fraction | None:
    """What a line of sums and products is; None if it divides by nothing."""
    from fractions import Fraction

    total, term = Fraction(0), Fraction(1)
    for match in _TERM.finditer(text):
        sign, number = match[1], Fraction(match[2])
        if sign == "/" and not number:
            return None
        if sign in ("*", "/"):
            term = term * number if sign == "*" else term / number
            continue
        total += term if match.start() else 0
        term = -number if sign == "-" else number
    return total + term


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
