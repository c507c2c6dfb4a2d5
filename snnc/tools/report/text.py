"""Write the report, and the limits of the device, as tables in text and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from snnc.ir.device import Profile
from snnc.text import tables
from snnc.text.display import DisplayedText, Json
from snnc.text.tables import Cells
from snnc.tools.report import sentences
from snnc.tools.report.html import tables_html
from snnc.tools.report.summary import COUNTERS, Summary

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
        *tables.columns(LAYERS, _rows(summary, LAYERS), LEFT),
        "",
        *sentences.caption(summary),
        *tables.columns(USE, _rows(summary, USE), LEFT),
        "",
        *sentences.totals(summary),
    ]
    if why and summary.on_chip:
        lines += ["", f"{WHY}:", *sentences.reasons(summary)]
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


def _rows(summary: Summary, head: Cells) -> list[Cells]:
    """Return the rows of a table; the table of activity has no folded layers."""
    rows = (row for row in summary.rows if head is LAYERS or row.activity is not None)
    texts = (sentences.row_texts(row, summary) for row in rows)
    return [tuple(each[name] for name in head) for each in texts]


def _blocks(summary: Summary, why: bool) -> Iterator[str]:
    yield f"### {tables.code(summary.network.name)}"
    if about := " ".join((summary.network.about or "").split()):
        yield tables.prose(about)
    yield _table(LAYERS, _rows(summary, LAYERS))
    yield tables.prose(" ".join(sentences.caption(summary)))
    yield _table(USE, _rows(summary, USE))
    yield _bullet_list(sentences.totals(summary))
    if why and summary.on_chip:
        yield f"{WHY}:"
        yield _bullet_list(sentences.reasons(summary))


def _table(head: Cells, rows: list[Cells]) -> str:
    head, rows = tables.without_empty(head, rows)
    right = [i for i, name in enumerate(head) if name not in LEFT]
    cells = [(tables.code(name), *map(tables.prose, others)) for name, *others in rows]
    return "\n".join(tables.table(head, cells, right))


def _bullet_list(lines: Iterator[str]) -> str:
    return "\n".join(f"- {tables.prose(one)}" for one in lines)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: its name, its values (several for a choice), its unit and its source."""

    limit: str
    values: tuple[float, ...]
    unit: str
    source: str

    @property
    def amount(self) -> str:
        # Don't round: every digit of a count matters.
        texts = (f"{v:g}" if isinstance(v, float) else str(v) for v in self.values)
        return f"{', '.join(texts)} {self.unit}".rstrip()


def limits_table(profile: Profile) -> DisplayedText:
    """Return one line per limit."""
    head = ("limit", tables.printable(profile.name), "source")
    rows = [(limit.limit, limit.amount, limit.source) for limit in _limits(profile)]
    table = tables.TextTable.of(head, rows, ("limit", "source"))
    return DisplayedText(
        "\n".join(table.lines()), tables_html(f"Limits of {profile.name}", [table])
    )


def limits_markdown(profile: Profile) -> str:
    """Return the table as GitHub Markdown."""
    head = ("limit", tables.prose(profile.name), "source")
    rows = [(x.limit, x.amount, tables.prose(x.source)) for x in _limits(profile)]
    return "\n".join(tables.table(head, rows, right=[1]))


def limits_document(profile: Profile) -> Json:
    """Return the limits as JSON data."""
    limits = [asdict(limit) for limit in _limits(profile)]
    return {"version": 1, "device": profile.name, "limits": limits}


_LIMITS = (
    ("cores per chip", "chip", "cores"),
    ("compartments per core", "core", "compartments"),
    ("in-axons per core", "core", "in_axons"),
    ("out-axon slots per core", "core", "out_axons"),
    ("synapse bits per core", "core", "synapse_bits"),
    ("bits per weight", "synapse", "weight_bits"),
    ("bits per index, one of", "synapse", "index_bits"),
    ("slots per pop16 axon", "axon", "pop16_slots"),
    ("slots per pop32 axon", "axon", "pop32_slots"),
    ("slots per plain axon", "axon", "discrete_slots"),
    ("channels that pop16 reads", "axon", "pop16_atoms"),
    ("in-axons of a pop16 reader", "axon", "pop16_in_axons"),
    ("pop16 bases, multiples of", "axon", "pop16_base"),
    ("input spikes per chip and step", "traffic", "input_spikes"),
    ("synapse formats per core", "board", "synapse_formats"),
    ("chips per board by default", "board", "chips"),
    ("neurons too many to record", "board", "too_many_recorded"),
    ("synaptic operation", "energy", "synaptic_operation"),
    ("spike within a tile", "energy", "spike"),
    ("step of an active neuron", "energy", "active_update"),
    ("step of an idle neuron", "energy", "inactive_update"),
    ("update of a weight that learns", "energy", "synaptic_update"),
)
"""The limits and energies by name: the table of a device file, and the key in it."""


def _limits(profile: Profile) -> Iterator[Limit]:
    for name, part, key in _LIMITS:
        source = getattr(profile, part)
        value = getattr(source, key)
        values = tuple(value) if isinstance(value, Sequence) else (value,)
        yield Limit(name, values, "pJ" if part == "energy" else "", source.source)
