# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Shows training in a notebook, as a table that updates in place."""

# mypy: allow-subclassing-any

from __future__ import annotations

import importlib
from collections.abc import Callable
from html import escape
from typing import Any

from .backend import Logs, keras


class ProgressTable(keras.callbacks.Callback):
    """Shows a row for each phase that has epochs: the metrics of the last one.

    ``phase`` returns the name of the phase that runs.
    """

    def __init__(self, phase: Callable[[], str]) -> None:
        """Create it; it is shown after the first epoch."""
        super().__init__()
        self._phase = phase
        self._rows: dict[str, dict[str, str]] = {}
        self._shown: Any = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Show the epoch in the row of its phase."""
        ipython: Any = importlib.import_module("IPython.display")
        row = {"epoch": str(epoch + 1)}
        for name, value in (logs or {}).items():
            row[name] = f"{float(value):.4g}"
        self._rows[self._phase()] = row
        table = ipython.HTML(self.html())
        if self._shown is None:
            self._shown = ipython.display(table, display_id=True)
        else:
            self._shown.update(table)

    def html(self) -> str:
        """Return the table, whose columns are the metrics of all phases."""
        names: dict[str, None] = {}
        for row in self._rows.values():
            names |= dict.fromkeys(row)
        lines = [_line("th", ["phase", *names])]
        for phase, row in self._rows.items():
            metrics = [row.get(name, "") for name in names]
            lines.append(_line("td", [phase, *metrics]))
        return f"<table>{''.join(lines)}</table>"


def _line(tag: str, cells: list[str]) -> str:
    several = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
    return f"<tr>{several}</tr>"
