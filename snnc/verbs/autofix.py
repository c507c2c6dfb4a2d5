"""Apply all automatic fixes to a spec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.language.keywords import KINDS
from snnc.loihi.plan import PlanCache
from snnc.passes import completed
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import can_format, format_document


def apply_fixes(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """Return the text and the number of fixes, without those that touch a prior fix."""
    pieces: list[str] = []
    end = 0
    applied = 0
    for fix in sorted(fixes, key=lambda fix: (fix.span.start, fix.span.end)):
        if applied and fix.span.start <= end:
            continue  # the next round offers it again, if it is still necessary
        pieces += [text[end : fix.span.start], fix.replacement]
        end = fix.span.end
        applied += 1
    return "".join([*pieces, text[end:]]), applied


# A fix can reveal another problem; limit the number of rounds (decision 005).
ROUNDS = 10
MOST_READ = 200_000
"""The maximum number of characters to parse when fixes are tried one by one, because
applying all failed."""
MOST_COUNTED = 1_000
"""The maximum number of errors to count when testing whether a fix helps."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A spec after a number of fixes, and the remaining diagnostics.

    ``unread`` is the number of statements with syntax errors or of an unknown kind.
    """

    source: SourceFile
    count: int
    report: Diagnostics
    unread: int = 0

    @property
    def badness(self) -> tuple[int, int, int]:
        """The numbers of errors, unread statements and problems."""
        return self.report.errors, self.unread, len(self.report.diagnostics)


def autofix(
    source: SourceFile, *, unsafe: bool = False, device: Profile | None = None
) -> Fixed:
    """Apply all fixes that help, until none is left; each leaves fewer problems.

    Fixes that may change the spec's meaning are applied only if ``unsafe``. A fixed
    text is formatted, unless it still has syntax errors.
    """
    mender = _Mender(device, unsafe=unsafe)
    state = mender.compile(source, 0)
    for _ in range(ROUNDS):
        better = mender.all_at_once(state) or mender.one_by_one(state)
        if better is None:
            break
        state = better
    if state.count:
        source = state.source
        syntax = Diagnostics()
        document = parse(source, syntax)
        if not syntax.errors and can_format(source.name):
            source = SourceFile(source.name, format_document(document))
    # Fixes and the formatter moved statements, and counting had a limit: check again.
    report = Diagnostics()
    compile_spec(source, report, "place", device, mender.cache)
    return Fixed(source, state.count, report)


class _Mender:
    """Applies fixes as long as they leave fewer problems."""

    def __init__(self, device: Profile | None, *, unsafe: bool) -> None:
        self.cache = PlanCache()
        self._unsafe = unsafe
        self._device = device
        self._characters_left = MOST_READ

    def compile(self, source: SourceFile, count: int) -> Fixed:
        """Return the problems of a spec after a number of fixes."""
        report = Diagnostics(MOST_COUNTED)
        compilation = compile_spec(source, report, "place", self._device, self.cache)
        read = completed(compilation.document).statements
        unread = sum(each.broken or each.kind.text not in KINDS for each in read)
        return Fixed(source, count, report, unread)

    def all_at_once(self, state: Fixed) -> Fixed | None:
        """Apply all fixes; return None unless each fix removes a problem."""
        fixes = self._fixes(state.report.diagnostics)
        if not fixes:
            return None
        after = self._after(state, fixes)
        problems = len(state.report.diagnostics) - (after.count - state.count)
        helped = len(after.report.diagnostics) <= problems
        return after if helped and after.report.errors <= state.report.errors else None

    def one_by_one(self, state: Fixed) -> Fixed | None:
        """Apply each fix that helps, last first, to keep earlier positions valid."""
        start = state
        fixes = self._fixes(state.report.diagnostics)
        changed = len(state.source.text) + 1
        for fix in sorted(fixes, key=lambda fix: fix.span.start, reverse=True):
            if self._characters_left > 0 and fix.span.end < changed:
                better = self._with(state, fix)
                state, changed = better or (state, changed)
        return None if state is start else state

    def _with(self, state: Fixed, fix: Fix) -> tuple[Fixed, int] | None:
        """Apply a fix, and fixes of revealed problems; also return the first change.

        Return None if this doesn't help.
        """
        # Known problems, with their positions before and after the fix.
        known = {(d.code, d.span.start) for d in state.report.diagnostics}
        moved = len(fix.replacement) - (fix.span.end - fix.span.start)
        known |= {(code, at + moved) for code, at in known if at >= fix.span.end}
        fixes = [fix]
        changed = fix.span.start
        after = state
        while fixes and self._characters_left > 0:
            self._characters_left -= len(state.source.text)
            changed = min(changed, *(f.span.start for f in fixes))
            after = self._after(after, fixes)
            if after.badness < state.badness:
                return after, changed
            fixes = self._fixes(
                problem
                for problem in after.report.diagnostics
                if (problem.code, problem.span.start) not in known
            )
        return None

    def _fixes(self, diagnostics: Iterable[Diagnostic]) -> list[Fix]:
        fixes = (diagnostic.fix for diagnostic in diagnostics)
        return [f for f in fixes if f is not None and (self._unsafe or not f.unsafe)]

    def _after(self, state: Fixed, fixes: list[Fix]) -> Fixed:
        text, applied = apply_fixes(state.source.text, fixes)
        return self.compile(SourceFile(state.source.name, text), state.count + applied)
