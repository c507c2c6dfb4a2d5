"""The error that Python calls raise for the problems of a spec."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.diagnostics import Diagnostic
from snnc.diagnostics.diagnostic_text import render
from snnc.text.display import to_pre


class SpecError(ValueError):
    """Raised for a spec or a package that has problems.

    The message equals the output of the command line: each problem with its position,
    the relevant lines of the spec, and a remedy. Notebooks show this instead of a
    traceback.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All problems, including warnings, sorted by position.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(render(diagnostics).rstrip("\n"))
        self._coloured = render(diagnostics, colour=True).rstrip("\n")
        self.diagnostics = tuple(diagnostics)

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        # By default, an exception is pickled with its text instead of its diagnostics.
        return SpecError, (self.diagnostics,)

    def _repr_html_(self) -> str:
        return to_pre(self._coloured, wrap=True)

    def _render_traceback_(self) -> list[str]:
        """Return the text for IPython, without lines of snnc's own code."""
        return self._coloured.split("\n")
