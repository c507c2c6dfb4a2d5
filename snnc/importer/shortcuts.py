"""Which terms of a sum a shortcut adds, besides the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.importer.draft import INPUT
from snnc.importer.linear import Shape, Term
from snnc.importer.sums import places_of, widths
from snnc.importer.walk import Walk


def identity(
    walk: Walk, terms: Sequence[Term], shape: Shape, units: int
) -> Term | None:
    """Return the term that a shortcut without weights adds, or None."""
    if len(terms) < 2 or units > 1:
        return None
    for term in terms:
        is_own = walk.is_plain_input if term.source == INPUT else True
        others = [t for t in terms if t.source == term.source]
        if not term.steps and term.read == shape and is_own and len(others) == 1:
            return term
    return None


def projected(terms: list[Term], shape: Shape) -> tuple[list[Term], tuple[Term, ...]]:
    """Return the terms of the kernel, and those of a shortcut of kernel 1."""
    for places in places_of(terms):
        beside = [term for term in terms if term.read[:-1] == places]
        joined = (*places, sum(widths(beside)))
        if joined != shape and all(_is_projection(term, shape) for term in beside):
            rest = [term for term in terms if term not in beside]
            return rest, tuple(beside)
    return terms, ()


def _is_projection(term: Term, shape: Shape) -> bool:
    windows = term.windows()
    if windows is None or term.shifts_at() == "place":
        return False
    sizes = zip(windows, shape[:-1], strict=True)
    return all(
        window.taps == 1
        and window.before == 0
        and (window.stride == -(-window.size // target) or window.size == 1)
        and -(-window.size // window.stride) == target
        for window, target in sizes
    )


def apart(
    terms: tuple[Term, ...], shape: Shape
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Return the terms of a dense layer's kernel, and those of its shortcut."""
    for places in places_of(terms):
        beside = tuple(term for term in terms if term.read[:-1] == places)
        channels = sum(widths(beside))
        if (*places, channels) != shape:
            return tuple(term for term in terms if term not in beside), beside
    return terms, ()
