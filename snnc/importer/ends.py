"""The two ends of a network: the input's encoder, and the readout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from snnc.importer.draft import INPUT, StatementDraft, Value, order, plain
from snnc.importer.linear import LinearStep, Term, points, whole
from snnc.importer.model import KerasLayer, KerasModel
from snnc.importer.neurons import UnfitError, identity_neurons, readout, readout_image
from snnc.importer.state import ENDING, ConversionState
from snnc.importer.sums import size_of

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


def without_lambdas(
    model: KerasModel,
) -> tuple[KerasModel, tuple[KerasLayer, ...]]:
    """Remove each `Lambda` at the end of a model; also return the removed layers.

    The host computes a `Lambda` and the activations after it.
    """
    layers = {layer.name: layer for layer in model.layers}
    outputs: list[str] = []
    cut: dict[str, KerasLayer] = {}
    due = list(model.outputs)
    while due:
        name = due.pop(0)
        tail = [layers[name]]
        while tail[-1].kind in ENDING and len(tail[-1].reads) == 1:
            tail.append(layers[tail[-1].reads[0]])
        if tail[-1].kind == "Lambda" and tail[-1].reads:
            cut |= {layer.name: layer for layer in tail}
            due = [*tail[-1].reads, *due]
        elif name not in outputs:
            outputs.append(name)
    rest = tuple(layer for layer in model.layers if layer.name not in cut)
    if any(not cut.keys().isdisjoint(layer.reads) for layer in rest):
        return model, ()  # a hidden layer also reads a `Lambda`
    return replace(model, layers=rest, outputs=tuple(outputs)), tuple(cut.values())


def convert_ends(state: ConversionState) -> NetworkEnds | None:
    """Choose the encoder and the readout; None if a layer was refused."""
    values = [state.values[name] for name in state.model.outputs]
    if any(value.broken for value in values) or state.has_refused:
        return None
    last = state.layers[state.model.outputs[0]]
    try:
        draft = _readout(state, values)
    except UnfitError as error:
        advice = "end the model with `GlobalAveragePooling`, or `Flatten`, and `Dense`"
        state.refuse(last, error, advice)
        return None
    pair = _is_pair(state, draft)
    if pair:
        draft = replace(draft, shape=(2,))
    state.add(draft)
    state.drafts = read_by(state, draft.layer)
    encoder = encoder_of(state, draft.layer)
    notes = tuple(_notes(state, values, pair))
    return NetworkEnds(encoder, draft.layer, _size(state, draft, pair), pair, notes)


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
    vectors = [
        _flat(state, v, n) for v, n in zip(values, state.model.outputs, strict=True)
    ]
    sizes = [vector.shape[0] for vector in vectors]
    terms: list[Term] = []
    for number, vector in enumerate(vectors):
        terms += _beside(state, vector, sum(sizes[:number]), sum(sizes))
    value = Value(tuple(terms), (sum(sizes),), plain(1))
    before = read_by(state, *(term.source for term in terms))
    if not any(draft.kind in NEURAL for draft in before.values()):
        value = identity_neurons(state, _last(state, vectors[-1]), value)
    draft = readout(state, _last(state, vectors[-1]), value)
    weights = size_of(draft.main, sum(sizes))
    if weights > MOST_WEIGHTS and not _is_dense(draft):
        raise UnfitError(
            f"it outputs {sum(sizes)} values, for which the readout would need "
            f"{weights} weights, more than {MOST_WEIGHTS}"
        )
    _tell(state, draft, values)
    return draft


def _image(state: ConversionState, value: Value) -> StatementDraft | None:
    """Return a readout that is a convolution, or None if it must be a matrix."""
    before = read_by(state, *(term.source for term in value.terms))
    has_neurons = any(draft.kind in NEURAL for draft in before.values())
    if value.parts or value.flat or not has_neurons or prod(value.shape[:-1]) == 1:
        return None
    return readout_image(state, _last(state, value), value)


def _is_dense(draft: StatementDraft) -> bool:
    """Whether a readout's matrix equals the matrix in Keras."""
    return all(
        term.steps and term.steps[-1].op in ("matrix", "embed", "mix")
        for term in draft.main
    )


def _flat(state: ConversionState, value: Value, output: str) -> Value:
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


def _beside(
    state: ConversionState, vector: Value, start: int, size: int
) -> Iterator[Term]:
    """Yield the terms of a vector at its position among all outputs."""
    own = vector.shape[0]
    for term in vector.terms:
        if own == size:
            yield term
            continue
        windows = points((*term.sizes(len(term.steps)), own))
        step = LinearStep("embed", "", windows, own, size, start=start)
        yield term.then(step)


def _last(state: ConversionState, vector: Value) -> str:
    """Return the name of the layer after which the readout is named."""
    steps = [step for term in vector.terms for step in term.steps]
    return next((s.layer for s in reversed(steps) if s.is_kernel), "output")


def _tell(state: ConversionState, draft: StatementDraft, values: list[Value]) -> None:
    """Record for each layer in the readout how the readout computes it."""
    several = len(values) > 1
    for term in draft.main:
        for step in term.steps:
            if step.op == "norm":
                why = "folded into the readout, which has no batch norm to retrain"
                state.tell(step.layer, "rewritten", why)
            elif step.is_kernel and several:
                why = (
                    "part of the `readout`, on the host, which has the units of all "
                    "outputs"
                )
                state.tell(step.layer, "rewritten", why)
            elif step.layer == draft.layer and (step.op == "matrix" or draft.kernel):
                state.tell(step.layer, "kept", "the `readout`, on the host")
            elif step.is_kernel and step.layer == draft.layer:
                why = "the `readout`, on the host, as a matrix"
                state.tell(step.layer, "rewritten", why)
            elif step.is_kernel:
                why = "its kernel is multiplied into the `readout`, on the host"
                state.tell(step.layer, "rewritten", why)
    for name, value in zip(state.model.outputs, values, strict=True):
        if value.spikes is not None:
            why = (
                "a `readout` after this layer passes on its rates; retraining may use "
                "all weights"
            )
            state.rewrite(state.layers[name], why)


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


def _is_pair(state: ConversionState, draft: StatementDraft) -> bool:
    finals = state.finals.values()
    return draft.shape == (1,) and list(finals) == ["sigmoid"]


def _size(state: ConversionState, draft: StatementDraft, pair: bool) -> str:
    units = draft.shape[-1]
    if draft.kernel:
        return f"filters {units}"
    if state.request.readout is not None and not pair:
        return f"{state.request.readout} {units}"
    if pair:
        return "classes 2" if state.request.readout != "units" else f"units {units}"
    loss = loss_name(state.model.compiled.loss if state.model.compiled else None)
    finals = set(state.finals.values())
    is_one = len(state.model.outputs) == 1 and units > 1
    decides = finals <= {"softmax", "log_softmax"} and (
        finals or any(name in loss for name in CLASS_LOSSES)
    )
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


def _list_ranges(names: Iterable[str], sizes: Iterable[int]) -> str:
    """Return the range of each vector when the vectors are concatenated."""
    ranges, start = [], 0
    for name, size in zip(names, sizes, strict=True):
        ranges.append(f"{name} {start}..{start + size - 1}")
        start += size
    return ", ".join(ranges)


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
    if (
        first.kind != "conv"
        or first.upscale
        or first.shortcut is not None
        or first.bias == "neuron"
    ):
        return None
    has_curve = any(line.startswith("neuron") for line in first.properties)
    if first.extent != first.kernel or has_curve:
        return None
    others = [d for d in state.drafts.values() if d is not first and d.kind in NEURAL]
    if not others or first.layer == readout:
        return None
    layer = first.layer if first.layer in state.layers else ""
    if layer:
        state.become(
            layer,
            "`encode conv`, on the host: exact and without cores (`--encode rate` "
            "puts this layer on the chip)",
        )
    return first.layer
