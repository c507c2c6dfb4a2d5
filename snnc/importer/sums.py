"""Find the kernel, shortcut, pools, bias, norm and name for a sum of terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from snnc.importer.draft import INPUT, Bias, Unit
from snnc.importer.fitting import Fitted, fit, fit_more, united
from snnc.importer.linear import Shape, Term
from snnc.importer.state import ConversionState


def places_of(terms: Iterable[Term]) -> list[Shape]:
    """Return the distinct spatial shapes of the sources."""
    return list(dict.fromkeys(term.read[:-1] for term in terms))


def distinct(terms: Iterable[Term]) -> tuple[str, ...]:
    """Return the distinct sources, in order."""
    return tuple(dict.fromkeys(term.source for term in terms))


def widths(terms: Sequence[Term]) -> Iterable[int]:
    """Return the number of channels of each source."""
    return {term.source: term.read[-1] for term in terms}.values()


def source_of(state: ConversionState, owner: str, terms: Sequence[Term]) -> str:
    """Return the source of terms, or the statement that joins several sources."""
    sources = distinct(terms)
    if len(sources) == 1:
        return sources[0]
    shape = (*terms[0].read[:-1], sum(widths(terms)))
    return state.join(owner, sources, shape)


def kernel_of(
    state: ConversionState, terms: Sequence[Term], is_beside: bool
) -> Fitted | None:
    """Return the kernel that reads several terms together, or None."""
    windows = [term.windows() for term in terms]
    known = [found for found in windows if found is not None]
    if len(known) < len(windows) or len(places_of(terms)) > 1:
        return None
    both = united(known)
    if both is None:
        return None
    fitted = fit(both, causal=_may_be_causal(state, terms))
    if fitted is None and not is_beside and shift_of(terms) != "place":
        fitted = fit_more(both)
    if fitted is None or (
        fitted.is_padded and not all(state.is_even(term.source) for term in terms)
    ):
        return None
    return fitted


def _may_be_causal(state: ConversionState, terms: Sequence[Term]) -> bool:
    """Return whether a `conv1d` may read terms: no encoder, and not depthwise."""
    if any(state.reads_input(term.source) for term in terms):
        return False
    groups = groups_of(state, terms)
    return groups == 1 or groups < terms[0].read[-1]


def groups_of(state: ConversionState, terms: Sequence[Term]) -> int:
    """Return how many groups of channels a kernel has.

    A kernel that reads the input has one group: an encoder either splits each channel
    by sign, which separates the channels of a group, or is itself a full convolution.
    """
    if len(terms) != 1 or state.reads_input(terms[0].source):
        return 1
    groups = terms[0].groups()
    return groups if groups > 1 else 1


def shift_of(terms: Iterable[Term]) -> str:
    """Return how terms add a shift: ``none``, per ``channel`` or per ``place``."""
    shifts = {term.shifts_at() for term in terms}
    return next((kind for kind in ("place", "channel") if kind in shifts), "none")


def bias_of(
    main: Sequence[Term], beside: Sequence[Term], units: tuple[Unit, ...]
) -> Bias:
    """Return the kind of a statement's bias; a batch norm includes a bias."""
    terms = [*main, *beside]
    if shift_of(terms) == "place":
        return "neuron"
    if ends_in_norm(main):
        terms[0] = replace(main[0], steps=main[0].steps[:-1])
    shift = shift_of(terms)
    return "on" if shift == "channel" or any(unit.shift for unit in units) else "off"


def l2_of(state: ConversionState, terms: Iterable[Term]) -> float:
    """Return the L2 factor of the last kernel."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    return state.l2.get(layers[-1], 0.0) if layers else 0.0


def ends_in_norm(main: Sequence[Term]) -> bool:
    """Return whether a kernel ends in a batch norm, which training keeps."""
    if len(main) != 1 or not main[0].steps or main[0].steps[-1].op != "norm":
        return False
    return any(step.is_kernel for step in main[0].steps)


def name_of(state: ConversionState, owner: str, terms: Sequence[Term]) -> str:
    """Return the name of the last kernel's layer, if no statement has this name yet."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    for name in (*layers[::-1], owner):
        if name not in state.drafts:
            return name
    return state.free(owner)


def identity(
    state: ConversionState, terms: Sequence[Term], shape: Shape, units: int
) -> Term | None:
    """Return the term that a shortcut without weights adds, or None."""
    if len(terms) < 2 or units > 1:
        return None
    for term in terms:
        is_own = state.is_plain_input if term.source == INPUT else True
        others = [t for t in terms if t.source == term.source]
        if not term.steps and term.read == shape and is_own and len(others) == 1:
            return term
    return None


def split_shortcut(
    terms: Sequence[Term], shape: Shape, fits: Callable[[Term], bool]
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Return the terms of a kernel, and of a shortcut whose terms all fit."""
    for places in places_of(terms):
        beside = tuple(term for term in terms if term.read[:-1] == places)
        if (*places, sum(widths(beside))) != shape and all(map(fits, beside)):
            return tuple(term for term in terms if term not in beside), beside
    return tuple(terms), ()


def is_projection(term: Term, shape: Shape) -> bool:
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


def pooled_all(state: ConversionState, terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return terms whose first averages are statements, where possible."""
    return tuple(pooled(state, term) or term for term in terms)


def pooled(state: ConversionState, term: Term) -> Term | None:
    """Return a term that reads an `avgpool` statement, if possible; else None.

    The compiler folds a pool into its reader. Before `same` padding, this is exact only
    if the windows divide the axis evenly.
    """
    if not term.steps or not term.steps[0].is_pool:
        return None
    mean, rest = term.steps[0], replace(term, steps=term.steps[1:])
    sizes = tuple(window.places for window in mean.windows)
    reader = replace(rest, source=mean.layer, read=(*sizes, term.read[-1]))
    if not reader.is_matrix:
        windows = reader.windows()
        fitted = None if windows is None else fit(windows) or fit_more(windows)
        if fitted is None or fitted.upscale:
            return None
        is_even = all(
            window.taps == window.stride and window.size % window.taps == 0
            for window in mean.windows
        )
        if (fitted.is_padded and not is_even) or reader.shifts_at() == "place":
            return None
    key = state.pool(term.source, mean)
    return replace(reader, source=key)
