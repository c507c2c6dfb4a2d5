"""List the limits of a device: `snnc limits`."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.ir.device import Profile
from snnc.results.tables import Limit, Limits

_TIMES = {
    "neuron_update": "a neuron's step",
    "spike": "a neuron's spike",
    "message_out": "a spike sent to a core",
    "message_in": "a spike received by a core",
    "synaptic_operation": "a synaptic operation",
    "barrier": "the barrier",
    "barrier_tiles": "the barrier, for tiles",
}
_LIMITS = {
    "chip": {"cores": "cores per chip"},
    "core": {
        "compartments": "compartments per core",
        "in_axons": "in-axons per core",
        "out_axons": "out-axon slots per core",
        "synapse_bits": "synapse bits per core",
    },
    "synapse": {
        "weight_bits": "bits per weight",
        "index_bits": "bits per index, one of",
    },
    "axon": {
        "pop16_slots": "slots per pop16 axon",
        "pop32_slots": "slots per pop32 axon",
        "discrete_slots": "slots per plain axon",
        "pop16_atoms": "channels that pop16 reads",
        "pop16_in_axons": "in-axons of a pop16 reader",
        "pop16_base": "pop16 bases, multiples of",
    },
    "traffic": {"input_spikes": "input spikes per chip and step"},
    "board": {
        "synapse_formats": "synapse formats per core",
        "chips": "chips per board by default",
        "too_many_recorded": "neurons too many to record",
    },
    "energy": {
        "synaptic_operation": "synaptic operation",
        "spike": "spike within a tile",
        "active_update": "step of an active neuron",
        "inactive_update": "step of an idle neuron",
        "synaptic_update": "update of a weight that learns",
    },
    "time": {key: f"time of {name}" for key, name in _TIMES.items()},
    "least_time": {key: f"least time of {name}" for key, name in _TIMES.items()},
}
"""The names of limits, energies and times, by the tables and keys of a device file."""
UNITS = {"energy": "pJ", "time": "ns", "least_time": "ns"}
"""The units of the numbers in a table of a device file."""


def limits_of(profile: Profile) -> Limits:
    """Return the limits of a device, with their values, units and sources."""
    limits = []
    for part, names in _LIMITS.items():
        source = getattr(profile, part)
        for key, name in names.items():
            value = getattr(source, key)
            values = tuple(value) if isinstance(value, Sequence) else (value,)
            unit = "" if key == "barrier_tiles" else UNITS.get(part, "")
            limits.append(Limit(name, values, unit, source.source))
    return Limits(profile.name, tuple(limits))
