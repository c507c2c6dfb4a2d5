"""Place neurons: turn a sum of terms into statements of the spec.

A layer of neurons has one kernel, and may have a shortcut. If padding between two steps
makes a single kernel impossible, the term is split. Neurons then keep the value before
the split: one neuron per value, or two if the value may be below 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import (
    RELU,
    SIGNED,
    Kind,
    StatementDraft,
    Unit,
    Value,
    plain,
)
from snnc.importer.fitting import Fitted, cuts_of
from snnc.importer.linear import AxisWindow, Shape, Term, per_channel
from snnc.importer.state import ConversionState
from snnc.importer.sums import (
    bias_of,
    distinct,
    ends_in_norm,
    groups_of,
    identity,
    is_projection,
    kernel_of,
    l2_of,
    name_of,
    places_of,
    pooled,
    pooled_all,
    shift_of,
    source_of,
    split_shortcut,
)

POSITIVE = ("mean", "embed", "select", "window", "edge mean", "unroll")
"""Steps whose output is never negative if their input is never negative."""
EDGE = "its kernel differs at each edge of an image, which only a matrix can express"
BORDER = "no single kernel can express its padding, since each step pads its own border"


class UnfitError(RefusedLayerError):
    """Raised if no statements can compute a value; ``layer`` is the cause, if known."""

    def __init__(self, why: str, layer: str = "") -> None:
        super().__init__(why)
        self.layer = layer


@contextmanager
def advising(remedy: str) -> Iterator[None]:
    """Give advice to the user if no statements can compute a value."""
    try:
        yield
    except UnfitError as error:
        raise RefusedLayerError(str(error), remedy) from error


def add_relu(
    state: ConversionState, owner: str, value: Value, units: tuple[Unit, ...] = RELU
) -> Value:
    """Add neurons that compute an activation, and return their output.

    Parameters
    ----------
    owner :
        The layer that contains the activation. The neurons are named after it, unless
        they have a kernel from another layer.
    units :
        The neurons of each value.

    Returns
    -------
    Value
        The output of all neurons; the neurons of a value are consecutive channels.

    Raises
    ------
    UnfitError
        If no kernel over spikes computes the value.
    """
    if value.flat:
        raise UnfitError(
            "a batch norm over a flat vector comes without a kernel before it"
        )
    draft = _dense(state, owner, value, units)
    if draft is None:
        draft = _convolution(state, owner, value, units)
    state.add(draft)
    state.tell_draft(draft)
    shape = (*value.shape[:-1], draft.shape[-1])
    term = Term(draft.layer, draft.shape)
    if draft.shape != shape:  # skip the positions that only extra padding creates
        axes = zip(draft.shape[:-1], draft.skip, shape[:-1], strict=True)
        windows = tuple(AxisWindow(n, 1, 1, -skip, places) for n, skip, places in axes)
        term = term.then(per_channel("window", owner, shape, windows))
    return Value((term,), shape, value.view, is_positive=True)


def identity_neurons(state: ConversionState, owner: str, value: Value) -> Value:
    """Add neurons that keep a value: one per number, or two if it may be below 0."""
    known = state.kept.get(value.terms)
    if known is not None:
        return known
    units = RELU if value.is_positive else SIGNED
    fired = add_relu(state, owner, value, units)
    if units is SIGNED:
        fired = mix(fired, owner, value, units)
    state.kept[value.terms] = fired
    return fired


def mix(fired: Value, owner: str, value: Value, units: tuple[Unit, ...]) -> Value:
    """Return the sum of each value's neurons, multiplied by their gains."""
    gains = tuple(unit.gain for unit in units)
    step = per_channel("mix", owner, value.shape, factors=gains)
    return fired.then(replace(step, read=fired.terms[0].read[-1]))


def readout(state: ConversionState, name: str, value: Value) -> StatementDraft:
    """Return the draft of a readout that is a matrix.

    Raises
    ------
    UnfitError
        See `add_relu`.
    """
    terms = _alike(state, name, pooled_all(state, value.terms), value.shape)
    return _draft_readout(state, name, value, terms)


def readout_image(
    state: ConversionState, name: str, value: Value
) -> StatementDraft | None:
    """Return the draft of a convolution on the host, or None if it must be a matrix."""
    if len(value.shape) not in (2, 3) or value.view != plain(len(value.shape)):
        return None
    terms = pooled_all(state, value.terms)
    if any(term.is_matrix or cuts_of(term) != () for term in terms):
        return None
    fitted = kernel_of(state, terms, is_beside=False)
    if fitted is None or fitted.upscale or any(fitted.skip):
        return None
    is_plain = set(fitted.dilation) == {1} and fitted.padding != "causal"
    if not is_plain or shift_of(terms) == "place":
        return None
    return _draft_readout(state, name, value, terms, **fitted.properties())


def _draft_readout(
    state: ConversionState,
    name: str,
    value: Value,
    terms: tuple[Term, ...],
    **kernel: Any,
) -> StatementDraft:
    return StatementDraft(
        layer=state.free(name),
        kind="readout",
        sources=(source_of(state, name, terms),),
        shape=value.shape,
        main=terms,
        reads=distinct(terms),
        bias="on" if shift_of(terms) != "none" else "off",
        l2=l2_of(state, terms),
        **kernel,
    )


def _dense(
    state: ConversionState, owner: str, value: Value, units: tuple[Unit, ...]
) -> StatementDraft | None:
    """Return a draft of neurons without spatial axes, or None."""
    if len(value.shape) > 1:
        return None
    terms = pooled_all(state, value.terms)
    shape = (value.shape[0] * len(units),)
    beside: tuple[Term, ...] = ()
    if len(places_of(terms)) > 1:
        terms, beside = split_shortcut(terms, shape, lambda term: True)
        terms = _alike(state, owner, terms, value.shape)
    shortcut = source_of(state, f"{owner}_beside", beside) if beside else None
    dense = _draft_neurons(state, owner, "dense", shape, terms, beside, units)
    return replace(dense, shortcut=shortcut, is_learned=bool(beside))


def _convolution(
    state: ConversionState, owner: str, value: Value, units: tuple[Unit, ...]
) -> StatementDraft:
    if any(term.is_matrix for term in value.terms):
        raise UnfitError("a vector is not an image")
    terms = [_exact(state, owner, term) for term in value.terms]
    shape = (*value.shape[:-1], value.shape[-1] * len(units))
    same = identity(state, terms, value.shape, len(units))
    beside: tuple[Term, ...] = (same,) if same is not None else ()
    rest = tuple(term for term in terms if term not in beside)
    if not beside and len(places_of(rest)) > 1:
        projects = partial(is_projection, shape=shape)
        rest, beside = split_shortcut(rest, shape, projects)
    main, fitted = _one_kernel(state, owner, rest, value.shape, bool(beside))
    shape = (*fitted.places, shape[-1])
    conv = _draft_neurons(state, owner, "conv", shape, main, beside, units)
    return replace(
        conv,
        **fitted.properties(),
        groups=1 if fitted.upscale else groups_of(state, main),
        shortcut=source_of(state, f"{owner}_beside", beside) if beside else None,
        is_learned=bool(beside) and same is None,
    )


def _draft_neurons(
    state: ConversionState,
    owner: str,
    kind: Kind,
    shape: Shape,
    main: tuple[Term, ...],
    beside: tuple[Term, ...],
    units: tuple[Unit, ...],
) -> StatementDraft:
    """Return a draft without its kernel and its shortcut."""
    return StatementDraft(
        layer=name_of(state, owner, main),
        kind=kind,
        sources=(source_of(state, owner, main),),
        shape=shape,
        main=main,
        beside=beside,
        reads=distinct(main),
        units=units,
        bias=bias_of(main, beside, units),
        batchnorm=ends_in_norm(main),
        l2=l2_of(state, main),
    )


def _exact(state: ConversionState, owner: str, term: Term) -> Term:
    """Return a term that is one kernel; neurons compute its first steps if necessary.

    Raises
    ------
    UnfitError
        If the term can't be split into kernels.
    """
    while (folded := pooled(state, term)) is not None:
        term = folded
    for step in term.steps:
        if not step.is_uniform:
            raise UnfitError(EDGE, step.layer)
    cuts = cuts_of(term)
    if cuts is None:
        raise UnfitError(BORDER)
    readers = [*(term.steps[cut - 1].layer for cut in cuts[1:]), owner]
    begun, done = replace(term, steps=()), 0
    for cut, reader in zip(cuts, readers, strict=False):
        part = replace(begun, steps=(*begun.steps, *term.steps[done:cut]))
        begun, done = _keep_value(state, reader, part), cut
    return replace(begun, steps=(*begun.steps, *term.steps[done:]))


def _keep_value(state: ConversionState, owner: str, part: Term) -> Term:
    """Add neurons that keep the value of a term that ``owner`` reads."""
    shape = (*part.sizes(len(part.steps)), part.channels)
    is_above = not state.reads_input(part.source) or state.seen[0] >= 0
    is_positive = is_above and all(step.op in POSITIVE for step in part.steps)
    last = part.steps[-1].layer
    value = Value((part,), shape, is_positive=is_positive)
    (begun,) = identity_neurons(state, last, value).terms
    count = "a neuron" if is_positive else "two neurons"
    state.layers[last].rewrite(
        f"{count} for each of its values, because no single kernel includes the border "
        f"of zeros between this layer and `{owner}`"
    )
    return begun


def _alike(
    state: ConversionState, owner: str, terms: tuple[Term, ...], shape: Shape
) -> tuple[Term, ...]:
    """Return terms whose sources have equal spatial shapes, to join them."""
    places = places_of(terms)
    if len(places) == 1:
        return terms
    alike: list[Term] = []
    for number, term in enumerate(terms):
        if len(term.read) == 1:
            alike.append(term)
            continue
        value = Value((term,), shape)
        alike += identity_neurons(state, f"{owner}_{number}", value).terms
    return tuple(alike)


def _one_kernel(
    state: ConversionState,
    owner: str,
    terms: Sequence[Term],
    shape: Shape,
    is_beside: bool,
) -> tuple[tuple[Term, ...], Fitted]:
    """Return terms that a single kernel can read, and this kernel.

    If one kernel can't read all sources, neurons keep the sums of the other terms.
    """
    groups: list[list[Term]] = []
    for term in terms:
        joined = (g for g in groups if kernel_of(state, [*g, term], is_beside))
        near = next(joined, None)
        if near is None:
            groups.append([term])
        else:
            near.append(term)
    groups.sort(key=lambda group: group[0].read[:-1] != shape[:-1])

    def keep(group: list[Term], suffix: object) -> tuple[Term, ...]:
        value = Value(tuple(group), shape)
        return identity_neurons(state, f"{owner}_{suffix}", value).terms

    main, others = groups[0], groups[1:]
    rest = [term for n, group in enumerate(others) for term in keep(group, n)]
    fitted = kernel_of(state, [*main, *rest], is_beside)
    if fitted is None and others:
        main = list(keep(main, "first"))
        fitted = kernel_of(state, [*main, *rest], is_beside)
    if fitted is None:
        raise UnfitError("no single kernel computes the values that it adds")
    return (*main, *rest), fitted
