"""How the readers of this room refuse a model."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.source import SourceFile, Span

NOWHERE = Span(SourceFile("model", ""), 0, 0)
"""The place of a diagnostic until `RefusedModelError.at` says what was read."""


class RefusedModelError(Exception):
    """A model that can't be imported; the one error that this room raises.

    Attributes
    ----------
    diagnostic : Diagnostic
        Of the family SNN8xx, or SNN700 and SNN705 for files that are not there.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.render_message())
        self.diagnostic = diagnostic

    def at(self, name: str) -> RefusedModelError:
        """Return the same refusal, which names what was to be imported."""
        if self.diagnostic.span is not NOWHERE:
            return self
        return RefusedModelError(self.diagnostic.but(span=place(name)))


def place(name: str | Path) -> Span:
    """Return the place of what is wrong with a file as a whole."""
    return Span(SourceFile(Path(name).as_posix(), ""), 0, 0)
