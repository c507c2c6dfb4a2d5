"""The report as tables for people: ``snnc report``."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.report import maxima
from snnc.report.sentences import bounds, caption, sentence, total, totals
from snnc.report.summary import COUNTERS, Row, Summary
from snnc.text.tables import Cells, columns
from snnc.text.units import dims, human

LAYERS = ("layer", "kind", "shape", "neurons", "cores", "block", "bound by")
USE = ("layer", *COUNTERS, "spikes", "operations", "energy")
WHY = "What keeps layers from fewer cores"
LEFT = {"layer", "kind", "shape", "bound by"}


def table(summary: Summary, why: bool = False) -> str:
    """One row a layer in two tables: what it takes, and what it does.

    Parameters
    ----------
    summary
        What the network takes and does.
    why
        Whether to say in words, too, what keeps layers from fewer cores.
    """
    lines = [
        *columns(LAYERS, layers(summary), LEFT),
        "",
        *caption(summary),
        *columns(USE, use(summary), LEFT),
        "",
        *totals(summary),
        *maxima.notes(summary),
    ]
    if why and summary.on_chip:
        lines += ["", f"{WHY}:", *reasons(summary)]
    return "\n".join(lines)


def reasons(summary: Summary) -> Iterator[str]:
    """One sentence a layer on the chip, then how near the mapping is to the best."""
    core = summary.profile.core
    for row in summary.rows:
        for reason in row.reasons:
            yield sentence(reason, core)
    yield from maxima.alternatives(summary)
    yield total(summary.reasons, summary.network.name)


def layers(summary: Summary) -> list[Cells]:
    """Return the rows of the table of what layers take."""
    return [_layer(row, summary) for row in summary.rows]


def use(summary: Summary) -> list[Cells]:
    """Return the rows of the table of what layers do."""
    return [_use(row, summary) for row in summary.rows if row.activity is not None]


def _layer(row: Row, summary: Summary) -> Cells:
    folded = "folded" if row.place == "folded" else ""
    host = "host" if row.place == "host" and summary.on_chip else ""
    return (
        row.name,
        row.kind,
        dims(row.shape),
        folded if row.neurons is None else str(row.neurons),
        host if row.cores is None else str(row.cores),
        dims(row.block or ()),
        bounds(row.reasons),
    )


def _use(row: Row, summary: Summary) -> Cells:
    activity = row.activity
    if activity is None:
        return ()
    spikes = human(activity.spikes)
    if row.use is None:
        return (row.name, *[""] * len(COUNTERS), spikes, "", "")
    return (
        row.name,
        *(f"{100 * part:.0f} %" for part in row.use),
        spikes,
        human(activity.operations),
        human(activity.joules(summary.profile.energy), "J"),
    )
