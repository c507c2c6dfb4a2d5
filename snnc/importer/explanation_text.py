"""An explanation for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.decisions import VERDICTS, Decision, Verdict
from snnc.importer.explanation import Explained, Explanation, Placed
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

HEAD: Cells = ("layer", "kind", "shape", "neurons", "cores")
PART = "cores of the other layers, with relu instead of a refused activation"
UNREACHED = "not reached: its input is refused"
TOO_LARGE = "the network does not fit, as the diagnostics explain"
ALONE = "cores: even the other layers alone do not fit"
WIDTH = max(map(len, VERDICTS.values())) + 2


def text(explanation: Explanation) -> str:
    """Return one block per layer, then the network's cost."""
    by = " ".join(filter(None, (explanation.tool, explanation.keras)))
    lines = [f"{explanation.model}, a {by} model", ""]
    for layer in explanation.layers:
        lines += [*_layer(layer), ""]
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


def _layer(layer: Explained) -> Iterator[str]:
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
