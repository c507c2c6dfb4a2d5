"""Choose the encoder and the readout of a spec, after its layers were read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from math import prod

from snnc.importer.builder import SpecBuilder
from snnc.importer.decisions import DataChange, LostDropout, Verdict, decisions_about
from snnc.importer.drafted import DraftedSpec
from snnc.importer.functions import SOFTMAXES
from snnc.importer.linear import LinearStep, whole
from snnc.importer.model import ImportRequest, reachable
from snnc.importer.neurons import (
    UnfitError,
    identity_neurons,
    keep_inputs,
    readout,
    readout_image,
)
from snnc.importer.spec import loss_name
from snnc.importer.values import (
    INPUT,
    Drafts,
    StatementDraft,
    Value,
    plain,
    side_by_side,
)

CLASS_LOSSES = ("crossentropy", "focal")
NEURAL = ("conv", "dense", "downsample")
"""The kinds of statements with neurons that have weights."""
MOST_WEIGHTS = 10_000_000
"""The most weights of a readout's matrix, which has a row for each output value."""
AT_MEAN = (
    "the model draws latent values at random: the network ends at their mean, "
    "`{mean}`, and snnc says nothing about the accuracy of the layers after it"
)


def add_ends(spec: SpecBuilder) -> DraftedSpec | None:
    """Choose the encoder and add the readout; return None if a layer was refused."""
    values = [spec.values[name] for name in spec.context.model.outputs]
    if any(value.broken for value in values) or spec.refused:
        return None
    try:
        draft = _readout(spec, values)
    except UnfitError as error:
        advice = "end the model with `GlobalAveragePooling`, or `Flatten`, and `Dense`"
        spec.layer(spec.context.model.outputs[0]).refuse(error, advice)
        return None
    _tell(spec, draft, values)
    # A single sigmoid becomes two classes, with the logits 0 and x (decision 018).
    is_binary = draft.shape == (1,) and list(spec.finals.values()) == ["sigmoid"]
    if is_binary:
        draft = replace(draft, shape=(2,))
    spec.add(draft)
    drafts = read_by(spec.drafts, draft.layer)
    return DraftedSpec(
        context=spec.context,
        input=spec.input,
        finals=dict(spec.finals),
        drafts=drafts,
        encoder=encoder_of(drafts, spec.context.request),
        size=_size(spec, draft, is_binary=is_binary),
        notes=tuple(_notes(spec, values, is_binary=is_binary)),
    )


def _readout(spec: SpecBuilder, values: list[Value]) -> StatementDraft:
    """Return the draft of one readout that computes all outputs.

    Raise UnfitError if its matrix is too large.
    """
    only = values[0]
    is_one = len(values) == 1 and spec.context.request.readout != "classes"
    if is_one and _has_neurons(spec, only):
        # A convolution keeps the weights of Keras; a matrix has more (decision 037).
        image = readout_image(spec, _last(only), only)
        if image is not None:
            return image
    matrix = _matrix_readout(spec, values)
    size = matrix.shape[-1]
    weights = size * _count_read_values(matrix)
    if weights <= MOST_WEIGHTS:
        return matrix
    if is_one:
        # Neurons before the last kernel leave only this kernel to the readout.
        image = readout_image(spec, matrix.owner, keep_inputs(spec, matrix.owner, only))
        if image is not None:
            return image
    raise UnfitError(
        f"it outputs {size} values, for which the readout would need "
        f"{weights} weights, more than {MOST_WEIGHTS}"
    )


def _matrix_readout(spec: SpecBuilder, values: list[Value]) -> StatementDraft:
    """Return the draft of a readout that is a matrix over the last neurons."""
    vectors = list(map(_flat, values, spec.context.model.outputs))
    value = side_by_side(vectors, "") if len(vectors) > 1 else vectors[0]
    name = _last(vectors[-1])
    # Without neurons of its own, the model would leave nothing to the chip.
    if not _has_neurons(spec, value):
        value = identity_neurons(spec, name, value)
    return readout(spec, name, value)


def _count_read_values(draft: StatementDraft) -> int:
    """Return how many values a readout reads; 0 if its matrix is a Keras matrix."""
    if all(
        term.steps and term.steps[-1].op in ("matrix", "embed", "mix")
        for term in draft.main
    ):
        # Keras has a matrix of this size too, so it is no larger than the model.
        return 0
    sources = {term.source: term.read for term in draft.main}
    return sum(map(prod, sources.values()))


def _has_neurons(spec: SpecBuilder, value: Value) -> bool:
    before = read_by(spec.drafts, *(term.source for term in value.terms))
    return any(draft.kind in NEURAL for draft in before.values())


def _flat(value: Value, output: str) -> Value:
    """Return an output as a vector in Keras's order."""
    if value.parts or value.flat_norms:
        raise UnfitError("a matrix can't output several flattened images")
    if len(value.shape) == 1:
        return value
    size = prod(value.shape)
    step = LinearStep(
        "unroll", output, tuple(map(whole, value.shape[:-1])), value.shape[-1], size,
        order=value.order,
    )  # fmt: skip
    terms = tuple(term.then(step) for term in value.terms)
    return replace(value, terms=terms, shape=(size,), view=plain(1))


def _last(vector: Value) -> str:
    """Return the name of the layer after which the readout is named."""
    steps = [step for term in vector.terms for step in term.steps]
    return next((s.layer for s in reversed(steps) if s.is_kernel), "output")


def _tell(spec: SpecBuilder, draft: StatementDraft, values: list[Value]) -> None:
    """Record for each layer in the readout how the readout computes it."""
    for step in draft.steps:
        judgement = _verdict(step, draft, is_joined=len(values) > 1)
        if judgement is not None:
            verdict, why = judgement
            spec.tell(step.layer, verdict, why)
    for name, value in zip(spec.context.model.outputs, values, strict=True):
        if value.spikes is not None:
            spec.layer(name).rewrite(
                "a `readout` after this layer passes on its rates; retraining may use "
                "all weights"
            )


def _verdict(
    step: LinearStep, draft: StatementDraft, *, is_joined: bool
) -> tuple[Verdict, str] | None:
    """Return the verdict on a layer in the readout; None if another step has one.

    ``is_joined`` says whether the readout has several outputs of the model.
    """
    if step.op == "norm":
        return (
            "rewritten",
            "folded into the readout, which has no batch norm to retrain",
        )
    is_own = step.layer == draft.layer
    is_image = is_own and draft.window.kernel
    if is_image or (is_own and step.op == "matrix" and not is_joined):
        return "kept", "the `readout`, on the host"
    if not step.is_kernel:
        return None
    if is_joined:
        why = "part of the `readout`, on the host, which has the units of all outputs"
    elif is_own:
        why = "the `readout`, on the host, as a matrix"
    else:
        why = "its kernel is multiplied into the `readout`, on the host"
    return "rewritten", why


def read_by(drafts: Drafts, *keys: str) -> dict[str, StatementDraft]:
    """Return drafts and their direct and indirect sources."""
    needed = reachable(keys, lambda key: () if key == INPUT else drafts[key].reads)
    return {key: draft for key, draft in drafts.items() if key in needed}


def _size(spec: SpecBuilder, draft: StatementDraft, *, is_binary: bool) -> str:
    """Return the readout's property: its filters, classes or units."""
    units = draft.shape[-1]
    requested = spec.context.request.readout
    if draft.window.kernel:
        return f"filters {units}"
    if is_binary and requested != "units":
        return "classes 2"  # one sigmoid says which of two
    if requested is None:
        requested = "classes" if _has_classes(spec, units) else "units"
    return f"{requested} {units}"


def _has_classes(spec: SpecBuilder, units: int) -> bool:
    """Whether the outputs are one vector of classes, by a softmax or by the loss."""
    finals = set(spec.finals.values())
    if len(spec.context.model.outputs) > 1 or units == 1 or not finals <= {*SOFTMAXES}:
        return False
    loss = loss_name(spec.context.model.compiled)
    return bool(finals) or any(name in loss for name in CLASS_LOSSES)


def _notes(spec: SpecBuilder, values: list[Value], *, is_binary: bool) -> Iterator[str]:
    """Yield what a user must know about the input, the outputs and lost layers."""
    yield from _input_notes(spec)
    if len(values) > 1:
        sizes = [prod(value.shape) for value in values]
        listed = _list_ranges(spec.context.model.outputs, sizes)
        yield f"the readout concatenates all outputs: {listed}"
    has_loss = loss_name(spec.context.model.compiled) != ""
    if spec.context.mean:
        yield AT_MEAN.format(mean=spec.context.mean)
    elif not spec.finals and not has_loss and spec.context.request.readout is None:
        yield (
            "the model does not say whether its outputs are classes, so the readout "
            "has units; for classes, add `--readout classes`"
        )
    lost = ", ".join(name for name, _ in decisions_about(spec.decisions, LostDropout))
    if lost:
        yield (
            f"the spec leaves out {lost}: dropout must directly follow a layer with "
            "one neuron per value"
        )
    yield from _final_notes(spec.finals, is_one=len(values) == 1, is_binary=is_binary)


def _final_notes(
    finals: Mapping[str, str], *, is_one: bool, is_binary: bool
) -> Iterator[str]:
    """Yield the activations that the host computes after the readout."""
    for name, final in finals.items():
        if is_binary:
            yield (
                f"the readout outputs 0 and the value of `{name}` before the sigmoid: "
                "class 1 if this value is above 0, where the sigmoid is 0.5"
            )
        # The loss contains a softmax (decision 018).
        elif not (is_one and final in SOFTMAXES):
            yield f"the readout outputs the values of `{name}` before the {final}"


def _input_notes(spec: SpecBuilder) -> Iterator[str]:
    """Yield how the input of the spec differs from the inputs of the model."""
    parts = spec.input.parts
    if parts:
        listed = _list_ranges(parts, parts.values())
        yield f"the input concatenates all inputs, as channels: {listed}"
    changes = list(decisions_about(spec.decisions, DataChange))
    if not changes:
        return
    # Each change names the shape of the whole input, so the last one is right.
    _, last = changes[-1]
    names = ", ".join(name for name, _ in changes if spec.context.layers[name].reads)
    as_in_keras = f", as {names} in Keras" if names else ""
    yield f"{last.todo if parts else last.sentence}{as_in_keras}"


def _list_ranges(names: Iterable[str], sizes: Collection[int]) -> str:
    """Return the range of each vector when the vectors are concatenated."""
    pairs = zip(names, sizes, accumulate(sizes), strict=True)
    return ", ".join(f"{name} {end - size}..{end - 1}" for name, size, end in pairs)


def encoder_of(drafts: Drafts, request: ImportRequest) -> str | None:
    """Return the draft that encodes on the host, or None if values become rates."""
    readers = [d for d in drafts.values() if INPUT in d.reads]
    if request.encode == "rate" or len(readers) != 1:
        return None
    (first,) = readers
    others = [d for d in drafts.values() if d is not first and d.kind in NEURAL]
    # Without another layer, the chip would have nothing to compute (decision 018).
    if not others or not _may_encode(first):
        return None
    return first.layer


def _may_encode(draft: StatementDraft) -> bool:
    """Whether a statement uses only what `encode conv` supports."""
    window = draft.window
    has_curve = any(line.startswith("neuron") for line in draft.properties)
    is_plain = draft.kind == "conv" and draft.shortcut is None and not has_curve
    is_dense = not window.upscale and window.extent == window.kernel
    return is_plain and is_dense and draft.bias != "neuron"
