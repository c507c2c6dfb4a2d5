"""The fewest cores by trying every mapping of a small network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from snnc.ir.device import Core, Profile
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.candidates import ChipChoices, Choices, tilings_of
from snnc.loihi.link import BlockFit
from snnc.loihi.plan import Plan, assemble
from snnc.loihi.profile import read_profile
from snnc.loihi.search import Search, Solution
from snnc.loihi.tiling import Tiling, least_sizes

Sizes = Callable[[int], tuple[int, ...]]


def small_profile(
    compartments: int, in_axons: int, out_axons: int, synapse_bits: int
) -> Profile:
    """Loihi 1 with small cores, so that small networks meet their limits."""
    loihi1 = read_profile()
    core = Core("test", compartments, in_axons, out_axons, synapse_bits)
    return replace(loihi1, name="small", core=core)


def search_of(plan: Plan, effort: float = 1) -> Search:
    return Search(plan.steps, plan.lowered.network.device.core, effort=effort)


def fewest_cores(plan: Plan, sizes: Sizes = least_sizes) -> int | None:
    """Return the cores of the best mapping, after counting every block.

    ``sizes`` gives the tile sizes to try along an axis.
    """
    best: int | None = None
    every = [list(every_tiling(step.choices, sizes)) for step in plan.steps]
    for tilings in product(*every):
        cores = sum(tiling.cores for tiling in tilings)
        if best is None or cores < best:
            mapped = assembled(plan, tilings)
            if mapped is not None and within_limits(mapped):
                best = cores
    return best


def every_tiling(choices: Choices, sizes: Sizes = least_sizes) -> Iterator[Tiling]:
    if not isinstance(choices, ChipChoices):
        yield from map(choices.tiling, choices.groups)
        return
    depth, height, width, channels = choices.costs.volume
    for group in sizes(depth):
        for tile in product(sizes(height), sizes(width), sizes(group * channels)):
            yield from tilings_of(choices.costs, group, tile)


def assembled(plan: Plan, tilings: Sequence[Tiling]) -> MappedNetwork | None:
    """Return the mapping with some tilings, None if one of them does not fit."""
    fits: list[BlockFit] = []
    for i in range(len(tilings)):
        fit = plan.fit(i, tilings)
        if not isinstance(fit, BlockFit):
            return None
        fits.append(fit)
    return assemble(plan, Solution(tuple(tilings), tuple(fits), 0, False))


def within_limits(mapped: MappedNetwork) -> bool:
    core = mapped.lowered.network.device.core
    return all(
        block.compartments <= core.compartments
        and block.in_axons <= core.in_axons
        and block.out_axons <= core.out_axons
        and block.synapse_bits <= core.synapse_bits
        for population in mapped.populations
        for ensemble in population.ensembles
        for block in ensemble.blocks
    )


def mappings_of(plan: Plan) -> int:
    """Return how many mappings `fewest_cores` tries."""
    return prod(sum(1 for _ in every_tiling(step.choices)) for step in plan.steps)
