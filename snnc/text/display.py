"""Display objects in notebooks and terminals, on light and dark backgrounds."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object, such as the result of ``as_dict``."""

_PAINTED = re.compile(r"\x1b\[1;(31|33|34|36)m([^\x1b]*)\x1b\[0m")
# Legible on white and black backgrounds; the hues are from Okabe and Ito.
_COLOURS = {"31": "#c8490a", "33": "#a97b00", "34": "#3d82c4", "36": "#0a8f74"}
PRE = (
    "font-family: var(--jp-code-font-family, monospace); line-height: 1.35;"
    " margin: 0; overflow-x: auto; white-space: pre; text-align: left"
)


class Listed:
    """Lists only public names in `dir`, and therefore in completion."""

    _internal: ClassVar[frozenset[str]] = frozenset()

    def __dir__(self) -> list[str]:
        names = super().__dir__()
        return [n for n in names if n[:1] != "_" and n not in self._internal]


class Displayed(Listed):
    """Displays itself in notebooks and IPython terminals like `print`."""

    def _repr_html_(self) -> str:
        return to_pre(str(self))

    def __init_subclass__(cls) -> None:
        # IPython prefers the `__repr__` of a class to an inherited `_repr_pretty_`.
        cls._repr_pretty_ = Displayed._pretty  # type: ignore[attr-defined]

    def _pretty(self, printer: Any, cycle: object) -> None:
        """Print like `print`; IPython calls this method instead of `__repr__`."""
        printer.text(str(self))


def data_frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Convert rows to a pandas data frame, as `to_pandas` of a result does."""
    try:
        import pandas  # type: ignore[import-untyped,unused-ignore]  # has no extra
    except ModuleNotFoundError as error:
        what = "to_pandas needs pandas: `python -m pip install pandas`"
        raise ModuleNotFoundError(what, name="pandas") from error
    return pandas.DataFrame.from_records(rows)


class MarkdownText(Listed, str):
    """A text in Markdown, which notebooks render."""

    def _repr_markdown_(self) -> str:
        return str(self)


def to_pre(text: str, *, wrap: bool = False) -> str:
    """Convert preformatted text, such as a command-line table, to HTML.

    The colours of diagnostics in a terminal become those of the page. With ``wrap``, a
    narrow page breaks long lines, as diagnostics need.
    """
    shown = _PAINTED.sub(_to_span, html.escape(text))
    style = f"{PRE}; white-space: pre-wrap" if wrap else PRE
    return f'<pre style="{style}">{shown}</pre>'


def _to_span(painted: re.Match[str]) -> str:
    style = f"color: {_COLOURS[painted[1]]}; font-weight: 600"
    return f'<span style="{style}">{painted[2]}</span>'


def unified_diff(old: str, new: str, old_name: str, new_name: str) -> str:
    """Return the unified diff of two texts, which `patch` accepts."""
    import difflib  # slow to import, and only needed to show changes

    before, after = (text.splitlines(keepends=True) for text in (old, new))
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(before, after, old_name, new_name)
    )
