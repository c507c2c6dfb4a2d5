"""The device's limits, each with the place that it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snnc.ir.device import Profile
from snnc.text.tables import columns, printable, prose, table

VERSION = 1
LEFT = ("limit", "source")


@dataclass(frozen=True, slots=True)
class Limit:
    """What is limited, how much (several for a choice), its unit, and who says so."""

    name: str
    values: tuple[float, ...]
    unit: str
    source: str

    @property
    def shown(self) -> str:
        # Of a count, every digit matters.
        much = ", ".join(
            f"{v:g}" if isinstance(v, float) else str(v) for v in self.values
        )
        return f"{much} {self.unit}".rstrip()


def text(profile: Profile) -> str:
    """Return one line a limit."""
    head = ("limit", printable(profile.name), "source")
    rows = [(limit.name, limit.shown, limit.source) for limit in _limits(profile)]
    return "\n".join(columns(head, rows, LEFT))


def markdown(profile: Profile) -> str:
    """Return the table as GitHub's Markdown."""
    head = ("limit", prose(profile.name), "source")
    rows = [
        (limit.name, limit.shown, prose(limit.source)) for limit in _limits(profile)
    ]
    return "\n".join(table(head, rows, right=[1]))


def document(profile: Profile) -> dict[str, Any]:
    """Return the limits for programs."""
    limits = [
        {
            "limit": limit.name,
            "values": list(limit.values),
            "unit": limit.unit,
            "source": limit.source,
        }
        for limit in _limits(profile)
    ]
    return {"version": VERSION, "device": profile.name, "limits": limits}


def _limits(profile: Profile) -> Iterator[Limit]:
    core, chip = profile.core, profile.chip
    synapse, axon = profile.synapse, profile.axon
    energy, traffic = profile.energy, profile.traffic
    rows: list[tuple[str, float | tuple[float, ...], str]] = [
        ("cores a chip", chip.cores, chip.source),
        ("compartments a core", core.compartments, core.source),
        ("in-axons a core", core.in_axons, core.source),
        ("out-axon slots a core", core.out_axons, core.source),
        ("synapse bits a core", core.synapse_bits, core.source),
        ("bits a weight", synapse.weight_bits, synapse.source),
        ("bits an index, one of", tuple(synapse.index_bits), synapse.source),
        ("slots of a pop16 axon", axon.pop16_slots, axon.source),
        ("slots of a pop32 axon", axon.pop32_slots, axon.source),
        ("slots of a plain axon", axon.discrete_slots, axon.source),
        ("channels that pop16 reads", axon.pop16_atoms, axon.source),
        ("in-axons of a pop16 reader", axon.pop16_in_axons, axon.source),
        ("pop16 bases, multiples of", axon.pop16_base, axon.source),
        ("input spikes a chip and step", traffic.input_spikes, traffic.source),
    ]
    for name, value, source in rows:
        yield Limit(name, value if isinstance(value, tuple) else (value,), "", source)
    yield from _energies(
        [
            ("a synaptic operation", energy.synaptic_operation),
            ("a spike within a tile", energy.spike),
            ("a step of an active neuron", energy.active_update),
            ("a step of an idle neuron", energy.inactive_update),
        ],
        energy.source,
    )


def _energies(rows: list[tuple[str, float]], source: str) -> Iterator[Limit]:
    for name, picojoules in rows:
        yield Limit(name, (picojoules,), "pJ", source)
