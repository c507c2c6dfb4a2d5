"""The report as tables for people: ``snnc report``."""

from __future__ import annotations

from snnc.graph.mapped import MappedNetwork
from snnc.report.columns import Cells, columns
from snnc.report.sentences import bound_by, sentence, total
from snnc.report.summary import COUNTERS, Row, Summary, summarise
from snnc.report.totals import caption, totals
from snnc.report.units import dims, human

LAYERS = ("layer", "kind", "shape", "neurons", "cores", "block", "bound by")
USE = ("layer", *COUNTERS, "spikes", "operations", "energy")
LEFT = {"layer", "kind", "shape", "bound by"}


def table(mapped: MappedNetwork) -> str:
    """One row a layer in two tables: what it takes, and what it does."""
    summary = summarise(mapped)
    return "\n".join(
        [
            *columns(LAYERS, layers(summary), LEFT),
            "",
            *caption(summary),
            *columns(USE, use(summary), LEFT),
            "",
            *totals(summary),
        ]
    )


def layers(summary: Summary) -> list[Cells]:
    """Return the rows of the table of what layers take."""
    return [_layer(row, summary) for row in summary.rows]


def use(summary: Summary) -> list[Cells]:
    """Return the rows of the table of what layers do."""
    return [_use(row, summary) for row in summary.rows if row.activity is not None]


def why(mapped: MappedNetwork) -> str:
    """One sentence a layer on the chip: what keeps it from fewer cores."""
    summary = summarise(mapped)
    name = summary.network.name
    if not summary.on_chip:
        return f"{name}: no cores, as `target nengo` stands for no chip."
    core = summary.profile.core
    lines = [sentence(row.reason, core) for row in summary.rows if row.reason]
    return "\n".join([*lines, "", total(summary.reasons, name)])


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
        bound_by(row.reason) if row.reason is not None else "",
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
