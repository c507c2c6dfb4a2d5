"""What a run has found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from snnc.diagnostics.diagnostic import Diagnostic, Severity


@dataclass(slots=True)
class Report:
    """Collects diagnostics, so that one run reports every problem of a file."""

    _found: list[Diagnostic] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic; the same one reported twice is kept once."""
        if diagnostic not in self._found:
            self._found.append(diagnostic)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, sorted by place."""
        return tuple(sorted(self._found, key=lambda d: d.sort_key))

    @property
    def errors(self) -> int:
        return sum(d.severity is Severity.ERROR for d in self._found)

    @property
    def warnings(self) -> int:
        return sum(d.severity is Severity.WARNING for d in self._found)
