"""Lowered to mapped graph: ensembles, blocks and cores."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.assemble import assemble, without_device
from snnc.loihi.floor import compartment_floors
from snnc.loihi.plan import block_is_sound, block_of, make_plan
from snnc.loihi.search import Search

LARGE = 1024
"""Cores of neurons beyond which a network that cannot fit is not planned any more."""


def place(lowered: LoweredNetwork, report: Report) -> MappedNetwork | None:
    """Cut the populations into ensembles and blocks for the fewest cores.

    Parameters
    ----------
    lowered
        The network.
    report
        Receives what does not fit.

    Returns
    -------
    MappedNetwork or None
        None if a problem was reported.
    """
    target = lowered.network.target
    if not isinstance(target, Loihi):
        return without_device(lowered)
    profile = lowered.network.device
    if not _is_sound(lowered, target, profile):
        _refuse_spec(lowered, target, profile, report)
        return None
    floor = sum(compartment_floors(lowered, profile).values())
    if floor > max(target.cores, LARGE):
        # To plan it would take minutes, only to say by how much more it does not fit.
        from snnc.loihi.refusals import refuse_large

        for diagnostic in refuse_large(lowered, target, profile):
            report.add(diagnostic)
        return None
    return _search(lowered, target, profile, report)


def _is_sound(lowered: LoweredNetwork, target: Loihi, profile: Profile) -> bool:
    cores = target.chips * profile.chip.cores
    return target.cores <= cores and all(map(block_is_sound, lowered.populations))


def _search(
    lowered: LoweredNetwork, target: Loihi, profile: Profile, report: Report
) -> MappedNetwork | None:
    plan = make_plan(lowered, target, profile)
    search = Search(plan.steps, profile.core.out_axons)
    hopeless = plan.misfits or search.floor > target.cores
    solution = None if hopeless else search.run()
    mapped = assemble(plan, solution) if solution is not None else None
    if mapped is not None and mapped.cores <= target.cores:
        return mapped
    # Rules are imported when one is broken: a good spec pays for none.
    from snnc.loihi.refusals import refuse_plan

    for diagnostic in refuse_plan(plan, target, search, mapped):
        report.add(diagnostic)
    return None


def _refuse_spec(
    lowered: LoweredNetwork, target: Loihi, profile: Profile, report: Report
) -> None:
    from snnc.loihi.refusals import refuse_block, refuse_target

    if target.cores > target.chips * profile.chip.cores:
        report.add(refuse_target(target, profile))
    for population in lowered.populations:
        block = block_of(population)
        if block is not None and not block_is_sound(population):
            report.add(refuse_block(population, block))
