"""The routed graph: the chip of each core, and what spikes cause from core to core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snnc.ir.mapped import MappedNetwork

Chips = Mapping[str, tuple[int, ...]]
"""The chip of each core of each population on the chip, in nengo-loihi's order."""


@dataclass(frozen=True, slots=True)
class Route:
    """A projection that ends on the chip, if every neuron of its source spikes once.

    Attributes
    ----------
    source, target
        Names of populations.
    operations
        Synaptic operations: weights that are read.
    messages
        Spikes that cores get.
    crossing
        Those of ``messages`` that go from one chip to another.
    crossing_in_order
        Those that would if blocks filled one chip after the other.
    """

    source: str
    target: str
    operations: int
    messages: int
    crossing: int
    crossing_in_order: int


@dataclass(frozen=True, slots=True)
class RoutedNetwork:
    """A mapped network on its chips.

    ``fanouts`` are, of each layer, operations and messages if its neurons spike once.
    """

    mapped: MappedNetwork
    chips: Chips
    routes: tuple[Route, ...]
    fanouts: Mapping[str, tuple[int, int]]
