"""The content of ``--explain``, for the terminal, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import asdict, dataclass
from typing import Any

from snnc.diagnostics import Diagnostics
from snnc.importer.convert import Conversion, compile_written
from snnc.importer.decisions import VERDICTS, Decision, Verdict
from snnc.importer.draft import INPUT, StatementDraft
from snnc.importer.ends import NEURAL, NetworkEnds, encoder_of, read_by
from snnc.importer.linear import Shape
from snnc.importer.model import RefusedModelError
from snnc.importer.spec import WrittenSpec, write
from snnc.importer.state import ConversionState
from snnc.ir.mapped import MappedNetwork
from snnc.passes import Compilation
from snnc.text.tables import (
    Cells,
    Row,
    code,
    columns,
    counted,
    dims,
    printable,
    prose,
    table,
)

UNREAD = "unread"
JSON_VERSION = 1
HEAD: Cells = ("layer", "kind", "shape", "neurons", "cores")
PART = "cores of the other layers, with relu instead of a refused activation"
UNREACHED = "not reached: its input is refused"
TOO_LARGE = "the network does not fit, as the diagnostics explain"
ALONE = "cores: even the other layers alone do not fit"
WIDTH = max(map(len, VERDICTS.values())) + 2


@dataclass(frozen=True, slots=True)
class Explained:
    """A Keras layer, and the decisions on it."""

    name: str
    kind: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the spec and its number of cores; None for a layer on the host."""

    name: str
    kind: str
    shape: Shape
    neurons: int
    cores: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole explanation.

    Attributes
    ----------
    network :
        The layers of the spec with their cores; empty if the spec does not fit. If a
        layer was refused, ``network`` contains the layers that could be drafted.
    is_part :
        Whether a layer was refused but other layers were drafted.
    """

    model: str
    tool: str
    keras: str | None
    layers: tuple[Explained, ...]
    notes: tuple[str, ...]
    network: tuple[Placed, ...]
    is_refused: bool
    is_part: bool
    encode: str

    @property
    def cores(self) -> int:
        return sum(placed.cores or 0 for placed in self.network)


def explain(conversion: Conversion, compilation: Compilation | None) -> Explanation:
    """Create an explanation.

    Parameters
    ----------
    compilation :
        The result of the compiler's passes over the spec.
    """
    model, written = conversion.model, conversion.written
    by_layer: dict[str, list[Decision]] = {layer.name: [] for layer in model.layers}
    for decision in conversion.decisions:
        by_layer[decision.layer].append(decision)
    layers = tuple(
        Explained(
            layer.name,
            str(layer.options.get("node", layer.kind)),
            tuple(by_layer[layer.name]),
        )
        for layer in model.layers
    )
    mapped = None if compilation is None else compilation.mapped
    part = None if conversion.state is None else written_part(conversion.state)
    if part is not None:
        _, made = compile_written(part, "part.snn", Diagnostics(), conversion.request)
        mapped = made.mapped
    return Explanation(
        model=model.name,
        tool=model.tool,
        keras=model.keras,
        layers=layers,
        notes=() if written is None else written.notes,
        network=() if mapped is None else tuple(_list_places(mapped, written is None)),
        is_refused=written is None,
        is_part=part is not None,
        encode="" if conversion.ends is None else _encode(conversion),
    )


def _encode(conversion: Conversion) -> str:
    assert conversion.ends is not None
    if conversion.ends.encoder is not None:
        return (
            f"{conversion.ends.encoder} encodes on the host: exact and without cores "
            "(`--encode rate` puts this layer on the chip)"
        )
    return "input values become rates: exact, but every layer takes cores"


def _list_places(mapped: MappedNetwork, is_part: bool) -> Iterator[Placed]:
    network = mapped.lowered.network
    for layer in network.layers:
        levels = mapped.of_layer(layer.name)
        if not levels:
            continue
        neurons = sum(level.population.neurons for level in levels)
        cores = sum(level.cores for level in levels) or None
        yield Placed(layer.name, layer.kind, layer.shape, neurons, cores)
    readout = network.readout
    if is_part:  # the readout was only added to count cores
        return
    yield Placed(readout.name, "readout", readout.shape, 0, None)


def written_part(state: ConversionState) -> WrittenSpec | None:
    """Write the drafts as a spec whose only purpose is to count cores.

    ReLU replaces refused activations, and a readout of one unit reads all outputs that
    have no reader. The result is None without neurons.
    """
    drafts = list(state.drafts.values())
    read = {key for draft in drafts for key in (*draft.sources, draft.shortcut)}
    ends = [draft for draft in drafts if draft.layer not in read]
    if not ends or not any(draft.kind in NEURAL for draft in drafts):
        return None
    trial = copy(state)
    trial.decisions, trial.drafts = list(state.decisions), dict(state.drafts)
    last = ends[-1]
    beside = [d for d in ends if d.shape[:-1] == last.shape[:-1]]
    source = last.layer
    if len(beside) > 1:
        shape = (*last.shape[:-1], sum(draft.shape[-1] for draft in beside))
        source = trial.join(UNREAD, tuple(draft.layer for draft in beside), shape)
    key = trial.free(UNREAD)
    trial.add(StatementDraft(layer=key, kind="readout", sources=(source,), shape=(1,)))
    trial.drafts = read_by(trial, key)
    if not any(INPUT in draft.sources for draft in trial.drafts.values()):
        return None
    try:
        return write(
            trial, NetworkEnds(encoder_of(trial, key), key, "units 1", False, ())
        )
    except RefusedModelError:  # the spec is too long to be read
        return None


def document(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation for JSON.

    ``network`` is null if the spec does not fit. If a layer was refused, ``network``
    contains the drafted layers. A layer on the host has 0 ``cores``.
    """
    network = None
    if explanation.network:
        network = {
            "cores": explanation.cores,
            "layers": [
                asdict(placed) | {"cores": placed.cores or 0}
                for placed in explanation.network
            ],
        }
    return {
        "version": JSON_VERSION,
        "model": explanation.model,
        "tool": explanation.tool,
        "keras": explanation.keras if explanation.tool == "Keras" else None,
        "refused": explanation.is_refused,
        "layers": [_layer(layer) for layer in explanation.layers],
        "encode": explanation.encode,
        "notes": list(explanation.notes),
        "network": network,
    }


def _layer(layer: Explained) -> dict[str, Any]:
    keys = ("option", "verdict", "why", "remedy")
    return {
        "name": layer.name,
        "kind": layer.kind,
        "decisions": [{key: getattr(d, key) for key in keys} for d in layer.decisions],
        "converter": None,  # keys stay within a JSON version
    }


def text(explanation: Explanation) -> str:
    """Return one block per layer, then the network's cost."""
    by = " ".join(filter(None, (explanation.tool, explanation.keras)))
    lines = [f"{explanation.model}, a {by} model", ""]
    for layer in explanation.layers:
        lines += [*_layer_lines(layer), ""]
    rows = [cells(placed) for placed in explanation.network]
    cores = [*columns(HEAD, rows, ("layer", "kind", "shape")), "", _total(explanation)]
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
    return "\n".join(map(printable, lines)) + "\n"


def _total(explanation: Explanation) -> str:
    where = "so far" if explanation.is_refused else "in all"
    return f"{counted(explanation.cores, 'core')} {where}"


def cells(placed: Placed) -> Cells:
    """Return a row of the table of cores."""
    neurons = str(placed.neurons) if placed.neurons else ""
    cores = "host" if placed.cores is None else str(placed.cores)
    return (placed.name, placed.kind, dims(placed.shape), neurons, cores)


def grouped(decisions: tuple[Decision, ...]) -> Iterator[tuple[Verdict, str, str]]:
    """Yield verdict, sentence and remedy; options with equal ones share a line."""
    groups: dict[tuple[Verdict, str, str], list[str]] = {}
    for decision in sorted(decisions, key=lambda decision: bool(decision.option)):
        key = (decision.verdict, decision.why, decision.remedy)
        groups.setdefault(key, []).append(decision.option)
    for (verdict, why, remedy), options in groups.items():
        named = ", ".join(option for option in options if option)
        yield verdict, ": ".join(filter(None, (named, why))), remedy


def _layer_lines(layer: Explained) -> Iterator[str]:
    yield f"{layer.name} ({layer.kind})"
    for verdict, sentence, remedy in grouped(layer.decisions):
        yield f"  {VERDICTS[verdict]:<{WIDTH}}{sentence}".rstrip()
        if remedy:
            yield f"  {'':<{WIDTH}}{remedy}"
    if not layer.decisions:
        yield f"  {UNREACHED}"


def markdown(explanation: Explanation) -> str:
    """Return a table of layers and one of cores, as Markdown."""
    rows = [tuple(map(prose, cells(placed))) for placed in explanation.network]
    cores = [*table(HEAD, rows, right=(3, 4)), "", f"{_total(explanation)}."]
    lines = [f"## {code(explanation.model)}", ""]
    lines += [*table(("layer", "becomes"), list(map(_row, explanation.layers))), ""]
    if explanation.is_refused:
        lines.append("No spec: a layer is refused.")
        if rows:
            lines += ["", f"{PART.capitalize()}:", "", *cores]
        elif explanation.is_part:
            lines.append(f"{ALONE.capitalize()}.")
    else:
        lines.append(f"- encoding: {prose(explanation.encode)}")
        lines += [f"- {prose(note)}" for note in explanation.notes]
        lines += ["", *(cores if rows else [f"{TOO_LARGE.capitalize()}."])]
    return "\n".join(lines) + "\n"


def _row(layer: Explained) -> Row:
    sentences = []
    for verdict, sentence, remedy in grouped(layer.decisions):
        way = f" ({remedy})" if remedy else ""
        sentences.append(f"**{VERDICTS[verdict]}** {prose(sentence + way)}".strip())
    name = f"{code(layer.name)} ({prose(layer.kind)})"
    return (name, "<br>".join(sentences) or UNREACHED)
