"""An explanation for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.decision import VERDICTS
from snnc.importer.explain.explanation import Explained, Explanation
from snnc.importer.explain.text import HEAD, cells, grouped
from snnc.report.gfm import Row, code, prose, table

LAYERS = ("layer", "becomes", "nengo_dl.Converter", "nengo-loihi")


def markdown(explanation: Explanation) -> str:
    """Write a table of layers and one of cores."""
    lines = [
        f"## {code(explanation.model)}",
        "",
        *table(LAYERS, [_row(layer) for layer in explanation.layers]),
        "",
        *_end(explanation),
    ]
    return "\n".join(lines) + "\n"


def _row(layer: Explained) -> Row:
    told = []
    for verdict, sentence, remedy in grouped(layer.decisions):
        way = f" ({remedy})" if remedy else ""
        told.append(f"**{VERDICTS[verdict]}** {prose(sentence + way)}".strip())
    becomes = "<br>".join(told) or "not reached: what it reads is refused"
    found = layer.prediction
    others = ("", "")
    if found is not None:
        why = f": {found.why}" if found.why else ""
        others = (prose(f"{found.converter}{why}"), prose(found.loihi))
    return (f"{code(layer.name)} ({prose(layer.kind)})", becomes, *others)


def _end(explanation: Explanation) -> Iterator[str]:
    if explanation.is_refused:
        yield "No spec: a layer is refused."
        return
    yield f"- encoding: {prose(explanation.encode)}"
    yield from (f"- {prose(note)}" for note in explanation.notes)
    yield ""
    if not explanation.network:
        yield "It does not fit, as the diagnostics say."
        return
    rows = [tuple(map(prose, cells(placed))) for placed in explanation.network]
    yield from table(HEAD, rows, right=(3, 4))
    yield ""
    yield f"{explanation.cores} core{'' if explanation.cores == 1 else 's'} in all."
