"""Calls within calls, laid out as black and ruff leave them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from snnc.emit.python import INDENT
from snnc.emit.quoting import WIDTH


@dataclass(frozen=True, slots=True)
class Nested:
    """A call, or a tuple: ``head`` ends with an opening bracket."""

    head: str
    items: tuple[str | Nested, ...]

    def laid_out(self, indent: int, behind: int = 0) -> str:
        """Return it without the indent of its first line.

        It stands on one line if that leaves room for ``behind`` characters, else
        each item has its own, and so on inwards.
        """
        line = str(self)
        if indent + len(line) + behind <= WIDTH:
            return line
        margin = indent + INDENT
        lines = [f"{' ' * margin}{_laid_out(item, margin)},\n" for item in self.items]
        return f"{self.head}\n{''.join(lines)}{' ' * indent})"

    def __str__(self) -> str:
        comma = "," if self._is_tuple and len(self.items) == 1 else ""
        return f"{self.head}{', '.join(map(str, self.items))}{comma})"

    @property
    def _is_tuple(self) -> bool:
        return self.head.removesuffix("(")[-1:] in ("", "=", " ")


def call(function: str, arguments: Iterable[str | Nested]) -> Nested:
    """Return a call."""
    return Nested(f"{function}(", tuple(arguments))


def _laid_out(item: str | Nested, indent: int) -> str:
    return item if isinstance(item, str) else item.laid_out(indent, behind=1)
