"""Write the report, as text, Markdown and JSON.

Quantities in JSON are in SI units; each key names its unit. Spikes, operations and
energy are for an example in which every neuron fires at the upper rate of its budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

from snnc.ir.device import Energy
from snnc.ir.mapped import Ensemble
from snnc.ir.pooling_error import error_of
from snnc.loihi.activity import Activity
from snnc.text import tables
from snnc.text.display import Json
from snnc.text.tables import TextTable
from snnc.tools.report import sentences
from snnc.tools.report.summary import COUNTERS, Row, Summary

LAYERS = ("layer", "kind", "shape", "neurons", "cores", "block", "bound by")
USE = ("layer", *COUNTERS, "spikes", "operations", "energy")
WHY = "Why layers don't take fewer cores"
LEFT = {"layer", "kind", "shape", "bound by"}


def table(summary: Summary, why: bool = False) -> str:
    """Return two tables with one row per layer: its costs, and its activity.

    With ``why``, sentences about the limits of layers follow.
    """
    costs, use = _tables(summary)
    lines = [*costs.lines(), "", sentences.caption(summary), *use.lines(), ""]
    lines += sentences.totals(summary)
    if why and summary.on_chip:
        lines += ["", f"{WHY}:", *sentences.reasons(summary)]
    return "\n".join(lines)


def _tables(summary: Summary) -> Iterator[TextTable]:
    """Yield both tables; the table of activity has no folded layers."""
    for head in (LAYERS, USE):
        rows = (r for r in summary.rows if head is LAYERS or r.activity is not None)
        texts = (sentences.row_texts(row, summary) for row in rows)
        cells = [tuple(each[name] for name in head) for each in texts]
        yield TextTable.of(head, cells, LEFT)


def markdown(summary: Summary, why: bool = False) -> str:
    """Return the report of `table` as GitHub Markdown, ending with a line end."""
    costs, use = _tables(summary)
    blocks = [
        f"### {tables.code(summary.network.name)}",
        tables.prose(" ".join((summary.network.about or "").split())),
        costs.markdown(),
        tables.prose(sentences.caption(summary)),
        use.markdown(),
        _bullet_list(sentences.totals(summary)),
    ]
    if why and summary.on_chip:
        blocks += [f"{WHY}:", _bullet_list(sentences.reasons(summary))]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _bullet_list(lines: Iterator[str]) -> str:
    return "\n".join(f"- {tables.prose(one)}" for one in lines)


def document(summary: Summary, why: bool = False) -> Json:
    """Return the report of a network as JSON data; layers are in spec order."""
    report = {
        "version": 1,
        "network": summary.network.name,
        "cores": summary.cores,
        "chips": summary.chips,
        "layers": [
            _layer(row, summary, why) for row in summary.rows if row.place != "folded"
        ],
        "folded": [_head(row) for row in summary.rows if row.place == "folded"],
        "neurons": summary.neurons,
        **_totals(summary),
    }
    if why and summary.on_chip:
        report["why"] = sentences.total(summary.reasons, summary.mapped)
    return report


def _totals(summary: Summary) -> Json:
    activity, timing = summary.activity, summary.network.timing
    if not summary.on_chip:
        return {"present_seconds": timing.present, **_activity(activity, None)}
    energy = summary.profile.energy
    in_order = round_number(activity.crossing_in_order)
    return {
        "lower_bound": summary.reasons.floor,
        "exact": summary.reasons.exact,
        "present_seconds": timing.present,
        **_activity(activity, energy),
        "idle_energy_joules": round_number(activity.idle_joules(energy)),
        "time": summary.time and asdict(summary.time),
        "spikes_to_chip_per_step": round_number(activity.to_chip),
        "spikes_to_host_per_step": round_number(activity.to_host),
        "spikes_between_chips": round_number(activity.crossing * timing.steps),
        "spikes_between_chips_per_step": round_number(activity.crossing),
        "spikes_between_chips_per_step_in_order": in_order,
    }


def _activity(activity: Activity, energy: Energy | None) -> Json:
    """Return the spikes and, on a chip, their costs."""
    costs = {"spikes": round_number(activity.spikes)}
    if energy is not None:
        costs["synaptic_operations"] = round_number(activity.operations)
        costs["energy_joules"] = round_number(activity.joules(energy))
    return costs


def _head(row: Row) -> Json:
    return {"name": row.name, "kind": row.kind, "shape": list(row.shape)}


def _layer(row: Row, summary: Summary, why: bool) -> Json:
    chips = iter(row.chips)
    layer = {
        **_head(row),
        "neurons": row.neurons or 0,
        "cores": row.cores or 0,
        "ensembles": [
            _ensemble(e, list(islice(chips, len(e.blocks))))
            for e in row.ensembles
            if e.block_shape is not None
        ],
    }
    if row.activity is not None:
        energy = None if row.cores is None else summary.profile.energy
        layer |= _activity(row.activity, energy)
    if row.reasons:
        layer["bound_by"] = sentences.bounds(row.reasons)
        layer["neuron_bound"] = sum(reason.filled for reason in row.reasons)
        layer["lower_bound"] = sum(reason.alone for reason in row.reasons)
    pool = summary.network.by_name.get(row.name)
    if pool is not None and pool.operation.compares:
        error = error_of(summary.network, pool)
        bias, deviation = round_number(error.bias), round_number(error.deviation)
        delay = sentences.latency(summary.network, pool)
        layer |= {
            "levels": sentences.levels_of(summary.network, pool),
            "latency_seconds": round_number(delay),
            "expected_error": {"bias": bias, "deviation": deviation},
        }
    if why and row.reasons:
        core = summary.profile.core
        layer["why"] = " ".join(sentences.sentence(each, core) for each in row.reasons)
    return layer


def round_number(value: float) -> float:
    """Round to nine digits, because further digits depend on the machine."""
    rounded = float(f"{value:.9g}")
    return int(rounded) if rounded.is_integer() else rounded


def _ensemble(ensemble: Ensemble, chips: list[int]) -> Json:
    return {
        "shape": list(ensemble.shape),
        "block_shape": list(ensemble.block_shape or ()),
        "blocks": [asdict(block) for block in ensemble.blocks],
        **({"chips": chips} if chips else {}),
    }
