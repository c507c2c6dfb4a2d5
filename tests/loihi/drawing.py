"""Hypothesis strategies: drawn networks, and mappings of them."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from snnc.ir.lowered import LoweredNetwork, Volume
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.assemble import assemble
from snnc.loihi.candidates import ChipChoices, Choices, HostChoices
from snnc.loihi.link import BlockFit
from snnc.loihi.plan import make_plan
from snnc.loihi.profile import read_profile
from snnc.loihi.search import Solution
from snnc.loihi.tiling import Tiling, count_cores
from tests.agreement.paper import Draw
from tests.agreement.specs import specs
from tests.support import compile_text

MOST_CORES = 120


@st.composite
def networks(draw: Draw) -> LoweredNetwork:
    """Draw a network of which nothing is refused before it is mapped."""
    results, report = compile_text(draw(specs()), "lower")
    assume(not report.errors)
    assert results.lowered is not None
    return results.lowered


@st.composite
def mappings(draw: Draw) -> MappedNetwork:
    """Draw a network cut at random: any group, tile and form that fits a core."""
    lowered = draw(networks())
    plan = make_plan(lowered, lowered.network.target, read_profile())
    tilings: list[Tiling] = []
    fits: list[BlockFit] = []
    for population, step in zip(plan.populations, plan.steps, strict=True):
        tiling = _tiling(draw, step.choices, population.volume)
        fit = BlockFit(())
        if isinstance(step.choices, ChipChoices):
            groups = tuple(tilings[source].group for source in step.sources)
            found = step.choices.costs.fit(tiling, groups)
            assume(isinstance(found, BlockFit))
            assert isinstance(found, BlockFit)
            fit = found
        tilings.append(tiling)
        fits.append(fit)
    cores = sum(tiling.cores for tiling in tilings)
    assume(cores <= MOST_CORES)
    mapped = assemble(plan, Solution(tuple(tilings), tuple(fits), cores, 0, False))
    assume(most_out_axons(mapped) <= plan.profile.core.out_axons)
    return mapped


def most_out_axons(mapped: MappedNetwork) -> int:
    return max(
        block.out_axons
        for population in mapped.populations
        for ensemble in population.ensembles
        for block in ensemble.blocks
    )


def _tiling(draw: Draw, choices: Choices, volume: Volume) -> Tiling:
    depth, height, width, channels = volume
    group = draw(st.integers(1, depth))
    if isinstance(choices, HostChoices):
        return Tiling(volume, group, (height, width, group * channels), (), 0)
    rows, columns, strip = (
        draw(st.integers(1, n) | st.just(n)) for n in (height, width, group * channels)
    )
    tile = (rows, columns, strip)
    forms = draw(st.sampled_from(choices.costs.forms))
    return Tiling(volume, group, tile, forms, count_cores(volume, group, tile))
