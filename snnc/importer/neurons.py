"""Place neurons: turn a sum of terms into statements of the spec.

A layer of neurons has one kernel, and may have a shortcut. If padding between two steps
makes a single kernel impossible, the term is split. Neurons then keep the value before
the split: one neuron per value, or two if the value may be below 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import prod

from snnc.importer.builder import SpecBuilder
from snnc.importer.decisions import RefusedLayerError, Verdict
from snnc.importer.linear import (
    AxisWindow,
    Fitted,
    LinearStep,
    Shape,
    Term,
    Terms,
    Windows,
    all_known,
    cuts_of,
    fit,
    fit_more,
    is_projection,
    per_channel,
    shift_of,
    united,
)
from snnc.importer.values import (
    INPUT,
    NO_TRAINING,
    RELU,
    SIGNED,
    Bias,
    Kind,
    StatementDraft,
    Units,
    Value,
    plain,
)
from snnc.language.layers import TrainingProperties

POSITIVE = ("mean", "embed", "select", "window", "edge mean", "unroll")
"""Steps whose output is never negative if their input is never negative."""
EDGE = "its kernel differs at each edge of an image, which only a matrix can express"
BORDER = "no single kernel can express its padding, since each step pads its own border"


class UnfitError(RefusedLayerError):
    """Raised if no statements can compute a value."""


def add_relu(spec: SpecBuilder, owner: str, value: Value, units: Units = RELU) -> Value:
    """Add neurons that compute an activation, and return their output.

    ``units`` are the neurons of each value, which are consecutive channels. They are
    named after ``owner``, the layer that contains the activation, unless they have a
    kernel from another layer. Raise UnfitError if no kernel over spikes computes the
    value.
    """
    if value.flat_norms:
        raise UnfitError(
            "a batch norm over a flat vector comes without a kernel before it"
        )
    place = _convolution if len(value.shape) > 1 else _dense
    draft = place(spec, owner, value, units)
    fired = spec.add(draft, value.view)
    _tell_draft(spec, draft)
    shape = (*value.shape[:-1], draft.shape[-1])
    if draft.shape != shape:  # skip the positions that only extra padding creates
        axes = zip(draft.shape[:-1], draft.window.skip, shape[:-1], strict=True)
        windows = tuple(AxisWindow(n, 1, 1, -skip, places) for n, skip, places in axes)
        step = per_channel("window", owner, shape, windows)
        return fired.then(step, is_positive=True)
    return fired


def _tell_draft(spec: SpecBuilder, draft: StatementDraft) -> None:
    """Record a verdict on each layer that a statement includes."""
    for step in draft.steps:
        if step.op == "norm" or step.is_kernel:
            spec.tell(step.layer, *_verdict(spec, step, draft))


def _verdict(
    spec: SpecBuilder, step: LinearStep, draft: StatementDraft
) -> tuple[Verdict, str]:
    """Return the verdict on a layer that a statement includes, and the reason."""
    if step.op == "norm":
        return _verdict_on_norm(spec, step, draft)
    if any(step in term.steps for term in draft.beside) and step.layer != draft.layer:
        return "rewritten", (
            f"the learned `shortcut` of `{draft.layer}`, into which its bias "
            "and batch norm are folded"
        )
    if step.layer != draft.layer:
        return "rewritten", (
            "its kernel is multiplied into the kernel of "
            f"`{draft.layer}`; retraining may use all weights of the product"
        )
    if step.op == "separable":
        return "rewritten", (
            "its two kernels are multiplied into one kernel, which the chip "
            "stores in full; retraining may use all of its weights"
        )
    if step.op == "kernel" and step.order:
        how = "with `kernel 1`, since the layer reads pixels"
        return "rewritten", f"`{draft.word}` {how}"
    return "kept", f"`{draft.word}`"


def _verdict_on_norm(
    spec: SpecBuilder, step: LinearStep, draft: StatementDraft
) -> tuple[Verdict, str]:
    if draft.training.batchnorm and step is draft.main[0].steps[-1]:
        return "kept", f"as `batchnorm on` of `{draft.layer}`, folded with the weights"
    how = "; retraining has no batch norm there"
    if spec.context.layers[step.layer].kind == "Normalization":
        how = ", using its weights"
    return "rewritten", f"folded into the kernels that read this layer{how}"


def identity_neurons(spec: SpecBuilder, owner: str, value: Value) -> Value:
    """Add neurons that keep a value: one per number, or two if it may be below 0."""
    # Several readers of a value share the neurons that keep it (decision 031).
    known = spec.kept.get(value.terms)
    if known is not None:
        return known
    units = RELU if value.is_positive else SIGNED
    fired = add_relu(spec, owner, value, units)
    if units is SIGNED:
        fired = mix(fired, owner, value, units)
    spec.kept[value.terms] = fired
    return fired


def mix(fired: Value, owner: str, value: Value, units: Units) -> Value:
    """Return the sum of each value's neurons, multiplied by their gains."""
    gains = tuple(unit.gain for unit in units)
    step = per_channel("mix", owner, value.shape, factors=gains)
    return fired.then(replace(step, read=fired.terms[0].read[-1]))


def readout(spec: SpecBuilder, name: str, value: Value) -> StatementDraft:
    """Return the draft of a readout with a weight matrix.

    Raise UnfitError if no kernel over spikes computes the output.
    """
    terms = tuple(pooled(spec, term) for term in value.terms)
    terms = _aligned(spec, name, terms, value.shape)
    return _draft(spec, name, "readout", value.shape, terms)


def keep_inputs(spec: SpecBuilder, owner: str, value: Value) -> Value:
    """Add neurons before the last kernel of each term, and return the new value.

    Raise UnfitError if no kernel computes what these neurons keep.
    """
    terms: list[Term] = []
    for term in value.terms:
        kernels = [n for n, step in enumerate(term.steps) if step.is_kernel]
        last = kernels[-1] if kernels else 0
        if last:
            part = replace(term, steps=term.steps[:last])
            passed = _keep_value(spec, owner, part)
            term = replace(passed, steps=(*passed.steps, *term.steps[last:]))
        terms.append(term)
    return replace(value, terms=tuple(terms))


def readout_image(spec: SpecBuilder, name: str, value: Value) -> StatementDraft | None:
    """Return the draft of a convolution on the host, or None if it must be a matrix."""
    if not _is_plain_image(value):
        return None
    terms = tuple(pooled(spec, term) for term in value.terms)
    if any(term.is_matrix or cuts_of(term) != () for term in terms):
        return None
    fitted = kernel_of(spec, terms, is_beside=False)
    if fitted is None or not _may_read_out(fitted) or shift_of(terms) == "place":
        return None
    draft = _draft(spec, name, "readout", value.shape, terms)
    return replace(draft, window=fitted)


def _may_read_out(fitted: Fitted) -> bool:
    """Whether a readout may have a kernel: without dilation or extra positions."""
    is_plain = set(fitted.dilation) == {1} and fitted.padding != "causal"
    return is_plain and not fitted.upscale and not any(fitted.skip)


def _is_plain_image(value: Value) -> bool:
    """Whether a value has one or two spatial axes, in Keras's order."""
    if value.parts or value.flat_norms or prod(value.shape[:-1]) == 1:
        return False
    rank = len(value.shape)
    return rank in (2, 3) and value.view == plain(rank)


def _dense(spec: SpecBuilder, owner: str, value: Value, units: Units) -> StatementDraft:
    """Return a draft of neurons without spatial axes."""
    terms = tuple(pooled(spec, term) for term in value.terms)
    shape = (value.shape[0] * len(units),)
    beside: Terms = ()
    if len(places_of(terms)) > 1:
        # The shortcut of a `dense` is a matrix, which can express every term.
        terms, beside = split_shortcut(terms, shape, lambda term: True)
        terms = _aligned(spec, owner, terms, value.shape)
    dense = _draft(spec, owner, "dense", shape, terms, beside=beside, units=units)
    return replace(dense, is_learned=bool(beside))


def _convolution(
    spec: SpecBuilder, owner: str, value: Value, units: Units
) -> StatementDraft:
    """Return a draft of neurons over images, perhaps with a shortcut."""
    if any(term.is_matrix for term in value.terms):
        raise UnfitError("a vector is not an image")
    terms = [_exact(spec, owner, term) for term in value.terms]
    shape = (*value.shape[:-1], value.shape[-1] * len(units))
    same = identity(spec, terms, value.shape, len(units))
    if same is not None:
        main = tuple(term for term in terms if term is not same)
        beside: Terms = (same,)
    else:
        main, beside = _split_projections(spec, terms, shape)
    main, fitted = _one_kernel(spec, owner, main, value.shape, is_beside=bool(beside))
    shape = (*fitted.places, shape[-1])
    conv = _draft(spec, owner, "conv", shape, main, beside=beside, units=units)
    return replace(
        conv,
        window=fitted,
        # `conv2d_transpose` has no groups.
        groups=1 if fitted.upscale else groups_of(spec, main),
        is_learned=bool(beside) and same is None,
    )


def _split_projections(
    spec: SpecBuilder, terms: Sequence[Term], shape: Shape
) -> tuple[Terms, Terms]:
    """Return the terms of a kernel, and of its learned shortcut."""
    if len(places_of(terms)) == 1:
        return tuple(terms), ()
    enlarged = {draft.layer for draft in spec.drafts.values() if draft.repeats}

    def projects(term: Term) -> bool:
        # A shortcut can't read an `upsample`.
        return term.source not in enlarged and is_projection(term, shape=shape)

    return split_shortcut(terms, shape, projects)


def _draft(
    spec: SpecBuilder,
    owner: str,
    kind: Kind,
    shape: Shape,
    main: Terms,
    beside: Terms = (),
    units: Units = RELU,
) -> StatementDraft:
    """Return a draft without its kernel.

    Neurons are named after their last kernel, if no statement has this name yet. They
    keep a batch norm after a kernel for training.
    """
    kernels = [step for term in main for step in term.steps if step.is_kernel]
    is_readout = kind == "readout"
    is_normed = not is_readout and bool(kernels) and _ends_in_norm(main)
    return StatementDraft(
        layer=spec.free(owner) if is_readout else _free_name(spec, owner, kernels),
        kind=kind,
        sources=(source_of(spec, owner, main),),
        shape=shape,
        main=main,
        beside=beside,
        units=units,
        bias=_bias_of(main, beside, units, is_normed=is_normed),
        training=TrainingProperties(batchnorm=True) if is_normed else NO_TRAINING,
        shortcut=source_of(spec, f"{owner}_beside", beside) if beside else None,
        l2=kernels[-1].l2 if kernels else 0.0,
        owner=owner,
    )


def _free_name(spec: SpecBuilder, owner: str, kernels: Sequence[LinearStep]) -> str:
    """Return the layer after which to name neurons that no statement is named after."""
    layers = (*(step.layer for step in reversed(kernels)), owner)
    unused = (layer for layer in layers if layer not in spec.drafts)
    return next(unused, spec.free(owner))


def _ends_in_norm(terms: Terms) -> bool:
    """Whether there is exactly one term, and its last step is a norm."""
    return len(terms) == 1 and terms[0].steps[-1].op == "norm"


def _bias_of(
    main: Terms,
    beside: Terms,
    units: Units,
    *,
    is_normed: bool,
) -> Bias:
    """Return the kind of a statement's bias; a batch norm includes a bias."""
    if shift_of((*main, *beside)) == "place":
        return "neuron"
    if is_normed:
        main = (replace(main[0], steps=main[0].steps[:-1]),)
    is_on = shift_of((*main, *beside)) == "channel" or any(unit.shift for unit in units)
    return "on" if is_on else "off"


def widths_of(terms: Iterable[Term]) -> dict[str, int]:
    """Return the distinct sources, in order, with their numbers of channels."""
    return {term.source: term.read[-1] for term in terms}


def source_of(spec: SpecBuilder, owner: str, terms: Sequence[Term]) -> str:
    """Return the source of terms, or the statement that joins several sources."""
    widths = widths_of(terms)
    if len(widths) == 1:
        return terms[0].source
    shape = (*terms[0].read[:-1], sum(widths.values()))
    return spec.join(owner, tuple(widths), shape)


def places_of(terms: Iterable[Term]) -> list[Shape]:
    """Return the distinct spatial shapes of the sources."""
    return list(dict.fromkeys(term.read[:-1] for term in terms))


def identity(
    spec: SpecBuilder, terms: Sequence[Term], shape: Shape, units: int
) -> Term | None:
    """Return the term that a shortcut without weights adds, or None."""
    if len(terms) < 2 or units > 1:
        return None
    # If another term reads the same source, one kernel with the identity computes both.
    sources = Counter(term.source for term in terms)
    for term in terms:
        is_scaled = term.source == INPUT and not spec.input.is_plain
        is_unchanged = term == Term(term.source, shape) and not is_scaled
        if is_unchanged and sources[term.source] == 1:
            return term
    return None


def split_shortcut(
    terms: Sequence[Term], shape: Shape, fits: Callable[[Term], bool]
) -> tuple[Terms, Terms]:
    """Return the terms of a kernel, and of a shortcut whose terms all fit.

    The sources of a shortcut have one spatial shape, because they are joined.
    """
    for places in places_of(terms):
        added = tuple(term for term in terms if term.read[:-1] == places)
        source_shape = (*places, sum(widths_of(added).values()))
        # A shortcut whose source has the shape of the output has no weights.
        if source_shape != shape and all(map(fits, added)):
            return tuple(term for term in terms if term not in added), added
    return tuple(terms), ()


def _exact(spec: SpecBuilder, owner: str, term: Term) -> Term:
    """Return a term that is one kernel; neurons compute its first steps if necessary.

    Raise UnfitError if the term can't be split into kernels.
    """
    # A term may begin with several averages.
    while (folded := pooled(spec, term)) is not term:
        term = folded
    term = upsampled(spec, term)
    for step in term.steps:
        if not step.is_uniform:
            raise UnfitError(EDGE, layer=step.layer)
    cuts = cuts_of(term)
    if cuts is None:
        raise UnfitError(BORDER)
    readers = [*(term.steps[cut - 1].layer for cut in cuts[1:]), owner]
    start = replace(term, steps=())
    done = 0
    for cut, reader in zip(cuts, readers, strict=False):
        part = replace(start, steps=(*start.steps, *term.steps[done:cut]))
        start = _keep_value(spec, reader, part)
        done = cut
    return replace(start, steps=(*start.steps, *term.steps[done:]))


def _keep_value(spec: SpecBuilder, owner: str, part: Term) -> Term:
    """Add neurons that keep the value of a term that ``owner`` reads."""
    shape = (*part.sizes(len(part.steps)), part.channels)
    is_above = not spec.reads_input(part.source) or spec.input.seen[0] >= 0
    is_positive = is_above and all(step.op in POSITIVE for step in part.steps)
    last = part.steps[-1].layer
    value = Value((part,), shape, is_positive=is_positive)
    (passed,) = identity_neurons(spec, last, value).terms
    count = "a neuron" if is_positive else "two neurons"
    spec.layer(last).rewrite(
        f"{count} for each of its values, because no single kernel includes the border "
        f"of zeros between this layer and `{owner}`"
    )
    return passed


def _aligned(spec: SpecBuilder, owner: str, terms: Terms, shape: Shape) -> Terms:
    """Return terms whose sources have the same spatial shape, to add them.

    If shapes differ, neurons that keep the value follow the terms that read images.
    """
    places = places_of(terms)
    if len(places) == 1:
        return terms
    aligned: list[Term] = []
    for number, term in enumerate(terms):
        value = Value((term,), shape)
        # Kept values are vectors, and so are the sources of the other terms.
        if len(term.read) > 1:
            value = identity_neurons(spec, f"{owner}_{number}", value)
        aligned += value.terms
    return tuple(aligned)


def _one_kernel(
    spec: SpecBuilder,
    owner: str,
    terms: Sequence[Term],
    shape: Shape,
    *,
    is_beside: bool,
) -> tuple[Terms, Fitted]:
    """Return terms that a single kernel can read, and this kernel.

    If one kernel can't read all sources, neurons keep the sums of the other terms.
    """
    groups: list[list[Term]] = []
    for term in terms:
        for group in groups:
            if kernel_of(spec, [*group, term], is_beside=is_beside) is not None:
                group.append(term)
                break
        else:
            groups.append([term])
    # Kept sums have the output's shape, and a kernel reads only sources of one shape.
    groups.sort(key=lambda group: group[0].read[:-1] != shape[:-1])

    def keep(group: list[Term], suffix: object) -> Terms:
        value = Value(tuple(group), shape)
        return identity_neurons(spec, f"{owner}_{suffix}", value).terms

    main = groups[0]
    others = groups[1:]
    rest = [term for n, group in enumerate(others) for term in keep(group, n)]
    fitted = kernel_of(spec, [*main, *rest], is_beside=is_beside)
    if fitted is None and others:
        main = list(keep(main, "first"))
        fitted = kernel_of(spec, [*main, *rest], is_beside=is_beside)
    if fitted is None:
        raise UnfitError("no single kernel computes the values that it adds")
    return (*main, *rest), fitted


def kernel_of(
    spec: SpecBuilder, terms: Sequence[Term], *, is_beside: bool
) -> Fitted | None:
    """Return the kernel that reads several terms together, or None.

    ``is_beside`` says whether the statement also has a shortcut, so that it can't have
    extra positions.
    """
    windows = _united_windows(terms)
    if windows is None:
        return None
    fitted = fit(windows, causal=_may_be_causal(spec, terms))
    # A shortcut, or a bias per position, has no values at extra positions.
    if fitted is None and not is_beside and shift_of(terms) != "place":
        fitted = fit_more(windows)
    if fitted is None:
        return None
    # The compiler refuses padding after a pool that does not divide its input (SNN305).
    is_even = all(spec.is_even(term.source) for term in terms)
    return fitted if is_even or not fitted.is_padded else None


def _united_windows(terms: Sequence[Term]) -> Windows | None:
    """Return windows that cover the windows of all terms, or None."""
    windows = all_known(term.windows() for term in terms)
    if windows is None or len(places_of(terms)) > 1:
        return None
    return united(windows)


def _may_be_causal(spec: SpecBuilder, terms: Sequence[Term]) -> bool:
    """Whether a kernel may have `causal` padding.

    An encoder and a depthwise convolution have none.
    """
    groups = groups_of(spec, terms)
    is_depthwise = groups > 1 and groups >= terms[0].read[-1]
    reads_input = any(spec.reads_input(term.source) for term in terms)
    return not reads_input and not is_depthwise


def groups_of(spec: SpecBuilder, terms: Sequence[Term]) -> int:
    """Return how many groups of channels a kernel has.

    A sum of several terms has one group. So has a kernel that reads the input, since
    an encoder that splits each channel by sign would separate the channels of a group,
    and an encoder that is itself a convolution has no groups.
    """
    if len(terms) != 1 or spec.reads_input(terms[0].source):
        return 1
    groups = terms[0].groups
    return groups if groups > 1 else 1


def pooled(spec: SpecBuilder, term: Term) -> Term:
    """Return a term that reads an `avgpool` statement if possible, or the same term."""
    if not term.steps or not term.steps[0].is_pool:
        return term
    mean = term.steps[0]
    reader = Term(mean.layer, (*mean.places, term.read[-1]), term.steps[1:])
    if not reader.is_matrix and not _may_read_pool(reader, mean):
        return term
    return replace(reader, source=spec.pool(term.source, mean))


def _may_read_pool(reader: Term, mean: LinearStep) -> bool:
    """Whether a convolution computes the same if it reads an average as a statement.

    The compiler folds a pool into its reader. Before `same` padding, this is exact only
    if the windows divide the axis evenly.
    """
    windows = reader.windows()
    fitted = None if windows is None else fit(windows) or fit_more(windows)
    if fitted is None or fitted.upscale or reader.shifts_at() == "place":
        return False
    is_even = all(
        window.taps == window.stride and window.size % window.taps == 0
        for window in mean.windows
    )
    return is_even or not fitted.is_padded


def upsampled(spec: SpecBuilder, term: Term) -> Term:
    """Return a term that reads an `upsample` statement if possible, or the same term.

    The convolution that reads it keeps the kernel that it has in Keras.
    """
    if not term.steps or not term.steps[0].repeats:
        return term
    first = term.steps[0]
    reader = Term(first.layer, (*first.places, term.read[-1]), term.steps[1:])
    # `upsample` can't be folded in these cases (SNN320).
    is_deep = len(first.windows) == 3 and first.repeats[0] > 1
    reads_pool = term.source == INPUT or spec.drafts[term.source].kind == "avgpool"
    if is_deep or reads_pool or not _is_convolution(reader):
        return term
    return replace(reader, source=spec.upsampling(term.source, first))


def _is_convolution(term: Term) -> bool:
    """Whether the steps of a term are one convolution, without zeros in between."""
    windows = term.windows()
    if windows is None or not any(step.is_kernel for step in term.steps):
        return False
    fitted = fit(windows)
    is_forward = fitted is not None and not fitted.upscale
    return is_forward and term.shifts_at() != "place"
