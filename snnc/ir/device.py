"""What a device has: the limits of its cores, and how it stores weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Core:
    """What one core holds at most, in the counts of ``block.utilization()``."""

    source: str
    compartments: int
    in_axons: int
    out_axons: int
    synapse_bits: int


@dataclass(frozen=True, slots=True)
class Chip:
    """How many cores a chip has."""

    source: str
    cores: int


@dataclass(frozen=True, slots=True)
class SynapseMemory:
    """How weights are stored.

    ``page`` is the stretch of compartments that an axon's base address can name;
    what lies beyond is part of the stored indices.
    """

    source: str
    weight_bits: int
    index_bits: tuple[int, ...]
    chunk: int
    header_bits: int
    memory_unit: int
    page: int

    def index_width(self, top: int) -> int:
        """Bits of an index field that holds ``top``; the widest if none does."""
        need = top.bit_length()
        return next((b for b in self.index_bits if b >= need), self.index_bits[-1])

    def array_bits(self, weights: int, width: int) -> int:
        """Bits that one stored array of ``weights`` entries takes.

        Parameters
        ----------
        weights
            Entries of the array.
        width
            Bits of one entry: weight and index.
        """
        full, rest = divmod(weights, self.chunk)
        bits = full * self._chunk_bits(self.chunk, width)
        return bits + (self._chunk_bits(rest, width) if rest else 0)

    def _chunk_bits(self, weights: int, width: int) -> int:
        return -(-(weights * width + self.header_bits) // self.memory_unit) * (
            self.memory_unit
        )


@dataclass(frozen=True, slots=True)
class Axons:
    """Out-axon slots of each format, and what the short one, pop16, asks for.

    ``pop16_atoms`` is the most channels of a source, ``pop16_in_axons`` the most
    axons of the target's core (axon numbers have 10 bits), ``pop16_base`` what
    every compartment base must be a multiple of.
    """

    source: str
    pop16_slots: int
    pop32_slots: int
    discrete_slots: int
    pop16_atoms: int
    pop16_in_axons: int
    pop16_base: int

    def slots(self, pop: int | None) -> int:
        """The out-axon slots of one axon; ``pop`` is None for a dense one."""
        if pop is None:
            return self.discrete_slots
        return self.pop16_slots if pop == 16 else self.pop32_slots


@dataclass(frozen=True, slots=True)
class Energy:
    """What events on the chip cost, in picojoules.

    ``spike`` is one that stays within a tile of cores; ``active_update`` and
    ``inactive_update`` are for one neuron and one step.
    """

    source: str
    synaptic_operation: float
    spike: float
    active_update: float
    inactive_update: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """``input_spikes``: what a chip takes from the host in a step, unless precomputed.

    Nengo-loihi drops the rest.
    """

    source: str
    input_spikes: int


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """One device."""

    name: str
    core: Core
    chip: Chip
    synapse: SynapseMemory
    axon: Axons
    energy: Energy
    traffic: Traffic
