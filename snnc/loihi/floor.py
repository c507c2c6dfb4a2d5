"""The fewest cores that neurons can take, whatever they are connected to."""

from __future__ import annotations

from math import ceil

from snnc.ir.device import Profile
from snnc.ir.lowered import LoweredNetwork


def compartment_floors(lowered: LoweredNetwork, profile: Profile) -> dict[str, int]:
    """Cores that the neurons of each chip population fill, by the population's name."""
    return {
        population.name: ceil(population.neurons / profile.core.compartments)
        for population in lowered.populations
        if population.on_chip
    }
