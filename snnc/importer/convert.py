"""Convert a Keras model to a spec: its layers, then the encoder and the readout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.importer.functions import SOFTMAXES
from snnc.importer.linear import LinearStep, whole
from snnc.importer.model import (
    REWRITES,
    ImportRequest,
    KerasLayer,
    KerasModel,
    ModelWeights,
)
from snnc.importer.neurons import (
    UnfitError,
    identity_neurons,
    keep_inputs,
    readout,
    readout_image,
)
from snnc.importer.refusals import RefusedModelError
from snnc.importer.sampling import cut_at_mean
from snnc.importer.spec import WrittenSpec, cores_text, loss_name, write
from snnc.importer.state import (
    ENDING,
    AppliedRewrite,
    Approximation,
    ConversionState,
    DataChange,
    Decision,
    Ends,
    LostDropout,
    Rule,
    decisions_about,
)

# `arithmetic` and `pooling` register readers.
from snnc.importer.table import arithmetic, pooling, read_layer  # noqa: F401
from snnc.importer.table.inputs import OPEN_SIZES, set_open_sizes, sizes_of
from snnc.importer.values import (
    COUNTS,
    INPUT,
    StatementDraft,
    Value,
    plain,
    side_by_side,
)
from snnc.loihi.plan import PlanCache
from snnc.rules.imports import (
    ActivationApproximated,
    InputRefused,
    MaxPoolRefused,
    RewriteUnused,
)
from snnc.source import Span, whole_file

CLASS_LOSSES = ("crossentropy", "focal")
NEURAL = ("conv", "dense", "downsample")
MOST_WEIGHTS = 10_000_000
"""The most weights of a readout's matrix, which has a row for each output value."""
AT_MEAN = (
    "the model draws latent values at random: the network ends at their mean, "
    "`{mean}`, and snnc says nothing about the accuracy of the layers after it"
)
CALLS = (
    "TFOpLambda", "Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average",
    "Concatenate",
)  # fmt: skip
"""Layers without weights that the host can compute after a `Lambda`."""
WEIGHTED = ("Conv", "Dense", "Depthwise", "Separable", "BatchNorm", "PReLU", "Norm")
"""Prefixes of the imported classes with weights."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of a conversion.

    Attributes
    ----------
    state :
        The final state, whose model lacks the layers that the host computes.
    ends :
        The encoder and the readout; None if a layer was refused.
    decisions :
        All decisions, in the order of the layers.
    written, problems :
        The spec, or None if a layer was refused, and reasons for refusals or warnings.
    """

    model: KerasModel
    state: ConversionState
    ends: Ends | None
    decisions: tuple[Decision, ...]
    written: WrittenSpec | None
    problems: tuple[Diagnostic, ...]

    @property
    def drafts(self) -> tuple[StatementDraft, ...]:
        """The statements of the spec; empty if a layer was refused."""
        return tuple(self.state.drafts.values()) if self.written else ()


def convert(
    model: KerasModel,
    request: ImportRequest,
    path: str,
    weights: ModelWeights | None = None,
) -> Conversion:
    """Convert a model to a spec; ``path`` is the model's name in diagnostics.

    Without weights, norms are assumed not to change signs. Raise RefusedModelError if
    an option has a value that Keras does not write, or if the spec would be too long.
    """
    state, ends = _read_layers(model, request, weights)
    if any(d.rule is InputRefused for d in state.decisions):
        _suggest_sizes(state, model)
    _tell_rest(state)
    written = None if ends is None else write(state, ends)
    places = {layer.name: place for place, layer in enumerate(model.layers)}
    decisions = sorted(state.decisions, key=lambda d: (places[d.layer], d.option != ""))
    problems = tuple(_diagnose(state, decisions, model, path))
    return Conversion(model, state, ends, tuple(decisions), written, problems)


def _read_layers(
    model: KerasModel, request: ImportRequest, weights: ModelWeights | None
) -> tuple[ConversionState, Ends | None]:
    """Read all layers; also return the encoder and the readout, or None."""
    rest, cut = without_lambdas(model)
    encoder, mean = cut_at_mean(rest)
    state = ConversionState(encoder, request, weights, mean=mean)
    for layer in rest.layers:
        if layer.name not in state.layers:
            why = f"removed: the network ends at the mean, `{mean}`"
            state.decide(Decision(layer.name, "", "rewritten", why))
    for name, kind in cut.items():
        if kind == "Lambda":
            state.finals[name] = kind
        why = "removed: at the end of the model, the host can compute it"
        state.decide(Decision(name, "", "rewritten", why))
    for layer in state.layers.values():
        state.values[layer.name] = read_layer(layer)
    return state, convert_ends(state)


def _suggest_sizes(state: ConversionState, model: KerasModel) -> None:
    """Suggest sizes of an open input with which the fewest layers are refused."""
    refused_layers: dict[int, int] = {}
    name = state.inputs[0]
    sizes = sizes_of(state.layers[name])
    if None not in sizes:
        return
    for size in OPEN_SIZES:
        shape = tuple(each or size for each in sizes)
        request = replace(state.request, shape=shape)
        try:
            tried, _ = _read_layers(model, request, state.weights)
        except RefusedModelError:
            continue
        refused_layers[size] = len(tried.refused)
        if not tried.refused:
            break
    if refused_layers:
        best = min(refused_layers, key=lambda size: refused_layers[size])
        for place, d in enumerate(state.decisions):
            if d.rule is InputRefused:
                remedy = set_open_sizes(sizes, best)
                state.decisions[place] = replace(d, remedy=remedy)


def _tell_rest(state: ConversionState) -> None:
    """Give each layer a verdict, even if its sources were refused."""
    for layer in state.layers.values():
        if layer.shares and layer.kind.startswith(WEIGHTED):
            layer.rewrite(
                f"shared with `{layer.shares}` in Keras; retraining changes them "
                "separately",
                "weights of its own",
            )
        why = "in the kernels that read it"
        if state.values[layer.name].broken:
            why = "as soon as its input can be imported"
        state.tell(layer.name, "kept", why)


def _diagnose(
    state: ConversionState,
    decisions: Sequence[Decision],
    model: KerasModel,
    path: str,
) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each cause of refusals, in the order of the layers.

    If no layer was refused, yield one for each activation that neurons approximate, and
    for each rewrite that no layer needs.
    """
    request = state.request
    span = whole_file(Path(path))
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes: dict[tuple[Rule, str, str, str], dict[str, str]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), {})
            layers[d.layer] = kinds[d.layer]
    is_pool = any(rule is MaxPoolRefused for rule, *_ in causes)
    costs = ", ".join(_pool_costs(model, request, path)) if is_pool else ""
    for (rule, option, why, remedy), layers in causes.items():
        yield rule(
            span=span,
            layers=tuple(layers),
            kinds=tuple(dict.fromkeys(layers.values())),
            why=why,
            advice=remedy,
            option=option,
            costs=costs,
        )
    if causes:
        return
    yield from _warn_of_approximations(decisions, kinds, span)
    applied = {topic.text for _, topic in decisions_about(decisions, AppliedRewrite)}
    for what, by in request.rewrites:
        if f"{what}={by}" not in applied:
            yield RewriteUnused(span=span, rewrite=f"{what}={by}")


def _warn_of_approximations(
    decisions: Sequence[Decision], kinds: Mapping[str, str], span: Span
) -> Iterator[Diagnostic]:
    """Yield one warning for each function that neurons approximate."""
    by_function: dict[str, dict[str, Approximation]] = {}
    for layer, topic in decisions_about(decisions, Approximation):
        by_function.setdefault(topic.function, {})[layer] = topic
    for function, group in by_function.items():
        first = next(iter(group.values()))
        yield ActivationApproximated(
            span=span,
            layers=tuple(group),
            kinds=tuple(dict.fromkeys(kinds[layer] for layer in group)),
            function=function,
            count=COUNTS[first.neurons],
            error=max(topic.error for topic in group.values()),
        )


def _pool_costs(model: KerasModel, request: ImportRequest, path: str) -> Iterator[str]:
    """Yield the cost in cores of each rewrite of all max pools.

    Yield nothing if the user asked for a rewrite, or other layers are refused.
    """
    cache = PlanCache()
    offered = () if request.rewrite("maxpool") else REWRITES["maxpool"]
    for by in offered:
        asked = replace(request, rewrites=(*request.rewrites, ("maxpool", by)))
        try:
            written = convert(model, asked, path).written
        except RefusedModelError:  # its spec is too long
            continue
        if written is None:
            continue
        if text := cores_text(written, request, cache):
            yield f"{by}{text}"


def without_lambdas(model: KerasModel) -> tuple[KerasModel, dict[str, str]]:
    """Remove each `Lambda` at the end of a model; also return the removed classes.

    The host computes a `Lambda` and the layers without weights after it. It has the
    model's inputs, so an input that only these layers read is not an output of the
    network.
    """
    layers = {layer.name: layer for layer in model.layers}
    outputs: list[str] = []
    cut: dict[str, str] = {}
    due = list(model.outputs)
    while due:
        name = due.pop(0)
        tail, reads = _find_tail(name, layers)
        if any(layer.kind == "Lambda" for layer in tail):
            cut |= {layer.name: layer.kind for layer in tail}
            due = [*reads, *due]
        elif name not in outputs:
            outputs.append(name)
    rest = tuple(layer for layer in model.layers if layer.name not in cut)
    is_read = any(not cut.keys().isdisjoint(layer.reads) for layer in rest)
    if is_read or not outputs:  # a hidden layer reads a `Lambda`, or nothing is left
        return model, {}
    return replace(model, layers=rest, outputs=tuple(outputs)), cut


def _find_tail(
    name: str, layers: Mapping[str, KerasLayer]
) -> tuple[list[KerasLayer], list[str]]:
    """Return a layer and those before it that the host can compute, back to `Lambda`s.

    Also return the layers that these read, without the model's inputs.
    """
    tail: list[KerasLayer] = []
    reads: list[str] = []
    due = [name]
    seen: set[str] = set()
    while due:
        layer = layers[due.pop(0)]
        if layer.name in seen:
            continue
        seen.add(layer.name)
        if layer.kind == "Lambda" and layer.reads:
            tail.append(layer)
            reads += (read for read in layer.reads if layers[read].reads)
        elif layer.kind in (*ENDING, *CALLS):
            tail.append(layer)
            due += layer.reads
        elif layer.reads:
            reads.append(layer.name)
    return tail, reads


def convert_ends(state: ConversionState) -> Ends | None:
    """Choose the encoder and the readout; return None if a layer was refused."""
    values = [state.values[name] for name in state.model.outputs]
    if any(value.broken for value in values) or state.refused:
        return None
    try:
        draft = _readout(state, values)
    except UnfitError as error:
        advice = "end the model with `GlobalAveragePooling`, or `Flatten`, and `Dense`"
        state.layers[state.model.outputs[0]].refuse(error, advice)
        return None
    _tell(state, draft, values)
    is_pair = draft.shape == (1,) and list(state.finals.values()) == ["sigmoid"]
    if is_pair:
        draft = replace(draft, shape=(2,))
    state.add(draft)
    state.drafts = read_by(state, draft.layer)
    return Ends(
        encoder=encoder_of(state),
        size=_size(state, draft, is_pair=is_pair),
        notes=tuple(_notes(state, values, is_pair=is_pair)),
    )


def _readout(state: ConversionState, values: list[Value]) -> StatementDraft:
    """Return the draft of one readout that computes all outputs.

    Raise UnfitError if its matrix is too large.
    """
    is_one = len(values) == 1 and state.request.readout != "classes"
    only = values[0] if is_one else None
    if only and _has_neurons(state, only):
        image = readout_image(state, _last(only), only)
        if image is not None:
            return image
    vectors = list(map(_flat, values, state.model.outputs))
    value = side_by_side(vectors, "") if len(vectors) > 1 else vectors[0]
    (size,) = value.shape
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
        if only:
            image = readout_image(state, name, keep_inputs(state, name, only))
            if image is not None:
                return image
        raise UnfitError(
            f"it outputs {size} values, for which the readout would need "
            f"{weights} weights, more than {MOST_WEIGHTS}"
        )
    return draft


def _has_neurons(state: ConversionState, value: Value) -> bool:
    before = read_by(state, *(term.source for term in value.terms))
    return any(draft.kind in NEURAL for draft in before.values())


def _flat(value: Value, output: str) -> Value:
    """Return an output as a vector in Keras's order."""
    if value.parts or value.flat:
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


def _tell(state: ConversionState, draft: StatementDraft, values: list[Value]) -> None:
    """Record for each layer in the readout how the readout computes it."""
    for step in draft.steps:
        is_own = step.layer == draft.layer
        if step.op == "norm":
            why = "folded into the readout, which has no batch norm to retrain"
        elif not step.is_kernel and not (is_own and draft.window.kernel):
            continue
        elif len(values) > 1 and step.is_kernel:
            why = (
                "part of the `readout`, on the host, which has the units of all outputs"
            )
        elif is_own and (step.op == "matrix" or draft.window.kernel):
            state.tell(step.layer, "kept", "the `readout`, on the host")
            continue
        elif is_own:
            why = "the `readout`, on the host, as a matrix"
        else:
            why = "its kernel is multiplied into the `readout`, on the host"
        state.tell(step.layer, "rewritten", why)
    for name, value in zip(state.model.outputs, values, strict=True):
        if value.spikes is not None:
            state.layers[name].rewrite(
                "a `readout` after this layer passes on its rates; retraining may use "
                "all weights"
            )


def read_by(state: ConversionState, *keys: str) -> dict[str, StatementDraft]:
    """Return drafts and their direct and indirect sources."""
    due = list(keys)
    seen = set[str]()
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


def _size(state: ConversionState, draft: StatementDraft, *, is_pair: bool) -> str:
    units = draft.shape[-1]
    asked = state.request.readout
    if draft.window.kernel:
        return f"filters {units}"
    if is_pair and asked != "units":
        return "classes 2"
    if asked is not None:
        return f"{asked} {units}"
    loss = loss_name(state.model.compiled)
    finals = set(state.finals.values())
    is_one = len(state.model.outputs) == 1 and units > 1
    is_class_loss = any(name in loss for name in CLASS_LOSSES)
    decides = finals <= {*SOFTMAXES} and (finals or is_class_loss)
    return f"classes {units}" if is_one and decides else f"units {units}"


def _notes(
    state: ConversionState, values: list[Value], *, is_pair: bool
) -> Iterator[str]:
    """Yield what a user must know about the input, the outputs and lost layers."""
    yield from _input_notes(state)
    if len(values) > 1:
        sizes = [prod(value.shape) for value in values]
        listed = _list_ranges(state.model.outputs, sizes)
        yield f"the readout concatenates all outputs: {listed}"
    has_loss = loss_name(state.model.compiled) != ""
    if state.mean:
        yield AT_MEAN.format(mean=state.mean)
    elif not state.finals and not has_loss and state.request.readout is None:
        yield (
            "the model does not say whether its outputs are classes, so the readout "
            "has units; for classes, add `--readout classes`"
        )
    lost = ", ".join(name for name, _ in decisions_about(state.decisions, LostDropout))
    if lost:
        yield (
            f"the spec leaves out {lost}: dropout must directly follow a layer with "
            "one neuron per value"
        )
    for name, final in state.finals.items():
        is_decided = final in SOFTMAXES and len(values) == 1
        if is_pair:
            yield (
                f"the readout outputs 0 and the value of `{name}` before the sigmoid: "
                "class 1 if this value is above 0, where the sigmoid is 0.5"
            )
        elif not is_decided:
            yield f"the readout outputs the values of `{name}` before the {final}"


def _input_notes(state: ConversionState) -> Iterator[str]:
    """Yield how the input of the spec differs from the inputs of the model."""
    parts = state.input.parts
    if parts:
        listed = _list_ranges(parts, parts.values())
        yield f"the input concatenates all inputs, as channels: {listed}"
    changes = list(decisions_about(state.decisions, DataChange))
    if not changes:
        return
    _, last = changes[-1]
    names = ", ".join(name for name, _ in changes if state.layers[name].reads)
    as_in_keras = f", as {names} in Keras" if names else ""
    yield f"{last.todo if parts else last.sentence}{as_in_keras}"


def _list_ranges(names: Iterable[str], sizes: Collection[int]) -> str:
    """Return the range of each vector when the vectors are concatenated."""
    pairs = zip(names, sizes, accumulate(sizes), strict=True)
    return ", ".join(f"{name} {end - size}..{end - 1}" for name, size, end in pairs)


def encoder_of(state: ConversionState) -> str | None:
    """Return the draft that encodes on the host, or None if values become rates."""
    readers = [d for d in state.drafts.values() if INPUT in d.sources]
    shortcuts = any(d.shortcut == INPUT for d in state.drafts.values())
    if state.request.encode == "rate" or len(readers) != 1 or shortcuts:
        return None
    (first,) = readers
    others = [d for d in state.drafts.values() if d is not first and d.kind in NEURAL]
    if not others or not _may_encode(first):
        return None
    if first.layer in state.layers:
        why = (
            "`encode conv`, on the host: exact and without cores (`--encode rate` "
            "puts this layer on the chip)"
        )
        state.revise(first.layer, "", why=why)
    return first.layer


def _may_encode(draft: StatementDraft) -> bool:
    """Whether a statement has only what `encode conv` supports."""
    window = draft.window
    has_curve = any(line.startswith("neuron") for line in draft.properties)
    is_plain = draft.kind == "conv" and draft.shortcut is None and not has_curve
    is_dense = not window.upscale and window.extent == window.kernel
    return is_plain and is_dense and draft.bias != "neuron"
