"""Python expressions and statements, laid out as black and ruff leave them.

A statement stands on one line where it fits 79 columns; else a bracket is exploded,
one item a line, with the trailing comma that keeps it so at any line length.
"""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from math import prod

from snnc.text.printable import cells

WIDTH = 79
_QUOTES_THAT_COULD_CLOSE = re.compile(r'"(?="|$)|(?<=")"|^"')


def quote(text: str) -> str:
    """Return a Python string literal of ``text``.

    The quotes are double, but single where that saves escapes: so do black and
    ruff choose them.
    """
    mark = "'" if text.count('"') > text.count("'") else '"'
    escapes = {"\\": "\\\\", mark: f"\\{mark}"}
    shown = zip(text, cells(text, on_every_python=True), strict=True)
    return mark + "".join(escapes.get(c) or cell for c, cell in shown) + mark


def comment(text: str) -> str:
    """Return ``text`` for use within a one-line comment."""
    return "".join(cells(text, on_every_python=True))


def docstring(text: str, indent: int = 0) -> str:
    """Return ``text`` as wrapped lines for use within a docstring.

    White space is collapsed. Backslashes, and quotes that could end the
    docstring, become escapes that are legal in any docstring.
    """
    words = (
        _QUOTES_THAT_COULD_CLOSE.sub(r"\\u0022", comment(word).replace("\\", "\\u005c"))
        for word in text.split()
    )
    lines = textwrap.wrap(
        " ".join(words),
        WIDTH - indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return ("\n" + " " * indent).join(lines)


def module_docstring(summary: str, name: str, *paragraphs: str) -> str:
    """Return a docstring of a summary line and wrapped paragraphs.

    ``{name}`` in the summary is the network's name, or ``this network`` where
    a long name would break the line.
    """
    line = summary.format(name=name)
    if len(line) + len('""""""') > WIDTH:
        line = summary.format(name="this network")
    parts = [line, *(docstring(text) for text in paragraphs if text.strip())]
    end = "\n" if len(parts) > 1 else ""
    return '"""' + "\n\n".join(parts) + end + '"""'


INDENT = 4


def number(value: float) -> str:
    """Write a number as a person does: ``5e-5``, ``0.2``, ``150.0``."""
    return re.sub(r"e([+-])0*(\d)", _exponent, repr(value))


def _exponent(match: re.Match[str]) -> str:
    return f"e{match[1].removeprefix('+')}{match[2]}"


def items(values: Iterable[object]) -> str:
    """Write a tuple of values."""
    texts = [str(value) for value in values]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def dims(sizes: Sequence[int]) -> str:
    """Write sizes for a Keras layer: one number where all are equal."""
    return str(sizes[0]) if len(set(sizes)) == 1 else items(sizes)


def bracket(head: str, arguments: Sequence[str], tail: str, indent: int) -> str:
    """Write ``head`` + arguments + ``tail``, where head ends with an opening bracket.

    Returns
    -------
    str
        Without the indent of the first line and without a line end.
    """
    line = f"{head}{', '.join(arguments)}{tail}"
    if indent + len(line) <= WIDTH:
        return line
    return exploded(head, arguments, tail, indent)


def exploded(head: str, arguments: Sequence[str], tail: str, indent: int) -> str:
    """Write the same as `bracket`, but always one argument a line."""
    margin = " " * (indent + INDENT)
    body = "".join(f"{margin}{argument},\n" for argument in arguments)
    return f"{head}\n{body}{' ' * indent}{tail}"


def argument(function: str, arguments: Sequence[str], indent: int) -> str:
    """Write a call that is an argument of an exploded one: a comma follows it."""
    line = f"{function}({', '.join(arguments)})"
    if indent + len(line) < WIDTH:
        return line
    return exploded(f"{function}(", arguments, ")", indent)


def call(function: str, arguments: Sequence[str], indent: int) -> str:
    """Write a call as a statement of its own."""
    return bracket(f"{function}(", arguments, ")", indent)


def table(name: str, rows: Sequence[str], indent: int = 0) -> str:
    """Write ``name = (...)``, a tuple of at least one row."""
    head = f"{name} = ("
    if len(rows) == 1:
        line = f"{head}{rows[0]},)"
        if indent + len(line) <= WIDTH:
            return line
    return bracket(head, rows, ")", indent)


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def volume(shape: Sequence[int]) -> str:
    """Write a shape with a batch axis in front."""
    return items(("batch", *shape))


def size(shape: Sequence[int]) -> int:
    """Count the elements of a shape."""
    return prod(shape)


_BUILTINS = frozenset(dir(builtins))


def variables(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Map names of the spec to variables that shadow nothing.

    A name that is a builtin or in ``taken`` (what the file itself defines or
    imports) gets underscores behind it until it is free.
    """
    wanted = tuple(names)
    used = {*_BUILTINS, *taken}
    found: dict[str, str] = {}
    for name in sorted(wanted, key=lambda name: (name in used, name)):
        variable = name
        while variable in used:
            variable += "_"
        used.add(variable)
        found[name] = variable
    return {name: found[name] for name in wanted}
