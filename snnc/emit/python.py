"""Python expressions and statements, laid out as black and ruff leave them.

A statement stands on one line where it fits 79 columns; else a bracket is exploded,
one item a line, with the trailing comma that keeps it so at any line length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import prod

from snnc.emit.quoting import WIDTH

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
