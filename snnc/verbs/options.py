"""Declare the options of a verb once, for the command line and for Python.

The options of a verb are the fields of a frozen dataclass. `snnc.cli.options.of` makes
click's options of them, and `takes` a function's signature and docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import wraps
from textwrap import fill, indent
from typing import Any, Literal, ParamSpec, TypeVar

from snnc.text.arguments import check_choice, check_count

WIDTH = 80
"""The width of a description in a docstring."""
_KEY = "option"


@dataclass(frozen=True, slots=True)
class Option:
    """The description of an option for the command line and Python.

    ``help`` names choices and other options in single backticks. An option has
    ``choices``, or is a number of at least ``least``, or is a ``path``, or is a text,
    which ``metavar`` describes, or is a flag. ``names`` are those on the command line,
    if it has others there. The settings of the repository may have the path of the
    ``packages``.

    ``read`` converts what is typed to the value, and raises ValueError if it can't. Of
    an option that may be typed ``several`` times, it converts all texts.
    """

    default: object
    help: str
    choices: tuple[str, ...] = ()
    least: int | None = None
    path: Literal["", "file", "folder", "packages"] = ""
    metavar: str = "FILE"
    names: tuple[str, ...] = ()
    read: Callable[[Any], object] | None = None
    several: bool = False


def option(default: object, help: str, **settings: Any) -> Any:
    """Declare a field of a dataclass as an option; see `Option`."""
    return field(default=default, metadata={_KEY: Option(default, help, **settings)})


def options_of(kind: type[Any]) -> dict[str, Option]:
    """Return the description of each option of a dataclass."""
    return {
        each.name: each.metadata[_KEY] for each in fields(kind) if _KEY in each.metadata
    }


def check_options(values: object) -> None:
    """Refuse a number that is too small, and an unknown choice.

    Raises
    ------
    TypeError, ValueError
        As `check_count` and `check_choice`.
    """
    for name, described in options_of(type(values)).items():
        value = getattr(values, name)
        if value is None and described.default is None:
            continue
        if described.least is not None:
            check_count(name, value, described.least)
        if described.choices:
            check_choice(name, value, described.choices)


def read_words(text: str) -> tuple[str, ...]:
    """Return the words of a text, which commas separate."""
    return tuple(word.strip() for word in text.split(","))


Parameters = ParamSpec("Parameters")
Call = TypeVar("Call")
Result = TypeVar("Result")


def takes(
    call: Callable[Parameters, Call],
) -> Callable[[Callable[[Call], Result]], Callable[Parameters, Result]]:
    """Let a function of a dataclass take the dataclass's fields as parameters.

    The docstring of the dataclass describes the fields that are not options.
    """

    def decorate(run: Callable[[Call], Result]) -> Callable[Parameters, Result]:
        @wraps(run)
        def function(*values: Parameters.args, **options: Parameters.kwargs) -> Result:
            return run(call(*values, **options))

        # Help and type checkers show the options, which only the dataclass declares.
        signature = inspect.signature(call)
        returned = run.__annotations__["return"]
        function.__doc__ = _docstring(run, call)
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]
            return_annotation=returned
        )
        return function

    return decorate


_AFTER_PARAMETERS = re.compile(r"^(?=(?:Returns|Raises)\n---)", re.MULTILINE)


def _docstring(run: Callable[..., Any], call: Any) -> str:
    """Return the docstring of a function, with all of its parameters."""
    summary, *sections = _AFTER_PARAMETERS.split(inspect.getdoc(run) or "")
    _, _, parameters = (inspect.getdoc(call) or "").partition("----------\n")
    # Help has single backticks for click, and docstrings have double ones.
    lines = [summary.rstrip(), "", "Parameters", "----------", parameters]
    for name, described in options_of(call).items():
        lines += [name, indent(fill(described.help.replace("`", "``"), WIDTH), "    ")]
    return "\n".join([*lines, *(f"\n{section.rstrip()}" for section in sections)])
