"""Averages that stand as statements, where the compiler may fold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from snnc.importer.fitting import fit, fit_more
from snnc.importer.linear import Term
from snnc.importer.walk import Walk


def pooled_all(walk: Walk, terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return terms whose first averages are statements, where they may be."""
    return tuple(pooled(walk, term) or term for term in terms)


def pooled(walk: Walk, term: Term) -> Term | None:
    """Return a term that reads an `avgpool` statement, where it may; else None.

    The compiler folds a pool into its reader; below `same` padding that is exact only
    where windows share the axis out.
    """
    if not term.steps or not term.steps[0].is_pool:
        return None
    mean, rest = term.steps[0], replace(term, steps=term.steps[1:])
    sizes = tuple(window.places for window in mean.windows)
    found = replace(rest, source=mean.layer, read=(*sizes, term.read[-1]))
    if not found.is_matrix:
        windows = found.windows()
        fitted = None if windows is None else fit(windows) or fit_more(windows)
        if fitted is None:
            return None
        is_even = all(
            window.taps == window.stride and window.size % window.taps == 0
            for window in mean.windows
        )
        if (fitted.is_padded and not is_even) or found.shifts_at() == "place":
            return None
    key = walk.pool(term.source, mean)
    return replace(found, source=key)
