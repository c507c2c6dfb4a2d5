"""An explanation for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.decisions import VERDICTS, Decision, Verdict
from snnc.importer.explanation import Explained, Explanation, Placed
from snnc.text.tables import Cells, Row, code, columns, printable, prose, table

HEAD: Cells = ("layer", "kind", "shape", "neurons", "cores")
PART = "what the others take, relu in place of a refused activation"
ALONE = "cores: the others alone do not fit"
WIDTH = max(map(len, VERDICTS.values())) + 2


def text(explanation: Explanation) -> str:
    """Return one block per layer, then the network's cost."""
    by = " ".join(filter(None, (explanation.tool, explanation.keras)))
    lines = [f"{explanation.model}, a model of {by}", ""]
    for layer in explanation.layers:
        lines += [*_layer(layer), ""]
    if explanation.is_refused:
        lines.append("no spec: a layer is refused")
        if explanation.network:
            lines += ["", PART, "", *_table(explanation)]
        elif explanation.is_part:
            lines.append(ALONE)
        return _joined(lines)
    lines.append(f"encoding: {explanation.encode}")
    lines += [f"note: {note}" for note in explanation.notes]
    if not explanation.network:
        lines.append("cores: it does not fit, as the diagnostics say")
        return _joined(lines)
    lines += ["", *_table(explanation)]
    return _joined(lines)


def _table(explanation: Explanation) -> Iterator[str]:
    rows = [cells(placed) for placed in explanation.network]
    yield from columns(HEAD, rows, ("layer", "kind", "shape"))
    yield ""
    yield _total(explanation)


def _total(explanation: Explanation) -> str:
    cores = f"{explanation.cores} core{'' if explanation.cores == 1 else 's'}"
    return f"{cores} so far" if explanation.is_refused else f"{cores} in all"


def _joined(lines: list[str]) -> str:
    return "\n".join(map(printable, lines)) + "\n"


def cells(placed: Placed) -> Cells:
    """Return a row of the table of cores."""
    shape = "x".join(map(str, placed.shape))
    neurons = str(placed.neurons) if placed.neurons else ""
    cores = "host" if placed.cores is None else str(placed.cores)
    return (placed.name, placed.kind, shape, neurons, cores)


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
        yield "  not reached: what it reads is refused"


LAYERS = ("layer", "becomes")


def markdown(explanation: Explanation) -> str:
    """Return a table of layers and one of cores, as Markdown."""
    lines = [
        f"## {code(explanation.model)}",
        "",
        *table(LAYERS, list(map(_row, explanation.layers))),
        "",
        *_end(explanation),
    ]
    return "\n".join(lines) + "\n"


def _row(layer: Explained) -> Row:
    sentences = []
    for verdict, sentence, remedy in grouped(layer.decisions):
        way = f" ({remedy})" if remedy else ""
        sentences.append(f"**{VERDICTS[verdict]}** {prose(sentence + way)}".strip())
    becomes = "<br>".join(sentences) or "not reached: what it reads is refused"
    return (f"{code(layer.name)} ({prose(layer.kind)})", becomes)


def _end(explanation: Explanation) -> Iterator[str]:
    if explanation.is_refused:
        yield "No spec: a layer is refused."
        if explanation.network:
            yield from ("", f"{PART.capitalize()}:", "", *_cores(explanation))
        elif explanation.is_part:
            yield f"{ALONE.capitalize()}."
        return
    yield f"- encoding: {prose(explanation.encode)}"
    yield from (f"- {prose(note)}" for note in explanation.notes)
    yield ""
    if not explanation.network:
        yield "It does not fit, as the diagnostics say."
        return
    yield from _cores(explanation)


def _cores(explanation: Explanation) -> Iterator[str]:
    rows = [tuple(map(prose, cells(placed))) for placed in explanation.network]
    yield from table(HEAD, rows, right=(3, 4))
    yield ""
    yield f"{_total(explanation)}."
