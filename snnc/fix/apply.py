"""Fixes to text."""

from __future__ import annotations

from collections.abc import Iterable

from snnc.diagnostics import Fix


def apply_fixes(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """Replace the spans of fixes; of those that overlap or touch, the first wins.

    Returns
    -------
    str
        The new text.
    int
        How many fixes were applied.
    """
    pieces: list[str] = []
    end, applied = 0, 0
    for fix in sorted(fixes, key=lambda fix: (fix.span.start, fix.span.end)):
        if applied and fix.span.start <= end:
            continue
        pieces += [text[end : fix.span.start], fix.replacement]
        end = fix.span.end
        applied += 1
    return "".join([*pieces, text[end:]]), applied
