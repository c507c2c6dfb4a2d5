"""Data on stdout, diagnostics and messages on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from snnc.cli.colours import Paint, wants_colour
from snnc.text.printable import printable

if TYPE_CHECKING:
    from snnc.diagnostics import Report

_COMMAND = re.compile(r"##(?=\w*\[)")


def show(report: Report) -> None:
    """Print all diagnostics to stderr, in colour where that is wanted."""
    if not report.diagnostics:
        return
    from snnc.diagnostics.diagnostic_text import render

    colour = wants_colour(sys.stderr)
    text = render(report.diagnostics, colour=colour)
    click.echo(text, err=True, nl=False, color=colour)


def say(line: str) -> None:
    """Print one line of talk to stderr."""
    click.echo(printable(line), err=True)


def offer(data: str) -> None:
    """Print data to stdout, to the letter: a spec, a page, a schema."""
    click.echo(data, nl=False, color=True)  # which leaves escapes as they are


def offer_lines(text: str, paint: Paint | None = None) -> None:
    """Print to stdout what people read: tables, differences; each line printable.

    ``paint`` colours the lines where stdout gets colours.
    """
    lines = map(_line, text.removesuffix("\n").split("\n"))
    if paint is not None and wants_colour(sys.stdout):
        lines = map(paint, lines)
    offer("\n".join(lines) + "\n")


def _line(text: str) -> str:
    """A printable line; a difference shows the tabs of a file."""
    return "\t".join(map(printable, text.split("\t")))


def offer_json(document: Mapping[str, Any]) -> None:
    """Print a document to stdout as JSON.

    What JSON does not know becomes null, as NaN and infinity, or an escape, as bytes of
    a name that are no UTF-8. The text is ASCII and commands no CI server.
    """
    text = json.dumps(_known_to_json(document), indent=2, allow_nan=False)
    offer(_COMMAND.sub(r"#\\u0023", text) + "\n")


def _known_to_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_known_to_json(key): _known_to_json(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_known_to_json, value))
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return None if isinstance(value, float) and not isfinite(value) else value
