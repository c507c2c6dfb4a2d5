"""List the limits of a device: `snnc limits`."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.ir.device import Profile
from snnc.results.tables import Limit, Limits

_TIMES = (
    ("a neuron's step", "neuron_update"),
    ("a neuron's spike", "spike"),
    ("a spike sent to a core", "message_out"),
    ("a spike received by a core", "message_in"),
    ("a synaptic operation", "synaptic_operation"),
    ("the barrier", "barrier"),
    ("the barrier, for tiles", "barrier_tiles"),
)
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
    *((f"time of {name}", "time", key) for name, key in _TIMES),
    *((f"least time of {name}", "least_time", key) for name, key in _TIMES),
)
"""The limits, energies and times by name: the table of a device file, and its key."""
UNITS = {"energy": "pJ", "time": "ns", "least_time": "ns"}
"""The units of the numbers in a table of a device file."""


def limits_of(profile: Profile) -> Limits:
    """Return the limits of a device, with their values, units and sources."""
    limits = []
    for name, part, key in _LIMITS:
        source = getattr(profile, part)
        value = getattr(source, key)
        values = tuple(value) if isinstance(value, Sequence) else (value,)
        unit = "" if key == "barrier_tiles" else UNITS.get(part, "")
        limits.append(Limit(name, values, unit, source.source))
    return Limits(profile.name, tuple(limits))
