"""The grammar of ``.snn`` files, loaded once a process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from lark import Lark, Token

from snnc.resources import grammar_path
from snnc.syntax.units import UnitMarker


def grammar_text() -> str:
    """Read ``snn.lark``."""
    return grammar_path().read_text(encoding="utf-8")


@cache
def parser(start: str = "statement") -> Lark:
    """Build the LALR parser whose entry point is ``statement`` or ``document``.

    Lark keeps its tables beside this module's byte code, and makes them anew when
    the grammar or Lark itself has changed: building them takes a fifth of the time
    of `snnc check`.
    """
    return Lark(
        grammar_text(),
        start=start,
        parser="lalr",
        lexer="basic",
        postlex=UnitMarker(),
        maybe_placeholders=True,
        cache=_tables(start),
    )


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into tokens; what is none becomes one too, to be reported.

    `Lark.lex` would build a lexer for each text, which takes longer than most texts.
    """
    thread: Any = parser().parse_interactive(text).lexer_thread
    stream: Iterator[Token] = thread.lex(None)
    return stream


def _tables(start: str) -> str | bool:
    code = Path(cache_from_source(__file__))
    return str(code.with_suffix(f".{start}.lark")) if code.parent.is_dir() else False
