"""Convert the rules to a Pygments lexer, for documentation and terminals."""
# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pygments.lexer import Lexer
from pygments.token import Whitespace, string_to_tokentype

from snnc.editors.rules import coloured_parts


class SnnLexer(Lexer):
    """Colour specs in the ``.snn`` notation."""

    name = "snn"
    aliases = ("snn",)
    filenames = ("*.snn",)
    mimetypes = ("text/x-snn",)

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Yield the offset, the token and the text of each part."""
        at = 0
        for part, category in coloured_parts(text):
            kind = string_to_tokentype(category.token) if category else Whitespace
            yield at, kind, part
            at += len(part)
