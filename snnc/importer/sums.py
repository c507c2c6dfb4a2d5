"""Several terms that one kernel reads: how their sources lie side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from snnc.importer.fitting import Fitted, fit, fit_more, united
from snnc.importer.linear import Shape, Term
from snnc.importer.traits import shift_of
from snnc.importer.walk import Walk


def places_of(terms: Iterable[Term]) -> list[Shape]:
    """Return the spatial shapes of the sources, each once."""
    return list(dict.fromkeys(term.read[:-1] for term in terms))


def distinct(terms: Iterable[Term]) -> tuple[str, ...]:
    """Return the sources, each once, in their order."""
    return tuple(dict.fromkeys(term.source for term in terms))


def widths(terms: Sequence[Term]) -> Iterable[int]:
    """Return the channels of each source."""
    return {term.source: term.read[-1] for term in terms}.values()


def source_of(walk: Walk, owner: str, terms: Sequence[Term]) -> str:
    """Return the one source of terms, or a statement that joins theirs."""
    sources = distinct(terms)
    if len(sources) == 1:
        return sources[0]
    shape = (*terms[0].read[:-1], sum(widths(terms)))
    return walk.join(owner, sources, shape)


def kernel_of(walk: Walk, terms: Sequence[Term], is_beside: bool) -> Fitted | None:
    """Return the kernel that reads all of several terms, or None."""
    windows = [term.windows() for term in terms]
    known = [found for found in windows if found is not None]
    if len(known) < len(windows) or len(places_of(terms)) > 1:
        return None
    both = united(known)
    if both is None:
        return None
    fitted = fit(both, causal=_may_be_causal(walk, terms))
    if fitted is None and not is_beside and shift_of(terms) != "place":
        fitted = fit_more(both)
    if fitted is None or (
        fitted.is_padded and not all(walk.is_even(term.source) for term in terms)
    ):
        return None
    return fitted


def _may_be_causal(walk: Walk, terms: Sequence[Term]) -> bool:
    """Whether a kernel may be a `conv1d`'s: no encoder's, nor of each channel alone."""
    if any(walk.reads_input(term.source) for term in terms):
        return False
    groups = groups_of(walk, terms)
    return groups == 1 or groups < terms[0].read[-1]


def groups_of(walk: Walk, terms: Sequence[Term]) -> int:
    """Return how many groups of channels a kernel has.

    What encodes the input gives each sign a channel, so that those of a group are
    apart, or is a full convolution itself.
    """
    if len(terms) != 1 or walk.reads_input(terms[0].source):
        return 1
    found = terms[0].groups()
    return found if found > 1 else 1


def size_of(terms: Iterable[Term], units: int) -> int:
    """Return how many weights a matrix has that reads the sources of terms."""
    sources = {term.source: term.read for term in terms}
    return units * sum(map(prod, sources.values()))
