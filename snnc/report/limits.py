"""The device's limits as a table, each with the place that it was read from."""

from __future__ import annotations

from snnc.ir.device import Profile
from snnc.text.printable import printable

Row = tuple[str, str, str]


def limits(profile: Profile) -> str:
    """Return one line a limit: what, how much, and its source."""
    rows = [("limit", printable(profile.name), "source"), *_rows(profile)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return "\n".join(
        f"{what.ljust(widths[0])}  {much.rjust(widths[1])}  {printable(source)}"
        for what, much, source in rows
    )


def _rows(profile: Profile) -> list[Row]:
    core, chip = profile.core, profile.chip
    synapse, axon = profile.synapse, profile.axon
    energy, traffic = profile.energy, profile.traffic
    widths = ", ".join(map(str, synapse.index_bits))
    return [
        ("cores a chip", f"{chip.cores}", chip.source),
        ("compartments a core", f"{core.compartments}", core.source),
        ("in-axons a core", f"{core.in_axons}", core.source),
        ("out-axon slots a core", f"{core.out_axons}", core.source),
        ("synapse bits a core", f"{core.synapse_bits}", core.source),
        ("bits a weight", f"{synapse.weight_bits}", synapse.source),
        ("bits an index, one of", widths, synapse.source),
        ("slots of a pop16 axon", f"{axon.pop16_slots}", axon.source),
        ("slots of a pop32 axon", f"{axon.pop32_slots}", axon.source),
        ("slots of a plain axon", f"{axon.discrete_slots}", axon.source),
        ("channels that pop16 reads", f"{axon.pop16_atoms}", axon.source),
        ("in-axons of a pop16 reader", f"{axon.pop16_in_axons}", axon.source),
        ("pop16 bases, multiples of", f"{axon.pop16_base}", axon.source),
        ("input spikes a chip and step", f"{traffic.input_spikes}", traffic.source),
        ("a synaptic operation", f"{energy.synaptic_operation} pJ", energy.source),
        ("a spike within a tile", f"{energy.spike} pJ", energy.source),
        ("a step of an active neuron", f"{energy.active_update:g} pJ", energy.source),
        ("a step of an idle neuron", f"{energy.inactive_update:g} pJ", energy.source),
    ]
