"""What a run has found so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from snnc.dataclass import dataclass
from snnc.diagnostics.diagnostic import Diagnostic, Severity


@dataclass(slots=True)
class Report:
    """Collects diagnostics, so that one run reports every problem of a file.

    Attributes
    ----------
    limit
        As many errors as a reader can want: passes stop at it, and more are dropped.
    """

    limit: int = 100
    _found: dict[Diagnostic, None] = field(default_factory=dict)
    _counts: Counter[Severity] = field(default_factory=Counter)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless it is an error above the limit.

        The same one reported twice is kept once.
        """
        if not (self.full and diagnostic.severity is Severity.ERROR):
            self.extend([diagnostic])

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep diagnostics, however many they are."""
        for diagnostic in diagnostics:
            if diagnostic not in self._found:
                self._found[diagnostic] = None
                self._counts[diagnostic.severity] += 1

    def withdraw(self, diagnostic: Diagnostic) -> None:
        """Forget a diagnostic that was added."""
        del self._found[diagnostic]
        self._counts[diagnostic.severity] -= 1

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, sorted by place."""
        return tuple(sorted(self._found, key=lambda d: d.sort_key))

    @property
    def errors(self) -> int:
        return self._counts[Severity.ERROR]

    @property
    def warnings(self) -> int:
        return self._counts[Severity.WARNING]

    @property
    def full(self) -> bool:
        """Whether there are so many errors that looking for more helps nobody."""
        return self.errors >= self.limit
