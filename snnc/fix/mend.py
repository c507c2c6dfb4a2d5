"""A spec with everything mended that can be mended without asking."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Fix, Report
from snnc.fix.apply import apply_fixes
from snnc.passes import compile_spec
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.formatted import can_format, formatted

# A mended word can bring another problem to light, but not endlessly.
ROUNDS = 10
MOST_ALONE = 100
"""So many fixes are tried one by one, where all at once do not help."""
MOST_COUNTED = 1_000
"""So many errors are counted, to tell whether fixes help."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The spec after the fixes, how many they were, and what is left to report."""

    source: SourceFile
    count: int
    report: Report


@dataclass(frozen=True, slots=True)
class _State(Mended):
    """As much as was mended so far; ``unread`` statements have a syntax error."""

    unread: int

    @property
    def badness(self) -> tuple[int, int, int]:
        return self.report.errors, self.unread, len(self.report.diagnostics)


def mend(source: SourceFile, unsafe: bool = False) -> Mended:
    """Apply the fixes of a spec's diagnostics that help, until none is left.

    Parameters
    ----------
    unsafe
        Apply also fixes that may change what the spec means.

    Returns
    -------
    Mended
        With the text as the formatter writes it, if something was fixed and the
        result has no syntax error; ``source`` itself if nothing was fixed. Of what
        was fixed fewer problems are left than there were.
    """
    state = _state(source, 0)
    for _ in range(ROUNDS):
        better = _all_at_once(state, unsafe) or _one_by_one(state, unsafe)
        if better is None:
            break
        state = better
    if state.count:
        source = _in_layout(state.source)
    return Mended(source, state.count, _checked(source))


def _checked(source: SourceFile) -> Report:
    report = Report()
    compile_spec(source, report, through="map")
    return report


def _state(source: SourceFile, count: int) -> _State:
    report = Report(MOST_COUNTED)
    parsed = compile_spec(source, report, through="map")["parse"]
    unread = sum(statement.broken for statement in parsed.statements)
    return _State(source, count, report, unread)


def _fixes(report: Report, unsafe: bool) -> list[Fix]:
    fixes = (diagnostic.fix for diagnostic in report.diagnostics)
    return [fix for fix in fixes if fix is not None and (unsafe or not fix.unsafe)]


def _after(state: _State, fixes: list[Fix]) -> _State:
    text, applied = apply_fixes(state.source.text, fixes)
    return _state(SourceFile(state.source.name, text), state.count + applied)


def _all_at_once(state: _State, unsafe: bool) -> _State | None:
    """Apply all fixes; None unless each of them leaves a problem less."""
    fixes = _fixes(state.report, unsafe)
    if not fixes:
        return None
    after = _after(state, fixes)
    problems = len(state.report.diagnostics) - (after.count - state.count)
    helped = len(after.report.diagnostics) <= problems
    return after if helped and after.report.errors <= state.report.errors else None


def _one_by_one(state: _State, unsafe: bool) -> _State | None:
    """Apply each fix that helps, the last one first: those before it stay in place."""
    start = state
    fixes = sorted(_fixes(state.report, unsafe), key=lambda fix: fix.span.start)
    changed = len(state.source.text) + 1
    for fix in fixes[-MOST_ALONE:][::-1]:
        if fix.span.end < changed and (found := _with(state, fix, unsafe)):
            state, changed = found
    return None if state is start else state


def _with(state: _State, fix: Fix, unsafe: bool) -> tuple[_State, int] | None:
    """Apply a fix, and those of what it brings to light; None if that is no help.

    Returns
    -------
    tuple
        The spec afterwards, and from where on its text is another.
    """
    known = _places(state, fix)
    after, changed = _after(state, [fix]), fix.span.start
    for _ in range(ROUNDS):
        if after.badness < state.badness:
            return after, changed
        found = after.report.diagnostics
        new = [d.fix for d in found if (d.code, d.span.start) not in known]
        fixes = [f for f in new if f is not None and (unsafe or not f.unsafe)]
        if not fixes:
            return None
        changed = min(changed, *(f.span.start for f in fixes))
        after = _after(after, fixes)
    return None


def _places(state: _State, fix: Fix) -> set[tuple[str, int]]:
    """The problems that are known, by code and place, before and after a fix."""
    found = {(d.code, d.span.start) for d in state.report.diagnostics}
    moved = len(fix.replacement) - (fix.span.end - fix.span.start)
    return found | {(code, at + moved) for code, at in found if at >= fix.span.end}


def _in_layout(source: SourceFile) -> SourceFile:
    report = Report()
    document = parse(source, report)
    if report.errors or not can_format(source.name):
        return source
    return SourceFile(source.name, formatted(document))
