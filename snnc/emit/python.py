"""Lay out Python expressions and statements in the style of black and ruff.

A statement is written on one line if it fits in 79 columns. Otherwise a bracket is
exploded: one item per line and a trailing comma, which keeps this layout at any line
length.
"""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from snnc.text.tables import cells

WIDTH = 79
INDENT = 4
_QUOTES_THAT_COULD_CLOSE = re.compile(r'"(?="|$)|(?<=")"|^"')


def quote(text: str) -> str:
    """Return a Python string literal of ``text``.

    As in black and ruff, quotes are double, or single if that saves escapes.
    """
    mark = "'" if text.count('"') > text.count("'") else '"'
    escapes = {"\\": "\\\\", mark: f"\\{mark}"}
    shown = zip(text, cells(text, on_every_python=True), strict=True)
    return mark + "".join(escapes.get(c) or cell for c, cell in shown) + mark


def comment(text: str) -> str:
    """Return ``text`` for use in a one-line comment."""
    return "".join(cells(text, on_every_python=True))


def _wrap(text: str, width: int) -> list[str]:
    """Wrap ``text``; escape backslashes, and quotes that could end a docstring."""
    words = (
        _QUOTES_THAT_COULD_CLOSE.sub(r"\\u0022", comment(word).replace("\\", "\\u005c"))
        for word in text.split()
    )
    line = " ".join(words)
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def docstring(text: str) -> str:
    """Return ``text`` as a paragraph in the docstring of a function."""
    return textwrap.indent("\n".join(_wrap(text, WIDTH - INDENT)), " " * INDENT) + "\n"


def module_docstring(text: str, name: str) -> str:
    """Return a docstring with a summary line and wrapped paragraphs.

    ``{name}`` in the summary is the network's name, or ``this network`` if the line
    would be too long.
    """
    summary, *paragraphs = text.strip().split("\n\n")
    line = summary.format(name=name)
    if len(line) + len('""""""') > WIDTH:
        line = summary.format(name="this network")
    wrapped = ("\n".join(_wrap(paragraph, WIDTH)) for paragraph in paragraphs)
    parts = [line, *filter(None, wrapped)]
    end = "\n" if len(parts) > 1 else ""
    return '"""' + "\n\n".join(parts) + end + '"""\n'


def number(value: float) -> str:
    """Write a number in short form: ``5e-5``, ``0.2``, ``150.0``."""
    return re.sub(r"e(-?)\+?0*(\d)", r"e\1\2", repr(value))


def items(values: Iterable[object]) -> str:
    """Write a tuple of values."""
    texts = [str(value) for value in values]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


@dataclass(frozen=True, slots=True)
class Bracket:
    """Items in brackets; an item may itself be a `Bracket`.

    ``head`` is the text up to the opening bracket, and ``tail`` the text from the
    closing bracket. A parenthesis without a name before it is a tuple. If ``exploded``,
    each item gets its own line even if all fit on one line, so that changing an item
    changes one line.
    """

    head: str
    items: Sequence[str | Bracket]
    tail: str = ")"
    exploded: bool = False

    def at(self, indent: int, behind: int = 0) -> str:
        """Return the text, without the first line's indent and without a line end.

        The text is one line if it leaves room for ``behind`` more characters. Otherwise
        each item gets its own line, recursively.
        """
        line = "" if self._is_exploded else str(self)
        if line and indent + len(line) + behind <= WIDTH:
            return line
        inner = indent + INDENT
        lines = (
            item if isinstance(item, str) else item.at(inner, behind=1)
            for item in self.items
        )
        body = "".join(f"{' ' * inner}{each},\n" for each in lines)
        return f"{self.head}\n{body}{' ' * indent}{self.tail}"

    def __str__(self) -> str:
        is_tuple = self.head[-2:] in ("(", "=(", " (")
        comma = "," if is_tuple and len(self.items) == 1 else ""
        return f"{self.head}{', '.join(map(str, self.items))}{comma}{self.tail}"

    @property
    def _is_exploded(self) -> bool:
        brackets = (item for item in self.items if isinstance(item, Bracket))
        return self.exploded or any(item._is_exploded for item in brackets)


def call(function: str, *arguments: str | Bracket) -> Bracket:
    """Return a call."""
    return Bracket(f"{function}(", arguments)


def import_line(module: str, names: Sequence[str]) -> str:
    """Write ``from module import names``."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return Bracket(f"from {module} import (", names, exploded=True).at(0)


_BUILTINS = frozenset(dir(builtins))


def variables(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Map names of the spec to variables that shadow nothing.

    Underscores are appended to the names of builtins, and to names in ``taken`` (which
    the file defines or imports), until they are unused.
    """
    wanted = tuple(names)
    used = {*_BUILTINS, *taken}
    chosen: dict[str, str] = {}
    # Names that can stay are first, so that none of them gets an underscore.
    for name in sorted(wanted, key=lambda name: (name in used, name)):
        variable = name
        while variable in used:
            variable += "_"
        used.add(variable)
        chosen[name] = variable
    return {name: chosen[name] for name in wanted}
