"""An explanation for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importer.decision import VERDICTS
from snnc.importer.explain.explanation import Explained, Explanation
from snnc.importer.explain.text import HEAD, cells, grouped


def markdown(explanation: Explanation) -> str:
    """Write a table of layers and one of cores."""
    lines = [
        f"## `{_cell(explanation.model)}`",
        "",
        "| layer | becomes | nengo_dl.Converter | nengo-loihi |",
        "|---|---|---|---|",
        *map(_row, explanation.layers),
        "",
        *_end(explanation),
    ]
    return "\n".join(lines) + "\n"


def _row(layer: Explained) -> str:
    told = []
    for verdict, sentence, remedy in grouped(layer.decisions):
        way = f" ({remedy})" if remedy else ""
        told.append(f"**{VERDICTS[verdict]}** {sentence}{way}".strip())
    becomes = "<br>".join(told) or "not reached: what it reads is refused"
    found = layer.prediction
    others = ("", "")
    if found is not None:
        why = f": {found.why}" if found.why else ""
        others = (f"{found.converter}{why}", found.loihi)
    row = (f"`{layer.name}` ({layer.kind})", becomes, *others)
    return f"| {' | '.join(map(_cell, row))} |"


def _end(explanation: Explanation) -> Iterator[str]:
    if explanation.is_refused:
        yield "No spec: a layer is refused."
        return
    yield f"- encoding: {explanation.encode}"
    yield from (f"- {note}" for note in explanation.notes)
    yield ""
    if not explanation.network:
        yield "It does not fit, as the diagnostics say."
        return
    yield f"| {' | '.join(HEAD)} |"
    yield "|---|---|---|---:|---:|"
    for placed in explanation.network:
        yield f"| {' | '.join(map(_cell, cells(placed)))} |"
    yield ""
    yield f"{explanation.cores} core{'' if explanation.cores == 1 else 's'} in all."


def _cell(text: str) -> str:
    """Return text that breaks no table."""
    return text.replace("|", "\\|").replace("\n", " ")
