"""Force networks that snnc refuses into nengo-loihi: the same shapes at any cost."""

from typing import Any

from nengo.exceptions import BuildError

from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork, PopType
from snnc.loihi.candidates import ChipChoices, HostChoices
from snnc.loihi.cost_model import CostModel, slots_of
from snnc.loihi.link import BlockFit, ConnectionChoice
from snnc.loihi.plan import assemble, make_plan
from snnc.loihi.search import Solution
from snnc.loihi.tiling import Tiling
from tests.agreement.built import build, simulate

PLAIN = {
    AssertionError: "Too many atom bits",
    # Its own message fails on a misspelt attribute (builder/validate.py:97).
    AttributeError: "axon_compartments_bases",
}
"""Errors of nengo-loihi about pop16 axons, other than `BuildError`."""


def force(lowered: LoweredNetwork, choice: int) -> MappedNetwork:
    """Map a network though it does not fit.

    A layer is cut as its `block` says; if it has none and nothing fits, into single
    neurons. ``choice`` picks among the forms that its inputs may take.
    """
    plan = make_plan(lowered)
    tilings: list[Tiling] = []
    fits: list[BlockFit] = []
    for step in plan.steps:
        choices = step.choices
        if isinstance(choices, HostChoices):
            group = choices.groups[choice % len(choices.groups)]
            tilings.append(choices.tiling(group))
            fits.append(BlockFit(()))
        else:
            groups = tuple(tilings[source].group for source in step.sources)
            tilings.append(_tiling(choices, groups, choice))
            fits.append(_fit(choices.costs, tilings[-1], groups))
    return assemble(plan, Solution(tuple(tilings), tuple(fits), 0, False))


def _tiling(choices: ChipChoices, groups: tuple[int, ...], choice: int) -> Tiling:
    tilings = choices.finest
    if choices.fixed is None and choices.floor >= 0:
        some = choices.candidates(choices.groups, groups, by_channel=True)
        tilings = [tiling for tiling, _ in some.up_to(choices.floor)]
    return tilings[choice % len(tilings)]


def _fit(costs: CostModel, tiling: Tiling, groups: tuple[int, ...]) -> BlockFit:
    fit = costs.fit(tiling, groups)
    if isinstance(fit, BlockFit):
        return fit
    long: PopType = 16 if costs.pop == 16 else 32
    choices = []
    for form, link in zip(tiling.forms, costs.links_of(tiling.forms), strict=True):
        pop = long if form == "convolution" else None
        choices.append(ConnectionChoice(form, link, pop, slots_of(costs.profile, pop)))
    return BlockFit(tuple(choices))


def complaint(mapped: MappedNetwork) -> str:
    """Return nengo-loihi's error about a mapping, "" if it would run on a chip."""
    with build(mapped) as network:
        try:
            with simulate(network.net) as sim:
                return _on_hardware(sim.model)
        except BuildError as error:
            return str(error)
        except (AssertionError, AttributeError) as error:
            if PLAIN[type(error)] not in str(error):
                raise
            return str(error)


def _on_hardware(model: Any) -> str:
    """Check pop16 as nengo-loihi does only on a board (hardware/builder.py:332)."""
    for block in model.blocks:
        axons = sum(synapse.n_axons for synapse in block.synapses)
        for synapse in (s for s in block.synapses if s.pop_type == 16):
            if synapse.atom_bits_extra() > 0:
                return "pop16 with more than 32 populations is for the emulator only"
            if axons > 2 ** synapse.axon_bits():
                return f"pop16 has {synapse.axon_bits()} bits for {axons} in-axons"
    return ""
