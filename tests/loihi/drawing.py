"""Hypothesis strategy: mappings of drawn networks."""

from hypothesis import assume
from hypothesis import strategies as st

from snnc.ir.mapped import MappedNetwork
from snnc.loihi.candidates import Choices, HostChoices
from snnc.loihi.link import BlockFit
from snnc.loihi.plan import make_plan
from snnc.loihi.tiling import Tiling
from tests.agreement.specs import specs
from tests.loihi.exhaustive import assembled
from tests.support import compile_text

MOST_CORES = 120


@st.composite
def mappings(draw: st.DrawFn) -> MappedNetwork:
    """Draw a network cut at random: any group, tile and form that fits a core."""
    results, report = compile_text(draw(specs()), "lower")
    assume(not report.errors)
    lowered = results.lowered
    plan = make_plan(lowered)
    tilings: list[Tiling] = []
    for i, step in enumerate(plan.steps):
        tilings.append(_tiling(draw, step.choices))
        assume(isinstance(plan.fit(i, tilings), BlockFit))
    assume(sum(tiling.cores for tiling in tilings) <= MOST_CORES)
    mapped = assembled(plan, tilings)
    assert mapped is not None
    blocks = (b for p in mapped.populations for e in p.ensembles for b in e.blocks)
    assume(
        max(b.out_axons for b in blocks) <= plan.lowered.network.device.core.out_axons
    )
    return mapped


def _tiling(draw: st.DrawFn, choices: Choices) -> Tiling:
    volume = choices.volume
    depth, height, width, channels = volume
    group = draw(st.integers(1, depth))
    if isinstance(choices, HostChoices):
        return choices.tiling(group)
    rows, columns, strip = (
        draw(st.integers(1, n) | st.just(n)) for n in (height, width, group * channels)
    )
    tile = (rows, columns, strip)
    return Tiling(volume, group, tile, draw(st.sampled_from(choices.costs.forms)))
