"""The problems of a spec, or of a package, as an exception."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.diagnostics import Diagnostic
from snnc.diagnostics.diagnostic_text import render
from snnc.text.display import terminal_html


class SpecError(ValueError):
    """A spec, or a package, that has problems.

    Its text is the output of the command line: each problem with its place, the lines
    of the spec, and a remedy. Notebooks show that instead of a traceback.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All problems, warnings included, sorted by place.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(render(diagnostics).rstrip("\n"))
        self._coloured = render(diagnostics, colour=True).rstrip("\n")
        self.diagnostics = tuple(diagnostics)

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        return SpecError, (self.diagnostics,)

    def _repr_html_(self) -> str:
        return terminal_html(self._coloured)

    def _render_traceback_(self) -> list[str]:
        """Return the text for IPython: lines of snnc's own code would not help."""
        return self._coloured.split("\n")
