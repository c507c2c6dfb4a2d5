"""The report for a comment on a pull request: ``snnc report --format markdown``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from snnc.report import maxima, text
from snnc.report.sentences import caption, totals
from snnc.report.summary import Summary
from snnc.text.tables import Cells, code, prose, table, without_empty


def render(summary: Summary, why: bool = False) -> str:
    """Write the tables of the report as GitHub's Markdown, ending with a line end.

    Parameters
    ----------
    summary
        What the network takes and does.
    why
        Whether to say in words what keeps layers from fewer cores.
    """
    return "\n\n".join(_blocks(summary, why)) + "\n"


def _blocks(summary: Summary, why: bool) -> Iterator[str]:
    yield f"### {code(summary.network.name)}"
    if about := " ".join((summary.network.about or "").split()):
        yield prose(about)
    yield _table(text.LAYERS, text.layers(summary))
    yield prose(" ".join(caption(summary)))
    yield _table(text.USE, text.use(summary))
    yield _listed(chain(totals(summary), maxima.notes(summary)))
    if why and summary.on_chip:
        yield f"{text.WHY}:"
        yield _listed(text.reasons(summary))


def _table(head: Cells, rows: list[Cells]) -> str:
    head, rows = without_empty(head, rows)
    right = [i for i, name in enumerate(head) if name not in text.LEFT]
    cells = [(code(name), *map(prose, others)) for name, *others in rows]
    return "\n".join(table(head, cells, right))


def _listed(sentences: Iterator[str]) -> str:
    return "\n".join(f"- {prose(said)}" for said in sentences)
