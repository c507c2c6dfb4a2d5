"""The two ends of a network: the input's encoder, and the readout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from typing import Any

from snnc.importer.draft import INPUT, StatementDraft, Value, order, plain
from snnc.importer.linear import LinearStep, Term, points, whole
from snnc.importer.model import KerasModel
from snnc.importer.neurons import UnfitError, identity_neurons, readout, readout_image
from snnc.importer.state import ENDING, ConversionState

CLASS_LOSSES = ("crossentropy", "focal")
NEURAL = ("conv", "dense", "downsample")
MOST_WEIGHTS = 10_000_000
"""The most weights of a readout's matrix, which has a row for each output value."""


@dataclass(frozen=True, slots=True)
class NetworkEnds:
    """The encoder and the readout.

    Attributes
    ----------
    encoder :
        The draft that becomes ``encode conv``; None for ``encode rate``.
    readout :
        The key of the readout's draft.
    size :
        ``classes 10`` or ``units 1``.
    is_pair :
        Whether the model's only output decides between two classes.
    notes :
        Sentences about the remaining work on the host.
    """

    encoder: str | None
    readout: str
    size: str
    is_pair: bool
    notes: tuple[str, ...]


def without_lambdas(model: KerasModel) -> tuple[KerasModel, dict[str, str]]:
    """Remove each `Lambda` at the end of a model; also return the removed classes.

    The host computes a `Lambda` and the activations after it.
    """
    layers = {layer.name: layer for layer in model.layers}
    outputs: list[str] = []
    cut: dict[str, str] = {}
    due = list(model.outputs)
    while due:
        name = due.pop(0)
        tail = [layers[name]]
        while tail[-1].kind in ENDING and len(tail[-1].reads) == 1:
            tail.append(layers[tail[-1].reads[0]])
        if tail[-1].kind == "Lambda" and tail[-1].reads:
            cut |= {layer.name: layer.kind for layer in tail}
            due = [*tail[-1].reads, *due]
        elif name not in outputs:
            outputs.append(name)
    rest = tuple(layer for layer in model.layers if layer.name not in cut)
    if any(not cut.keys().isdisjoint(layer.reads) for layer in rest):
        return model, {}  # a hidden layer also reads a `Lambda`
    return replace(model, layers=rest, outputs=tuple(outputs)), cut


def convert_ends(state: ConversionState) -> NetworkEnds | None:
    """Choose the encoder and the readout; None if a layer was refused."""
    values = [state.values[name] for name in state.model.outputs]
    if any(value.broken for value in values) or state.refused:
        return None
    try:
        draft = _readout(state, values)
    except UnfitError as error:
        advice = "end the model with `GlobalAveragePooling`, or `Flatten`, and `Dense`"
        state.layers[state.model.outputs[0]].refuse(error, advice)
        return None
    is_pair = draft.shape == (1,) and list(state.finals.values()) == ["sigmoid"]
    if is_pair:
        draft = replace(draft, shape=(2,))
    state.add(draft)
    state.drafts = read_by(state, draft.layer)
    encoder = encoder_of(state, draft.layer)
    notes = tuple(_notes(state, values, is_pair))
    size = _size(state, draft, is_pair)
    return NetworkEnds(encoder, draft.layer, size, is_pair, notes)


def _readout(state: ConversionState, values: list[Value]) -> StatementDraft:
    """Return the draft of one readout that computes all outputs.

    Raises
    ------
    UnfitError
        If its matrix is too large.
    """
    if len(values) == 1 and state.request.readout != "classes":
        image = _image(state, values[0])
        if image is not None:
            _tell(state, image, values)
            return image
    vectors = list(map(_flat, values, state.model.outputs))
    size = sum(vector.shape[0] for vector in vectors)
    terms: list[Term] = []
    start = 0
    for vector in vectors:
        terms += _beside(vector, start, size)
        start += vector.shape[0]
    value = Value(tuple(terms), (size,), plain(1))
    name = _last(vectors[-1])
    if not _has_neurons(state, value):
        value = identity_neurons(state, name, value)
    draft = readout(state, name, value)
    sources = {term.source: term.read for term in draft.main}
    weights = size * sum(map(prod, sources.values()))
    is_dense = all(
        term.steps and term.steps[-1].op in ("matrix", "embed", "mix")
        for term in draft.main
    )  # the matrix equals the matrix in Keras
    if weights > MOST_WEIGHTS and not is_dense:
        raise UnfitError(
            f"it outputs {size} values, for which the readout would need "
            f"{weights} weights, more than {MOST_WEIGHTS}"
        )
    _tell(state, draft, values)
    return draft


def _has_neurons(state: ConversionState, value: Value) -> bool:
    before = read_by(state, *(term.source for term in value.terms))
    return any(draft.kind in NEURAL for draft in before.values())


def _image(state: ConversionState, value: Value) -> StatementDraft | None:
    """Return a readout that is a convolution, or None if it must be a matrix."""
    is_vector = value.parts or value.flat or prod(value.shape[:-1]) == 1
    if is_vector or not _has_neurons(state, value):
        return None
    return readout_image(state, _last(value), value)


def _flat(value: Value, output: str) -> Value:
    """Return an output as a vector in Keras's order."""
    if value.parts or value.flat:
        raise UnfitError("a matrix can't output several flattened images")
    if len(value.shape) == 1:
        return value
    size = prod(value.shape)
    step = LinearStep(
        "unroll", output, tuple(map(whole, value.shape[:-1])), value.shape[-1], size,
        order=order(value.view),
    )  # fmt: skip
    terms = tuple(term.then(step) for term in value.terms)
    return replace(value, terms=terms, shape=(size,), view=plain(1))


def _beside(vector: Value, start: int, size: int) -> Iterator[Term]:
    """Yield the terms of a vector at its position among all outputs."""
    own = vector.shape[0]
    for term in vector.terms:
        windows = points((*term.sizes(len(term.steps)), own))
        step = LinearStep("embed", "", windows, own, size, start=start)
        yield term if own == size else term.then(step)


def _last(vector: Value) -> str:
    """Return the name of the layer after which the readout is named."""
    steps = [step for term in vector.terms for step in term.steps]
    return next((s.layer for s in reversed(steps) if s.is_kernel), "output")


def _tell(state: ConversionState, draft: StatementDraft, values: list[Value]) -> None:
    """Record for each layer in the readout how the readout computes it."""
    for step in draft.steps:
        is_own = step.layer == draft.layer
        if step.op == "norm":
            why = "folded into the readout, which has no batch norm to retrain"
        elif step.is_kernel and len(values) > 1:
            why = (
                "part of the `readout`, on the host, which has the units of all outputs"
            )
        elif is_own and (step.op == "matrix" or draft.kernel):
            state.tell(step.layer, "kept", "the `readout`, on the host")
            continue
        elif step.is_kernel:
            why = "its kernel is multiplied into the `readout`, on the host"
            why = "the `readout`, on the host, as a matrix" if is_own else why
        else:
            continue
        state.tell(step.layer, "rewritten", why)
    for name, value in zip(state.model.outputs, values, strict=True):
        if value.spikes is not None:
            state.layers[name].rewrite(
                "a `readout` after this layer passes on its rates; retraining may use "
                "all weights"
            )


def read_by(state: ConversionState, *keys: str) -> dict[str, StatementDraft]:
    """Return drafts and their direct and indirect sources."""
    due, seen = list(keys), set[str]()
    while due:
        key = due.pop()
        if key in seen or key == INPUT:
            continue
        seen.add(key)
        draft = state.drafts[key]
        due += draft.sources
        if draft.shortcut is not None:
            due.append(draft.shortcut)
    return {key: draft for key, draft in state.drafts.items() if key in seen}


def _size(state: ConversionState, draft: StatementDraft, is_pair: bool) -> str:
    units, asked = draft.shape[-1], state.request.readout
    if draft.kernel:
        return f"filters {units}"
    if is_pair and asked != "units":
        return "classes 2"
    if asked is not None:
        return f"{asked} {units}"
    loss = loss_name(state.model.compiled.loss if state.model.compiled else None)
    finals = set(state.finals.values())
    is_one = len(state.model.outputs) == 1 and units > 1
    is_class_loss = any(name in loss for name in CLASS_LOSSES)
    decides = finals <= {"softmax", "log_softmax"} and (finals or is_class_loss)
    return f"classes {units}" if is_one and decides else f"units {units}"


def _notes(state: ConversionState, values: list[Value], pair: bool) -> Iterator[str]:
    if state.parts:
        listed = _list_ranges(state.parts, state.parts.values())
        yield f"the input concatenates all inputs, as channels: {listed}"
    if len(values) > 1:
        sizes = [prod(value.shape) for value in values]
        listed = _list_ranges(state.model.outputs, sizes)
        yield f"the readout concatenates all outputs: {listed}"
    loss = loss_name(state.model.compiled.loss if state.model.compiled else None)
    if not state.finals and not loss and state.request.readout is None:
        yield (
            "the model does not say whether its outputs are classes, so the readout "
            "has units; for classes, add `--readout classes`"
        )
    for name, final in state.finals.items():
        is_decided = final in ("softmax", "log_softmax") and len(values) == 1
        if not pair and not is_decided:
            yield f"the readout outputs the values of `{name}` before the {final}"


def _list_ranges(names: Iterable[str], sizes: Collection[int]) -> str:
    """Return the range of each vector when the vectors are concatenated."""
    pairs = zip(names, sizes, accumulate(sizes), strict=True)
    return ", ".join(f"{name} {end - size}..{end - 1}" for name, size, end in pairs)


def loss_name(loss: Any) -> str:
    """Return a loss's name as Keras spells its functions, or ""."""
    if isinstance(loss, list) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, Mapping):
        name = loss.get("class_name")
        if name is None and len(loss) == 1:
            return loss_name(next(iter(loss.values())))
        loss = name
    return str(loss or "").lower().replace("_", "")


def encoder_of(state: ConversionState, readout: str) -> str | None:
    """Return the draft that encodes on the host, or None if values become rates."""
    readers = [d for d in state.drafts.values() if INPUT in d.sources]
    shortcuts = any(d.shortcut == INPUT for d in state.drafts.values())
    if state.request.encode == "rate" or len(readers) != 1 or shortcuts:
        return None
    (first,) = readers
    has_curve = any(line.startswith("neuron") for line in first.properties)
    others = [d for d in state.drafts.values() if d is not first and d.kind in NEURAL]
    if (
        first.kind != "conv"
        or first.upscale
        or first.shortcut is not None
        or first.bias == "neuron"
        or first.extent != first.kernel
        or has_curve
        or not others
        or first.layer == readout
    ):
        return None
    if first.layer in state.layers:
        state.become(
            first.layer,
            "`encode conv`, on the host: exact and without cores (`--encode rate` "
            "puts this layer on the chip)",
        )
    return first.layer
