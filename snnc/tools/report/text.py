"""Write the report, and the limits of the device, as tables in text and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from snnc.ir.device import Profile
from snnc.text import tables
from snnc.text.display import DisplayedText, Json
from snnc.text.tables import Cells, dims, human
from snnc.tools.report.html import tables_html
from snnc.tools.report.sentences import (
    bounds,
    caption,
    maxima_alternatives,
    maxima_notes,
    sentence,
    total,
    totals,
)
from snnc.tools.report.summary import COUNTERS, Row, Summary

LAYERS = ("layer", "kind", "shape", "neurons", "cores", "block", "bound by")
USE = ("layer", *COUNTERS, "spikes", "operations", "energy")
WHY = "Why layers don't take fewer cores"
LEFT = {"layer", "kind", "shape", "bound by"}


def table(summary: Summary, why: bool = False) -> str:
    """Return two tables with one row per layer: its costs, and its activity.

    Parameters
    ----------
    summary
        The costs and the activity of the network.
    why
        Whether to add sentences about the limits of layers.
    """
    lines = [
        *tables.columns(LAYERS, layers(summary), LEFT),
        "",
        *caption(summary),
        *tables.columns(USE, use(summary), LEFT),
        "",
        *totals(summary),
        *maxima_notes(summary),
    ]
    if why and summary.on_chip:
        lines += ["", f"{WHY}:", *reasons(summary)]
    return "\n".join(lines)


def markdown(summary: Summary, why: bool = False) -> str:
    """Return the tables of the report as GitHub Markdown, ending with a line end.

    Parameters
    ----------
    summary
        The costs and the activity of the network.
    why
        Whether to add sentences about the limits of layers.
    """
    return "\n\n".join(_blocks(summary, why)) + "\n"


def reasons(summary: Summary) -> Iterator[str]:
    """Yield one sentence per layer on the chip, then one about the whole mapping."""
    core = summary.profile.core
    for row in summary.rows:
        for reason in row.reasons:
            yield sentence(reason, core)
    yield from maxima_alternatives(summary)
    yield total(summary.reasons, summary.network.name)


def layers(summary: Summary) -> list[Cells]:
    """Return the rows of the table of costs."""
    return [_layer(row, summary) for row in summary.rows]


def use(summary: Summary) -> list[Cells]:
    """Return the rows of the table of activity."""
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


def _blocks(summary: Summary, why: bool) -> Iterator[str]:
    yield f"### {tables.code(summary.network.name)}"
    if about := " ".join((summary.network.about or "").split()):
        yield tables.prose(about)
    yield _table(LAYERS, layers(summary))
    yield tables.prose(" ".join(caption(summary)))
    yield _table(USE, use(summary))
    yield _bullet_list(chain(totals(summary), maxima_notes(summary)))
    if why and summary.on_chip:
        yield f"{WHY}:"
        yield _bullet_list(reasons(summary))


def _table(head: Cells, rows: list[Cells]) -> str:
    head, rows = tables.without_empty(head, rows)
    right = [i for i, name in enumerate(head) if name not in LEFT]
    cells = [(tables.code(name), *map(tables.prose, others)) for name, *others in rows]
    return "\n".join(tables.table(head, cells, right))


def _bullet_list(sentences: Iterator[str]) -> str:
    return "\n".join(f"- {tables.prose(one)}" for one in sentences)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: its name, its values (several for a choice), its unit and its source."""

    name: str
    values: tuple[float, ...]
    unit: str
    source: str

    @property
    def amount(self) -> str:
        # Don't round: every digit of a count matters.
        much = ", ".join(
            f"{v:g}" if isinstance(v, float) else str(v) for v in self.values
        )
        return f"{much} {self.unit}".rstrip()


def limits_table(profile: Profile) -> DisplayedText:
    """Return one line per limit."""
    head = ("limit", tables.printable(profile.name), "source")
    rows = [(limit.name, limit.amount, limit.source) for limit in _limits(profile)]
    table = tables.TextTable.of(head, rows, ("limit", "source"))
    return DisplayedText(
        "\n".join(table.lines()), tables_html(f"Limits of {profile.name}", [table])
    )


def limits_markdown(profile: Profile) -> str:
    """Return the table as GitHub Markdown."""
    head = ("limit", tables.prose(profile.name), "source")
    rows = [
        (limit.name, limit.amount, tables.prose(limit.source))
        for limit in _limits(profile)
    ]
    return "\n".join(tables.table(head, rows, right=[1]))


def limits_document(profile: Profile) -> Json:
    """Return the limits as JSON data."""
    limits = [
        {
            "limit": limit.name,
            "values": list(limit.values),
            "unit": limit.unit,
            "source": limit.source,
        }
        for limit in _limits(profile)
    ]
    return {"version": 1, "device": profile.name, "limits": limits}


def _limits(profile: Profile) -> Iterator[Limit]:
    core, chip = profile.core, profile.chip
    synapse, axon = profile.synapse, profile.axon
    energy, traffic, board = profile.energy, profile.traffic, profile.board
    rows: list[tuple[str, float | tuple[float, ...], str]] = [
        ("cores per chip", chip.cores, chip.source),
        ("compartments per core", core.compartments, core.source),
        ("in-axons per core", core.in_axons, core.source),
        ("out-axon slots per core", core.out_axons, core.source),
        ("synapse bits per core", core.synapse_bits, core.source),
        ("bits per weight", synapse.weight_bits, synapse.source),
        ("bits per index, one of", tuple(synapse.index_bits), synapse.source),
        ("slots per pop16 axon", axon.pop16_slots, axon.source),
        ("slots per pop32 axon", axon.pop32_slots, axon.source),
        ("slots per plain axon", axon.discrete_slots, axon.source),
        ("channels that pop16 reads", axon.pop16_atoms, axon.source),
        ("in-axons of a pop16 reader", axon.pop16_in_axons, axon.source),
        ("pop16 bases, multiples of", axon.pop16_base, axon.source),
        ("input spikes per chip and step", traffic.input_spikes, traffic.source),
        ("synapse formats per core", board.synapse_formats, board.source),
        ("chips per board by default", board.chips, board.source),
        ("neurons too many to record", board.too_many_recorded, board.source),
    ]
    for name, value, source in rows:
        yield Limit(name, value if isinstance(value, tuple) else (value,), "", source)
    yield from _energies(
        [
            ("synaptic operation", energy.synaptic_operation),
            ("spike within a tile", energy.spike),
            ("step of an active neuron", energy.active_update),
            ("step of an idle neuron", energy.inactive_update),
            ("update of a weight that learns", energy.synaptic_update),
        ],
        energy.source,
    )


def _energies(rows: list[tuple[str, float]], source: str) -> Iterator[Limit]:
    for name, picojoules in rows:
        yield Limit(name, (picojoules,), "pJ", source)
