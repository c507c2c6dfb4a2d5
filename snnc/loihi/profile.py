"""A device as data: the limits of its cores and how it stores weights."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


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


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """One device."""

    name: str
    core: Core
    chip: Chip
    synapse: SynapseMemory
    axon: Axons


def _read(data: dict[str, Any]) -> Profile:
    memory = dict(data["synapse"])
    memory["index_bits"] = tuple(memory["index_bits"])
    return Profile(
        name=data["name"],
        core=Core(**data["core"]),
        chip=Chip(**data["chip"]),
        synapse=SynapseMemory(**memory),
        axon=Axons(**data["axon"]),
    )


@lru_cache
def load_profile(name: str = "loihi1") -> Profile:
    """Read the profile ``name`` that ships with snnc."""
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text))
