"""Convert a Keras model to a spec, and report what can't be converted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.importer.builder import SpecBuilder
from snnc.importer.context import ENDING, ImportContext
from snnc.importer.decisions import (
    AppliedRewrite,
    Approximation,
    Decision,
    KeptPenalty,
    Rule,
    decisions_about,
)
from snnc.importer.drafted import DraftedSpec
from snnc.importer.ends import add_ends
from snnc.importer.model import (
    REWRITES,
    ImportRequest,
    KerasLayer,
    KerasModel,
    ModelWeights,
)
from snnc.importer.refusals import RefusedModelError
from snnc.importer.sampling import cut_at_mean
from snnc.importer.spec import LOST_PENALTY, WrittenSpec, cores_text, write
from snnc.importer.spec_input import SpecInput

# `arithmetic` and `pooling` register readers.
from snnc.importer.table import arithmetic, pooling, read_layer  # noqa: F401
from snnc.importer.table.inputs import OPEN_SIZES, set_open_sizes, sizes_of
from snnc.importer.values import (
    COUNTS,
    Drafts,
)
from snnc.loihi.plan import PlanCache
from snnc.rules.imports import (
    ActivationApproximated,
    InputRefused,
    MaxPoolRefused,
    RewriteUnused,
)
from snnc.source import Span, whole_file

Cause = tuple[Rule, str, str, str]
"""The rule, the option, the reason and the remedy of a refusal."""
CALLS = (
    "TFOpLambda", "Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average",
    "Concatenate",
)  # fmt: skip
"""Layers without weights that the host can compute after a `Lambda`."""
ENCODES = (
    "`encode conv`, on the host: exact and without cores (`--encode rate` puts this "
    "layer on the chip)"
)
UPSAMPLES = "`upsample`, without neurons or cores"
WEIGHTED = ("Conv", "Dense", "Depthwise", "Separable", "BatchNorm", "PReLU", "Norm")
"""Prefixes of the imported classes with weights."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of a conversion.

    Attributes
    ----------
    builder :
        What the layers added; its model lacks the layers that the host computes.
    decisions :
        All decisions, in the order of the layers.
    written, problems :
        The spec, or None if a layer was refused, and reasons for refusals or warnings.
    """

    model: KerasModel
    builder: SpecBuilder
    decisions: tuple[Decision, ...]
    written: WrittenSpec | None
    problems: tuple[Diagnostic, ...]


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
    builder, drafted = _read_layers(model, request, weights)
    written = None if drafted is None else write(drafted)
    lost = () if written is None else written.lost_penalties
    reasons = _reasons_of_statements(builder.drafts, drafted)
    # How to explain some layers depends on the layers after them.
    revised = [_revise(decision, reasons, lost) for decision in builder.decisions]
    decisions = [
        _suggest_sizes(decision, builder.context, model) for decision in revised
    ]
    decisions += _decide_rest(builder)
    places = {layer.name: place for place, layer in enumerate(model.layers)}
    decisions.sort(key=lambda d: (places[d.layer], d.option != ""))
    return Conversion(
        model=model,
        builder=builder,
        decisions=tuple(decisions),
        written=written,
        problems=tuple(_diagnose(request, decisions, model, path)),
    )


def _read_layers(
    model: KerasModel, request: ImportRequest, weights: ModelWeights | None
) -> tuple[SpecBuilder, DraftedSpec | None]:
    """Read all layers; also return all statements, or None if a layer was refused."""
    rest, cut = without_lambdas(model)
    encoder, mean = cut_at_mean(rest)
    context = ImportContext(encoder, request, weights, mean)
    spec = SpecBuilder(context, SpecInput(request.values))
    # The loop over layers doesn't see the removed ones, so decide on them here.
    for layer in rest.layers:
        if layer.name not in context.layers:
            why = f"removed: the network ends at the mean, `{mean}`"
            spec.decide(Decision(layer.name, "", "rewritten", why))
    for name, kind in cut.items():
        if kind == "Lambda":
            # A note says which code the host still has to run.
            spec.finals[name] = kind
        why = "removed: at the end of the model, the host can compute it"
        spec.decide(Decision(name, "", "rewritten", why))
    for layer in encoder.layers:
        read_layer(spec, layer.name)
    return spec, add_ends(spec)


def _reasons_of_statements(
    drafts: Drafts, drafted: DraftedSpec | None
) -> Mapping[str, str]:
    """Return why to keep the layers with statements that only their readers decide."""
    upsampled = [d.owner for d in drafts.values() if d.kind == "upsample"]
    reasons = dict.fromkeys(upsampled, UPSAMPLES)
    if drafted is not None and drafted.encoder is not None:
        reasons[drafted.encoder] = ENCODES
    return reasons


def _revise(
    decision: Decision, reasons: Mapping[str, str], lost: Sequence[str]
) -> Decision:
    """Correct a decision that depends on statements of later layers.

    ``lost`` are the layers whose L2 penalty the spec has no place for.
    """
    is_kept = decision.verdict in ("kept", "rewritten") and not decision.option
    if is_kept and decision.layer in reasons:
        return replace(decision, why=reasons[decision.layer])
    if decision.layer in lost and isinstance(decision.topic, KeptPenalty):
        return replace(decision, verdict="training", why=f"not kept: {LOST_PENALTY}")
    return decision


def _suggest_sizes(
    decision: Decision, context: ImportContext, model: KerasModel
) -> Decision:
    """Advise to set an open input to the size with which most layers are imported."""
    if decision.rule is not InputRefused:
        return decision
    sizes = sizes_of(context.layers[context.inputs[0]])
    if None not in sizes:
        return decision
    refused_layers: dict[int, int] = {}
    # Whether a layer can be imported may depend on the size, so try some.
    for size in OPEN_SIZES:
        shape = tuple(each or size for each in sizes)
        request = replace(context.request, shape=shape)
        try:
            tried, _ = _read_layers(model, request, context.weights)
        except RefusedModelError:
            continue
        refused_layers[size] = len(tried.refused)
        if not tried.refused:
            break
    if not refused_layers:
        return decision
    best = min(refused_layers, key=lambda size: refused_layers[size])
    return replace(decision, remedy=set_open_sizes(sizes, best))


def _decide_rest(spec: SpecBuilder) -> Iterator[Decision]:
    """Yield a verdict on each layer without one, even if its sources were refused."""
    for layer in spec.context.model.layers:
        if layer.shares and layer.kind.startswith(WEIGHTED):
            why = (
                f"shared with `{layer.shares}` in Keras; retraining changes them "
                "separately"
            )
            yield Decision(layer.name, "weights of its own", "rewritten", why)
        if layer.name in spec.judged:
            continue
        why = "in the kernels that read it"
        if spec.values[layer.name].broken:
            why = "as soon as its input can be imported"
        yield Decision(layer.name, "", "kept", why)


def _diagnose(
    request: ImportRequest,
    decisions: Sequence[Decision],
    model: KerasModel,
    path: str,
) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each cause of refusals, in the order of the layers.

    If no layer was refused, yield one for each activation that neurons approximate, and
    for each rewrite that no layer needs.
    """
    span = whole_file(Path(path))
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes = _refused_layers(decisions)
    is_pool = any(rule is MaxPoolRefused for rule, *_ in causes)
    # Costs take an import per rewrite, and only this message shows them.
    costs = ", ".join(_pool_costs(model, request, path)) if is_pool else ""
    for (rule, option, why, remedy), layers in causes.items():
        yield rule(
            span=span,
            layers=tuple(layers),
            kinds=tuple(dict.fromkeys(kinds[layer] for layer in layers)),
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


def _refused_layers(decisions: Sequence[Decision]) -> dict[Cause, dict[str, None]]:
    """Return the layers that were refused for each cause, in order and once each."""
    causes: dict[Cause, dict[str, None]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), {})
            layers[d.layer] = None
    return causes


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
    # The variants have layers in common, whose plans the cache keeps.
    offered = () if request.rewrite("maxpool") else REWRITES["maxpool"]
    for by in offered:
        with_rewrite = replace(request, rewrites=(*request.rewrites, ("maxpool", by)))
        try:
            written = convert(model, with_rewrite, path).written
        except RefusedModelError:  # its spec is too long
            continue
        if written is None:
            continue
        if text := cores_text(written, request, cache):
            yield f"{by}{text}"


def without_lambdas(model: KerasModel) -> tuple[KerasModel, dict[str, str]]:
    """Remove each `Lambda` at the end of a model, and the weightless layers after it.

    Also return the class of each removed layer by name. The host computes these layers.
    It has the model's inputs, so an input that only these layers read is not an output
    of the network. Return the model unchanged if another layer reads a removed one, or
    if no output would remain.
    """
    outputs, cut = _cut_tails(model)
    rest = tuple(layer for layer in model.layers if layer.name not in cut)
    is_read = any(not cut.keys().isdisjoint(layer.reads) for layer in rest)
    if is_read or not outputs:  # a hidden layer reads a `Lambda`, or nothing is left
        return model, {}
    return replace(model, layers=rest, outputs=outputs), cut


def _cut_tails(model: KerasModel) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the outputs without each `Lambda` at the end, and the removed classes."""
    layers = {layer.name: layer for layer in model.layers}
    outputs: dict[str, None] = {}
    cut: dict[str, str] = {}
    due = list(model.outputs)
    while due:
        name = due.pop(0)
        tail, reads = _find_tail(name, layers)
        if any(layer.kind == "Lambda" for layer in tail):
            cut |= {layer.name: layer.kind for layer in tail}
            # First, so that the new outputs take the place of the removed one.
            due = [*reads, *due]
        else:
            outputs[name] = None
    return tuple(outputs), cut


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
