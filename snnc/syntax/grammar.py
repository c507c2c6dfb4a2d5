"""The grammar of ``.snn`` files, loaded once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lark import Lark

from snnc.syntax.units import UnitMarker

_ROOT = Path(__file__).parents[1]


def grammar_text() -> str:
    """Read ``snn.lark``: package data in a wheel, ``grammar/`` in a checkout."""
    packaged = _ROOT / "_grammar" / "snn.lark"
    path = packaged if packaged.exists() else _ROOT.parent / "grammar" / "snn.lark"
    return path.read_text(encoding="utf-8")


@cache
def parser(start: str = "statement") -> Lark:
    """Build the LALR parser whose entry point is ``statement`` or ``document``."""
    return Lark(
        grammar_text(),
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=UnitMarker(),
        maybe_placeholders=True,
    )
