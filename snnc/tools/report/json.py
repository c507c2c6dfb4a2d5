"""Write the report as JSON: ``snnc report --format json``.

Quantities are in SI units; each key names its unit. Spikes, operations and energy are
for an example in which every neuron fires at the upper rate of its budget.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice

from snnc.ir.logical import LogicalLayer, LogicalNetwork, MaxPooling
from snnc.ir.mapped import Ensemble
from snnc.ir.shapes import error_of, levels_of
from snnc.text.display import Json
from snnc.tools.report.sentences import bounds, latency, sentence, total
from snnc.tools.report.summary import Row, Summary

VERSION = 1


def document(summary: Summary, why: bool = False) -> Json:
    """Return the report of a network; layers are in spec order.

    Parameters
    ----------
    summary
        The costs and the activity of the network.
    why
        Whether to add sentences about the limits of layers.
    """
    report = {
        "version": VERSION,
        "network": summary.network.name,
        "cores": summary.cores,
        "chips": summary.chips,
        "layers": [
            _layer(row, summary, why) for row in summary.rows if row.place != "folded"
        ],
        "folded": [
            {"name": row.name, "kind": row.kind, "shape": list(row.shape)}
            for row in summary.rows
            if row.place == "folded"
        ],
        "neurons": summary.neurons,
        **_totals(summary),
    }
    if why and summary.on_chip:
        report["why"] = total(summary.reasons, summary.network.name)
    return report


def _totals(summary: Summary) -> Json:
    activity, timing = summary.activity, summary.network.timing
    example = {
        "present_seconds": timing.present,
        "spikes": round_number(activity.spikes),
    }
    if not summary.on_chip:
        return example
    energy = summary.profile.energy
    in_order = round_number(activity.crossing_in_order)
    return {
        "lower_bound": summary.reasons.floor,
        "exact": summary.reasons.exact,
        **example,
        "synaptic_operations": round_number(activity.operations),
        "energy_joules": round_number(activity.joules(energy)),
        "idle_energy_joules": round_number(activity.idle_joules(energy)),
        "spikes_to_chip_per_step": round_number(activity.to_chip),
        "spikes_to_host_per_step": round_number(activity.to_host),
        "spikes_between_chips": round_number(activity.crossing * timing.steps),
        "spikes_between_chips_per_step": round_number(activity.crossing),
        "spikes_between_chips_per_step_in_order": in_order,
    }


def _layer(row: Row, summary: Summary, why: bool) -> Json:
    chips = iter(row.chips)
    layer = {
        "name": row.name,
        "kind": row.kind,
        "shape": list(row.shape),
        "neurons": row.neurons or 0,
        "cores": row.cores or 0,
        "ensembles": [
            _ensemble(e, list(islice(chips, len(e.blocks))))
            for e in row.ensembles
            if e.block_shape is not None
        ],
        **_activity(row, summary),
    }
    if row.reasons:
        layer["bound_by"] = bounds(row.reasons)
        layer["neuron_bound"] = sum(reason.filled for reason in row.reasons)
        layer["lower_bound"] = sum(reason.alone for reason in row.reasons)
    pool = summary.network.by_name.get(row.name)
    if pool is not None and isinstance(pool.operation, MaxPooling):
        layer |= _delay_and_error(pool, summary.network)
    if why and row.reasons:
        core = summary.profile.core
        layer["why"] = " ".join(sentence(reason, core) for reason in row.reasons)
    return layer


def _activity(row: Row, summary: Summary) -> Json:
    if row.activity is None:
        return {}
    spikes = {"spikes": round_number(row.activity.spikes)}
    if row.cores is None:
        return spikes
    joules = row.activity.joules(summary.profile.energy)
    return {
        **spikes,
        "synaptic_operations": round_number(row.activity.operations),
        "energy_joules": round_number(joules),
    }


def _delay_and_error(pool: LogicalLayer, network: LogicalNetwork) -> Json:
    error = error_of(network, pool)
    return {
        "levels": levels_of(network, pool),
        "latency_seconds": round_number(latency(network, pool)),
        "expected_error": {
            "bias": round_number(error.bias),
            "deviation": round_number(error.deviation),
        },
    }


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
