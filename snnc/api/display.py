"""HTML for notebooks, with its own style for light and dark themes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from snnc.text.tables import printable

_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")
# Legible on white and on black; the hues are those of Okabe and Ito.
_COLOURS = {"31": "#c8490a", "33": "#a97b00", "34": "#3d82c4", "36": "#0a8f74"}
_PRE = (
    "font-family: var(--jp-code-font-family, monospace); line-height: 1.35;"
    " margin: 0; overflow-x: auto; white-space: pre; text-align: left"
)


class Listed:
    """Lists in `dir`, and so in completion, what users may use, and nothing else."""

    _internal: ClassVar[frozenset[str]] = frozenset()

    def __dir__(self) -> list[str]:
        names = super().__dir__()
        return [n for n in names if n[:1] != "_" and n not in self._internal]


class Displayed(Listed):
    """Shows itself in notebooks, and in terminals of IPython, as it prints."""

    def _repr_html_(self) -> str:
        return preformatted(str(self))

    def __init_subclass__(cls) -> None:
        cls._repr_pretty_ = Displayed._pretty  # type: ignore[attr-defined]

    def _pretty(self, printer: Any, cycle: bool) -> None:
        """Print as `print` does; IPython looks for this method next to `__repr__`."""
        printer.text(str(self))


def preformatted(text: str) -> str:
    """Return HTML of text as it is, such as a table of the command line."""
    return f'<pre style="{_PRE}">{html.escape(text)}</pre>'


def terminal_html(text: str) -> str:
    """Return HTML of text with the colours of its terminal escapes."""
    return f'<pre style="{_PRE}">{"".join(_spans(text))}</pre>'


def _spans(text: str) -> Iterator[str]:
    style = ""
    for index, part in enumerate(_ESCAPE.split(text)):
        if index % 2:
            codes = part.split(";")
            colour = next((_COLOURS[c] for c in codes if c in _COLOURS), "")
            style = f"color: {colour}; font-weight: 600" if colour else ""
        elif part:
            shown = html.escape(part)
            yield f'<span style="{style}">{shown}</span>' if style else shown


_WORD, _NUMBER, _VALUE = "#c8490a; font-weight: 600", "#3d82c4", "#a97b00"
_CATEGORIES = {
    "KIND": _WORD,
    "HEADER": _WORD,
    "VARIANT": _WORD,
    "KEY": "#0a8f74",
    "NUMBER": _NUMBER,
    "DIMS": _NUMBER,
    "RANGE": _NUMBER,
    "UNIT": _NUMBER,
    "TEXT": _VALUE,
    "VALUE": _VALUE,
    "DECLARED": "inherit; font-weight: 600",
    "COMMENT": "#808890; font-style: italic",
}


def spec_html(text: str, notation: str, costs: Mapping[int, str] | None = None) -> str:
    """Return HTML of a spec, coloured unless it is YAML, and escape control codes.

    Parameters
    ----------
    text, notation
        The spec, in ``snn`` or ``yaml``.
    costs
        What to write behind lines, by their numbers from 1.
    """
    lines = ("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))
    text = "\n".join(lines)
    shown = _coloured(text) if notation == "snn" else html.escape(text)
    numbered = enumerate(shown.split("\n"), 1)
    costs = costs or {}
    body = "\n".join(f"{line}{_behind(costs.get(at))}" for at, line in numbered)
    return f'<pre style="{_PRE}">{body}</pre>'


def _coloured(text: str) -> str:
    from snnc.editors.rules import coloured_parts

    shown = []
    for part, category in coloured_parts(text):
        colour = _CATEGORIES.get(category.name) if category else None
        escaped = html.escape(part)
        shown.append(
            f'<span style="color: {colour}">{escaped}</span>' if colour else escaped
        )
    return "".join(shown)


def _behind(cost: str | None) -> str:
    return f'<span class="cost">{html.escape(cost)}</span>' if cost else ""
