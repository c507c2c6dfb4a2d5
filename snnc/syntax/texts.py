"""Texts over several lines, which are one mistake and not one a line."""

from __future__ import annotations

from snnc.syntax.cut import Piece
from snnc.syntax.words import KINDS


def whole_texts(pieces: list[Piece]) -> list[Piece]:
    """Leave out the lines that a text goes on over, up to its closing quote."""
    kept = []
    index = 0
    while index < len(pieces):
        kept.append(pieces[index])
        index = _end_of_text(pieces, index) + 1
    return kept


def _end_of_text(pieces: list[Piece], index: int) -> int:
    """The index of the piece with the closing quote; ``index`` if there is none."""
    if not _has_open_quote(pieces[index]):
        return index
    for end in range(index + 1, len(pieces)):
        if str(pieces[end].tokens[0]) in KINDS:
            break
        if _has_open_quote(pieces[end]):
            return end
    return index


def _has_open_quote(piece: Piece) -> bool:
    return any(token.type == "UNTERMINATED" for token in piece.tokens)
