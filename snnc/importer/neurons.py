"""Where neurons stand: what a sum of terms becomes as statements of the spec.

A layer of neurons reads one kernel, and a shortcut besides. What is no one kernel,
since a border lies between two of its steps, is cut: neurons keep what stands before
the cut, two for each value that may be below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod

from snnc.importer.draft import INPUT, RELU, SIGNED, Bias, Draft, Unit, Value
from snnc.importer.fitting import Fitted, fit, fit_more, united
from snnc.importer.linear import Shape, Step, Term, Window, point
from snnc.importer.walk import Walk

POSITIVE = ("mean", "embed", "window", "edge mean", "unroll")
"""Steps that leave values from 0 up as they are in that."""
EDGE = "it is another kernel at each edge of an image, which only a matrix can have"
BORDER = "no one kernel pads as its steps do, each at its own border"


class UnfitError(Exception):
    """A value that no statements compute; says why, and whose fault it is if known."""

    def __init__(self, why: str, layer: str = "") -> None:
        super().__init__(why)
        self.layer = layer


def fire(walk: Walk, owner: str, value: Value, units: tuple[Unit, ...] = RELU) -> Value:
    """Let neurons fire what an activation makes of a value.

    Parameters
    ----------
    owner :
        The layer of the activation, after which they are named if no kernel is theirs.
    units :
        The neurons of each value.

    Returns
    -------
    Value
        What all of them fire, a value's neurons side by side.

    Raises
    ------
    UnfitError
        If the value is no kernel of what spikes.
    """
    if value.flat:
        raise UnfitError("a batch norm over a flat vector has no kernel before it")
    draft = _dense(walk, owner, value, units)
    if draft is None:
        draft = _convolution(walk, owner, value, units)
    walk.add(draft)
    walk.tell_draft(draft)
    shape = (*value.shape[:-1], draft.shape[-1])
    term = Term(draft.layer, draft.shape)
    if draft.shape != shape:
        term = replace(term, steps=(_skipping(owner, draft, shape),))
    return Value((term,), shape, value.view, is_positive=True)


def _skipping(owner: str, draft: Draft, shape: Shape) -> Step:
    """Return the step that leaves out places that only the padding of a kernel has."""
    axes = zip(draft.shape[:-1], draft.skip, shape[:-1], strict=True)
    windows = tuple(Window(size, 1, 1, -skip, places) for size, skip, places in axes)
    channels = shape[-1]
    return Step("window", owner, windows, channels, channels, groups=channels)


def kept(walk: Walk, owner: str, value: Value) -> Value:
    """Return a value as neurons keep it: one each, or two if it may be below 0."""
    known = walk.kept.get(value.terms)
    if known is not None:
        return known
    units = RELU if value.is_positive else SIGNED
    found = fire(walk, owner, value, units)
    if units is SIGNED:
        found = mixed(found, owner, value, (1.0, -1.0))
    walk.kept[value.terms] = found
    return found


def mixed(fired: Value, owner: str, value: Value, gains: tuple[float, ...]) -> Value:
    """Return the sum of each value's neurons, each times its gain."""
    (term,) = fired.terms
    channels = value.shape[-1]
    step = Step(
        "mix",
        owner,
        tuple(map(point, value.shape[:-1])),
        term.read[-1],
        channels,
        groups=channels,
        factors=gains,
    )
    terms = (replace(term, steps=(*term.steps, step)),)
    return replace(value, terms=terms, is_alone=False)


def readout(walk: Walk, name: str, value: Value) -> Draft:
    """Return the draft of a matrix on the host, which has no shortcut.

    Raises
    ------
    UnfitError
        As `fire`.
    """
    terms = _alike(walk, name, _pooled_all(walk, value.terms), value.shape)
    source = _source(walk, name, terms)
    return Draft(
        layer=walk.free(name),
        kind="readout",
        sources=(source,),
        shape=value.shape,
        main=terms,
        reads=_distinct(terms),
        bias="on" if _shift(terms) != "none" else "off",
        l2=_l2(walk, terms),
    )


def _dense(
    walk: Walk, owner: str, value: Value, units: tuple[Unit, ...]
) -> Draft | None:
    """Return a draft whose neurons lie in no space, or None."""
    if len(value.shape) > 1:
        return None
    terms = _pooled_all(walk, value.terms)
    shape = (value.shape[0] * len(units),)
    beside: tuple[Term, ...] = ()
    if len(_places(terms)) > 1:
        terms, beside = _apart(terms, shape)
        terms = _alike(walk, owner, terms, value.shape)
    shortcut = _source(walk, f"{owner}_beside", beside) if beside else None
    return Draft(
        layer=_name(walk, owner, terms),
        kind="dense",
        sources=(_source(walk, owner, terms),),
        shape=shape,
        main=terms,
        beside=beside,
        reads=_distinct(terms),
        units=units,
        bias=_bias(terms, beside, units),
        batchnorm=_ends_in_norm(terms),
        l2=_l2(walk, terms),
        shortcut=shortcut,
        is_learned=bool(beside),
    )


def _convolution(
    walk: Walk, owner: str, value: Value, units: tuple[Unit, ...]
) -> Draft:
    if any(term.is_matrix for term in value.terms):
        raise UnfitError("a vector is no image")
    terms = [_exact(walk, owner, term) for term in value.terms]
    shape = (*value.shape[:-1], value.shape[-1] * len(units))
    identity = _identity(walk, terms, value.shape, len(units))
    beside: tuple[Term, ...] = (identity,) if identity is not None else ()
    rest = [term for term in terms if term not in beside]
    if not beside and len(_places(rest)) > 1:
        rest, beside = _projected(rest, shape)
    main, fitted = _one_kernel(walk, owner, rest, value.shape, bool(beside))
    shape = (*fitted.places, shape[-1])
    return Draft(
        layer=_name(walk, owner, main),
        kind="conv",
        sources=(_source(walk, owner, main),),
        shape=shape,
        main=main,
        beside=beside,
        reads=_distinct(main),
        kernel=fitted.kernel,
        stride=fitted.stride,
        padding=fitted.padding,
        dilation=fitted.dilation,
        before=fitted.before,
        skip=fitted.skip,
        groups=_groups(walk, main),
        units=units,
        bias=_bias(main, beside, units),
        batchnorm=_ends_in_norm(main),
        l2=_l2(walk, main),
        shortcut=_source(walk, f"{owner}_beside", beside) if beside else None,
        is_learned=bool(beside) and identity is None,
    )


def _exact(walk: Walk, owner: str, term: Term) -> Term:
    """Return a term as one kernel of a source, or of neurons that keep its first steps.

    Raises
    ------
    UnfitError
        If there is no such cut.
    """
    pooled = _pooled(walk, term)
    if pooled is not None:
        return _exact(walk, owner, pooled)
    if _is_exact(term, 0):
        return term
    for step in term.steps:
        if not step.is_uniform:
            raise UnfitError(EDGE, step.layer)
    for cut in range(len(term.steps) - 1, 0, -1):
        if _is_exact(term, cut) and _is_possible(term, cut):
            return _cut(walk, owner, term, cut)
    raise UnfitError(BORDER)


def _is_exact(term: Term, first: int) -> bool:
    windows = term.windows(first)
    if windows is None:
        return False
    if fit(windows) is not None:
        return True
    # Of places that nothing reads, a bias by place knows nothing.
    return fit_more(windows) is not None and term.shifts_at(first) != "place"


def _is_possible(term: Term, stop: int) -> bool:
    """Whether the first steps of a term are kernels, with or without a cut."""
    part = replace(term, steps=term.steps[:stop])
    return _is_exact(part, 0) or any(
        _is_exact(part, cut) and _is_possible(part, cut)
        for cut in range(stop - 1, 0, -1)
    )


def _cut(walk: Walk, owner: str, term: Term, cut: int) -> Term:
    """Let neurons keep what the first steps of a term give."""
    part = replace(term, steps=term.steps[:cut])
    channels = part.channels
    positive = all(step.op in POSITIVE for step in part.steps)
    value = Value(
        (part,),
        (*term.sizes(cut), channels),
        is_positive=positive and _is_above(walk, part),
    )
    last = part.steps[-1].layer
    (begun,) = kept(walk, last, value).terms
    walk.tell_kept(last, owner, value.is_positive)
    return replace(begun, steps=(*begun.steps, *term.steps[cut:]))


def _is_above(walk: Walk, term: Term) -> bool:
    """Whether a source is never below 0."""
    return not walk.reads_input(term.source) or walk.seen[0] >= 0


def _pooled_all(walk: Walk, terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(_pooled(walk, term) or term for term in terms)


def _pooled(walk: Walk, term: Term) -> Term | None:
    """Return a term that reads an `avgpool` statement, where it may; else None.

    The compiler folds a pool into its reader; below `same` padding that is exact only
    where windows share the axis out.
    """
    if not term.steps or term.steps[0].op != "mean":
        return None
    mean, rest = term.steps[0], replace(term, steps=term.steps[1:])
    if any(window.pads or window.before for window in mean.windows):
        return None
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


def _identity(
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


def _projected(terms: list[Term], shape: Shape) -> tuple[list[Term], tuple[Term, ...]]:
    """Return the terms of the kernel, and those of a shortcut of kernel 1."""
    for places in _places(terms):
        beside = [term for term in terms if term.read[:-1] == places]
        joined = (*places, sum(_widths(beside)))
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


def _apart(
    terms: tuple[Term, ...], shape: Shape
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Return the terms of a dense layer's kernel, and those of its shortcut."""
    for places in _places(terms):
        beside = tuple(term for term in terms if term.read[:-1] == places)
        channels = sum(_widths(beside))
        if (*places, channels) != shape:
            return tuple(term for term in terms if term not in beside), beside
    return terms, ()


def _widths(terms: Sequence[Term]) -> Iterable[int]:
    return {term.source: term.read[-1] for term in terms}.values()


def _alike(
    walk: Walk, owner: str, terms: tuple[Term, ...], shape: Shape
) -> tuple[Term, ...]:
    """Return terms whose sources have equal places, so that they can be joined."""
    places = _places(terms)
    if len(places) == 1:
        return terms
    found: list[Term] = []
    for number, term in enumerate(terms):
        if len(term.read) == 1:
            found.append(term)
            continue
        value = Value((term,), shape)
        found += kept(walk, f"{owner}_{number}", value).terms
    return tuple(found)


def _one_kernel(
    walk: Walk, owner: str, terms: Sequence[Term], shape: Shape, is_beside: bool
) -> tuple[tuple[Term, ...], Fitted]:
    """Return terms that one kernel reads, and that kernel.

    Of sources that have no kernel together, neurons keep the sum of what those give
    that are laid out in another way.
    """
    groups: list[list[Term]] = []
    for term in terms:
        near = next((g for g in groups if _fits(walk, [*g, term], is_beside)), None)
        if near is None:
            groups.append([term])
        else:
            near.append(term)
    groups.sort(key=lambda group: group[0].read[:-1] != shape[:-1])
    main = list(groups[0])
    for number, group in enumerate(groups[1:]):
        value = Value(tuple(group), shape)
        main += kept(walk, f"{owner}_{number}", value).terms
    fitted = _fits(walk, main, is_beside)
    if fitted is None and len(groups) > 1:
        first = kept(walk, f"{owner}_first", Value(tuple(groups[0]), shape)).terms
        main = [*first, *main[len(groups[0]) :]]
        fitted = _fits(walk, main, is_beside)
    if fitted is None:
        raise UnfitError("what it adds has no one kernel")
    return tuple(main), fitted


def _fits(walk: Walk, terms: Sequence[Term], is_beside: bool) -> Fitted | None:
    """Return the kernel that reads all of several terms, or None."""
    windows = [term.windows() for term in terms]
    known = [found for found in windows if found is not None]
    if len(known) < len(windows) or len(_places(terms)) > 1:
        return None
    both = united(known)
    if both is None:
        return None
    fitted = fit(both, causal=_may_be_causal(walk, terms))
    if fitted is None and not is_beside and _shift(terms) != "place":
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
    groups = _groups(walk, terms)
    return groups == 1 or groups < terms[0].read[-1]


def _places(terms: Iterable[Term]) -> list[Shape]:
    return list(dict.fromkeys(term.read[:-1] for term in terms))


def _distinct(terms: Iterable[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.source for term in terms))


def _source(walk: Walk, owner: str, terms: Sequence[Term]) -> str:
    """Return the one source of terms, or a statement that joins theirs."""
    sources = _distinct(terms)
    if len(sources) == 1:
        return sources[0]
    shape = (*terms[0].read[:-1], sum(_widths(terms)))
    return walk.join(owner, sources, shape)


def _groups(walk: Walk, terms: Sequence[Term]) -> int:
    """Return how many groups of channels a kernel has.

    What encodes the input gives each sign a channel, so that those of a group are
    apart, or is a full convolution itself.
    """
    if len(terms) != 1 or walk.reads_input(terms[0].source):
        return 1
    found = terms[0].groups()
    return found if found > 1 else 1


def _shift(terms: Iterable[Term]) -> str:
    found = {term.shifts_at() for term in terms}
    return next((kind for kind in ("place", "channel") if kind in found), "none")


def _bias(
    main: Sequence[Term], beside: Sequence[Term], units: tuple[Unit, ...]
) -> Bias:
    """Return what bias a statement has; a batch norm of its own has one itself."""
    terms = [*main, *beside]
    if _shift(terms) == "place":
        return "neuron"
    if _ends_in_norm(main):
        terms[0] = replace(main[0], steps=main[0].steps[:-1])
    found = _shift(terms)
    return "on" if found == "channel" or any(unit.shift for unit in units) else "off"


def _l2(walk: Walk, terms: Iterable[Term]) -> float:
    """Return the penalty of the kernel that stands last."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    return walk.l2.get(layers[-1], 0.0) if layers else 0.0


def _ends_in_norm(main: Sequence[Term]) -> bool:
    if len(main) != 1 or not main[0].steps or main[0].steps[-1].op != "norm":
        return False
    return any(step.is_kernel for step in main[0].steps)


def _name(walk: Walk, owner: str, terms: Sequence[Term]) -> str:
    """Return the layer whose kernel stands last, if nothing else is named after it."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    for name in (*layers[::-1], owner):
        if name not in walk.drafts:
            return name
    return walk.free(owner)


def size_of(terms: Iterable[Term], units: int) -> int:
    """Return how many weights a matrix has that reads the sources of terms."""
    sources = {term.source: term.read for term in terms}
    return units * sum(map(prod, sources.values()))
