"""The content of ``--explain``, for the terminal and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from snnc.diagnostics import Diagnostics
from snnc.importer.builder import SpecBuilder
from snnc.importer.convert import Conversion
from snnc.importer.decisions import Decision
from snnc.importer.drafted import DraftedSpec
from snnc.importer.ends import NEURAL, encoder_of, read_by
from snnc.importer.linear import Shape
from snnc.importer.model import KerasModel
from snnc.importer.refusals import RefusedModelError
from snnc.importer.spec import WrittenSpec, compile_written, write
from snnc.importer.values import INPUT, StatementDraft
from snnc.ir.mapped import MappedNetwork
from snnc.passes import Compilation
from snnc.text import tables

TRAINING = "training only"
UNREAD = "unread"
JSON_VERSION = 1
HEAD: tables.Cells = ("layer", "kind", "shape", "neurons", "cores")
PART = "cores of the other layers, with relu instead of a refused activation"
UNREACHED = "not reached: its input is refused"
TOO_LARGE = "the network does not fit, as the diagnostics explain"
ALONE = "cores: even the other layers alone do not fit"
WIDTH = len(TRAINING) + 2
OWNER = re.compile(r"(?<=of `)[^`]+(?=`)")
"""The name in Keras of a layer of the spec."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the spec and its number of cores; 0 for a layer on the host."""

    name: str
    kind: str
    shape: Shape
    neurons: int
    cores: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The name, the kind and the decisions of each layer of a model, and the costs.

    ``network`` is empty if the spec does not fit. If a layer was refused, ``encode`` is
    empty. If other layers were drafted, ``is_part`` is true and ``network`` has these.
    """

    model: KerasModel
    layers: tuple[tuple[str, str, list[Decision]], ...]
    encode: str
    notes: tuple[str, ...]
    network: tuple[Placed, ...]
    is_refused: bool
    is_part: bool

    @property
    def cores(self) -> int:
        return sum(placed.cores for placed in self.network)

    @property
    def total(self) -> str:
        where = "so far" if self.is_refused else "in all"
        return f"{tables.counted(self.cores, 'core')} {where}"


def explain(
    conversion: Conversion, compilation: Compilation | None, notes: tuple[str, ...]
) -> Explanation:
    """Create an explanation; ``compilation`` is the result of compiling the spec."""
    model = conversion.model
    written = conversion.written
    mapped = None if compilation is None else compilation.mapped
    part = _write_part(conversion.builder) if written is None else None
    if part is not None:
        request = conversion.builder.context.request
        _, compiled = compile_written(part, "part.snn", Diagnostics(), request)
        mapped = compiled.mapped
    spec = written or part
    names = {} if spec is None else spec.names
    by_layer: dict[str, list[Decision]] = {layer.name: [] for layer in model.layers}
    for decision in conversion.decisions:
        # Reasons name Keras layers, whose names may differ in the spec.
        named = OWNER.sub(lambda match: names.get(match[0], match[0]), decision.why)
        by_layer[decision.layer].append(replace(decision, why=named))
    return Explanation(
        model=model,
        layers=tuple(
            (layer.name, str(layer.options.get("node", layer.kind)), decisions)
            for layer, decisions in zip(model.layers, by_layer.values(), strict=True)
        ),
        encode=_describe_encoding(conversion),
        notes=() if written is None else notes,
        network=tuple(_list_places(mapped, is_part=part is not None)),
        is_refused=written is None,
        is_part=part is not None,
    )


def _describe_encoding(conversion: Conversion) -> str:
    """Say where the input is encoded; return "" if a layer was refused."""
    written = conversion.written
    if written is None:
        return ""
    encoder = written.drafted.encoder
    if encoder is None:
        return "input values become rates: exact, but every layer takes cores"
    return (
        f"{written.names[encoder]} encodes on the host: exact and without "
        "cores (`--encode rate` puts this layer on the chip)"
    )


def _list_places(mapped: MappedNetwork | None, *, is_part: bool) -> Iterator[Placed]:
    """Yield each layer with neurons, and the readout unless the network is a part."""
    if mapped is None:
        return
    network = mapped.lowered.network
    for layer in network.layers:
        levels = mapped.of_layer(layer.name)
        if levels:
            neurons = sum(level.population.neurons for level in levels)
            cores = sum(level.cores for level in levels)
            yield Placed(layer.name, layer.kind, layer.shape, neurons, cores)
    readout = network.readout
    if not is_part:  # in a part, the readout was only added to count cores
        yield Placed(readout.name, "readout", readout.shape, 0, 0)


def _write_part(builder: SpecBuilder) -> WrittenSpec | None:
    """Write the drafts as a spec whose only purpose is to count cores.

    ReLU replaces refused activations, and a readout of one unit reads all
    statements without a reader. Return None if no layer has neurons.
    """
    if not any(draft.kind in NEURAL for draft in builder.drafts.values()):
        return None
    # The conversion itself stays as it is.
    drafts = dict(builder.drafts)
    spec = replace(builder, drafts=drafts, shared=dict(builder.shared))
    source = _join_ends(spec, _unread_drafts(builder))
    key = spec.free(UNREAD)
    spec.add(StatementDraft(key, "readout", (source,), (1,)))
    read_drafts = read_by(drafts, key)
    if not any(INPUT in draft.sources for draft in read_drafts.values()):
        return None
    part = DraftedSpec(
        context=spec.context,
        input=spec.input,
        finals={},
        drafts=read_drafts,
        encoder=encoder_of(read_drafts, spec.context.request),
        size="units 1",
    )
    try:
        return write(part)
    except RefusedModelError:  # the spec is too long to be read
        return None


def _join_ends(spec: SpecBuilder, ends: list[StatementDraft]) -> str:
    """Join the last draft with others of its image size; return the new key."""
    last = ends[-1]
    same_size = [draft for draft in ends if draft.shape[:-1] == last.shape[:-1]]
    if len(same_size) == 1:
        return last.layer
    channels = sum(draft.shape[-1] for draft in same_size)
    sources = tuple(draft.layer for draft in same_size)
    return spec.join(UNREAD, sources, (*last.shape[:-1], channels))


def _unread_drafts(builder: SpecBuilder) -> list[StatementDraft]:
    """Return the drafts that no other draft reads; the last draft is one of them."""
    drafts = list(builder.drafts.values())
    read = {key for draft in drafts for key in draft.reads}
    return [draft for draft in drafts if draft.layer not in read]


def document(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation for JSON.

    ``network`` is null if the spec does not fit. If a layer was refused, ``network``
    contains the drafted layers. A layer on the host has 0 ``cores``.
    """
    model = explanation.model
    network = None
    if explanation.network:
        layers = [asdict(placed) for placed in explanation.network]
        network = {"cores": explanation.cores, "layers": layers}
    keys = ("option", "verdict", "why", "remedy")
    return {
        "version": JSON_VERSION,
        "model": model.name,
        "tool": model.tool,
        "keras": model.keras if model.tool == "Keras" else None,
        "refused": explanation.is_refused,
        "layers": [
            {
                "name": name,
                "kind": kind,
                "decisions": [
                    {key: getattr(d, key) for key in keys} for d in decisions
                ],
                "converter": None,  # keys stay within a JSON version
            }
            for name, kind, decisions in explanation.layers
        ],
        "encode": explanation.encode,
        "notes": list(explanation.notes),
        "network": network,
    }


def text(explanation: Explanation) -> str:
    """Return one block per layer, then the network's cost."""
    model = explanation.model
    by = " ".join(filter(None, (model.tool, model.keras)))
    lines = [f"{model.name}, a {by} model", ""]
    for layer, kind, decisions in explanation.layers:
        lines += [f"{layer} ({kind})", *_decision_lines(decisions), ""]
    rows = [cells(placed) for placed in explanation.network]
    cores = [*tables.TextTable.of(HEAD, rows, HEAD[:3]).lines(), "", explanation.total]
    if explanation.is_refused:
        lines.append("no spec: a layer is refused")
        if rows:
            lines += ["", PART, "", *cores]
        elif explanation.is_part:
            lines.append(ALONE)
    else:
        lines.append(f"encoding: {explanation.encode}")
        lines += [f"note: {note}" for note in explanation.notes]
        lines += ["", *cores] if rows else [f"cores: {TOO_LARGE}"]
    return "\n".join(map(tables.printable, lines)) + "\n"


def _decision_lines(decisions: list[Decision]) -> Iterator[str]:
    """Yield what the explanation says about a layer."""
    for verdict, sentence, remedy in grouped(decisions):
        yield f"  {verdict:<{WIDTH}}{sentence}".rstrip()
        if remedy:
            yield f"  {'':<{WIDTH}}{remedy}"
    if not decisions:
        yield f"  {UNREACHED}"


def cells(placed: Placed) -> tables.Cells:
    """Return a row of the table of cores."""
    neurons = str(placed.neurons) if placed.neurons else ""
    cores = str(placed.cores) if placed.cores else "host"
    return (placed.name, placed.kind, tables.dims(placed.shape), neurons, cores)


def grouped(decisions: list[Decision]) -> Iterator[tuple[str, str, str]]:
    """Yield verdict, sentence and remedy.

    Decisions that differ only in their option share a sentence, which begins with
    these options.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    # The decisions on the layer itself come before those on its options.
    for decision in sorted(decisions, key=lambda decision: bool(decision.option)):
        verdict = TRAINING if decision.verdict == "training" else decision.verdict
        key = (verdict, decision.why, decision.remedy)
        groups.setdefault(key, []).append(decision.option)
    for (verdict, why, remedy), options in groups.items():
        named = ", ".join(option for option in options if option)
        yield verdict, ": ".join(filter(None, (named, why))), remedy
