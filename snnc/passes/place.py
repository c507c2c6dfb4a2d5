"""Convert the lowered to the mapped graph: ensembles, blocks and cores.

Report mappings that may fail on a board.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from sys import maxsize
from typing import NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Label, Severity
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, Loihi
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.mapped import (
    KINDS,
    AxonKind,
    MappedNetwork,
    Registers,
    Unmixed,
    block_of,
    most_axons,
)
from snnc.language.properties import MOST_CHIPS
from snnc.language.written import extents
from snnc.loihi import diagnose
from snnc.loihi.plan import (
    Plan,
    PlanCache,
    assemble,
    block_is_sound,
    compartment_floors,
    make_plan,
    mixed_in,
    without_device,
)
from snnc.loihi.search import Search, Solution
from snnc.passes.recorded import find_recorded
from snnc.text.display import Json
from snnc.text.tables import counted, dims


def place(
    lowered: LoweredNetwork, report: Diagnostics, cache: PlanCache | None = None
) -> MappedNetwork | None:
    """Split the populations into ensembles and blocks to minimize the number of cores.

    Report the limits that the network exceeds, and return None if there are any.
    ``cache`` holds results of other mappings on the same device.
    """
    target = lowered.network.target
    if not isinstance(target, Loihi):
        return without_device(lowered)
    profile = lowered.network.device
    report.extend(_graded(find_recorded(lowered), profile))
    problems = list(find_unsound(lowered, target))
    if not problems and least_cores(lowered) > MOST_CHIPS * profile.chip.cores:
        # No system is large enough, so don't search for a mapping.
        problems += diagnose.refuse_large(lowered, target)
    if problems:
        report.extend(problems)
        return None
    tried = attempt(lowered, target, cache)
    # Build the mapping even above the target's limit: the problem names the number of
    # cores.
    mapped = tried.build_mapping()
    if tried.fits and mapped is not None:
        if mapped.learned is not None and (lack := _lacks_room(mapped, target)):
            report.add(lack)
            return None
        report.extend(_risks(mapped, tried.least_unmixed))
        return mapped
    report.add(*diagnose.refuse_plan(tried.plan, target, tried.search, mapped))
    return None


def least_cores(lowered: LoweredNetwork) -> int:
    """Return a lower bound on the cores, computed from the numbers of neurons."""
    return sum(compartment_floors(lowered).values())


def exceeds_target(lowered: LoweredNetwork) -> bool:
    """Return whether a network has too many neurons for its target."""
    target = lowered.network.target
    return isinstance(target, Loihi) and least_cores(lowered) > target.cores


LARGE = 2000
"""Cores above which a brief search says how many are enough."""


def cores_needed(lowered: LoweredNetwork, cache: PlanCache) -> int | None:
    """Return a number of cores that suffices for a network, on any number of chips.

    None if no number of chips suffices.
    """
    target = lowered.network.target
    most = MOST_CHIPS * lowered.network.device.chip.cores
    if not isinstance(target, Loihi) or least_cores(lowered) > most:
        return None
    target = replace(target, chips=MOST_CHIPS, cores=most)
    for effort in (0.5, 1) if least_cores(lowered) > LARGE else (1,):
        tried = attempt(lowered, target, cache, effort=effort)
        if tried.fits and tried.solution is not None:
            return tried.solution.cores
    return None


def _lacks_room(mapped: MappedNetwork, target: Loihi) -> Diagnostic | None:
    """Describe which resources a readout that learns lacks on the chip, if any."""
    readout = mapped.lowered.network.readout
    (source,) = readout.sources
    ensembles = mapped.by_name[source].ensembles
    out_axons = max(block.out_axons for e in ensembles for block in e.blocks)
    most = mapped.lowered.network.device.core.out_axons
    per_chip = mapped.lowered.network.device.chip.cores
    chips = f"chips {mapped.chips}, " if mapped.cores > target.chips * per_chip else ""
    advice = f"write `{chips}cores {mapped.cores}` in `target`"
    needs = {"value": mapped.cores, "limit": "cores", "most": target.cores}
    if mapped.cores <= target.cores:
        if out_axons <= most:
            return None
        advice = f"write a smaller `block` for `{source}`"
        needs = {"value": out_axons, "limit": "out-axons", "most": most}
    return rules.learning.NoCoreToLearn.at(readout, "learn", advice=advice, **needs)


class Attempt(NamedTuple):
    """A search for a mapping, and its result, for any number of cores.

    There is no ``search`` if some population fits on no core.
    ``unmixed`` lists the populations that use one kind of axon because their neurons
    would otherwise have both kinds. If both remain, ``least_unmixed`` is a lower bound
    on the cores with one kind. ``work`` is the total work of all searches, in
    candidates examined.
    """

    plan: Plan
    target: Loihi
    search: Search | None
    solution: Solution | None
    unmixed: Unmixed | None = None
    least_unmixed: int = 0
    work: int = 0

    @property
    def fits(self) -> bool:
        """Whether the search found a mapping that fits the target."""
        solution = self.solution
        return solution is not None and solution.cores <= self.target.cores

    @property
    def unmixed_cores(self) -> int:
        """The extra cores for axons of one kind; very many if both kinds remain."""
        return maxsize if self.unmixed is None else self.unmixed.cores

    def build_mapping(self) -> MappedNetwork | None:
        """Return the mapping of the solution."""
        if self.search is None or self.solution is None:
            return None
        bound = self.search.lower_bound
        return assemble(self.plan, self.solution, bound, self.unmixed)


def attempt(
    lowered: LoweredNetwork,
    target: Loihi,
    cache: PlanCache | None = None,
    most: int = maxsize,
    effort: float = 1,
    *,
    unmixes: bool = True,
) -> Attempt:
    """Search for a mapping of a network to a system, with one kind of axon per neuron.

    ``most`` is the maximum number of cores, and ``effort`` the search effort. Unless it
    ``unmixes``, neurons may have axons of both kinds, which takes fewer cores.
    """
    cache = PlanCache() if cache is None else cache
    plan = make_plan(lowered, cache)
    # Be brief: mapping one variant could take as long as mapping all the others.
    free = _search(plan, target, cache, most, effort, is_brief=effort < 1)
    return _unmix(free, cache, effort) if unmixes and free.fits else free


KEPT = 8
"""The maximum number of cached searches, each of which uses much memory."""


def _search(
    plan: Plan,
    target: Loihi,
    cache: PlanCache,
    most: int,
    effort: float,
    *,
    is_brief: bool = False,
) -> Attempt:
    key = plan.steps, target.cores, most, effort, is_brief
    if key not in cache.searches:
        search = solution = None
        if not plan.unmappable:
            device = plan.lowered.network.device
            search = Search(plan.steps, device.core, cache.axon_use, most, effort)
            # Then the cores are only for the message, so a brief search is enough.
            is_hopeless = search.floor > target.cores
            if search.floor <= min(most, MOST_CHIPS * device.chip.cores):
                solution = search.run(hopeless=is_brief or is_hopeless)
        if len(cache.searches) >= KEPT:
            cache.searches.clear()
        cache.searches[key] = search, solution
    search, solution = cache.searches[key]
    work = 0 if search is None else search.work
    return Attempt(plan, target, search, solution, work=work)


ROUNDS = 3
"""The maximum number of rounds: forcing one kind of axon on some sources may lead to
both kinds on others."""


def _unmix(free: Attempt, cache: PlanCache, effort: float) -> Attempt:
    """Return an attempt in which every neuron has axons of one kind, if possible.

    NxSDK's axon compiler rejects neurons with both kinds (nengo-loihi 242). Return the
    cheaper of two attempts: all mixed sources use either discrete axons (one per
    neuron), or population axons where possible.
    """
    assert free.solution is not None
    best = free
    work = free.work
    least = maxsize
    mixed = mixed_in(free.plan, free.solution)
    for kind in KINDS if mixed else ():
        unmixed = _of_one_kind(free, mixed, kind, cache, effort)
        work = work + unmixed.work
        least = min(least, unmixed.least_unmixed)
        # No board accepts both kinds, so extra cores are better (decision 036).
        best = min(best, unmixed, key=lambda each: each.unmixed_cores)
        if best.unmixed_cores == 0:
            break
    return best._replace(work=work, least_unmixed=least)


def _of_one_kind(
    free: Attempt, mixed: Sequence[str], kind: AxonKind, cache: PlanCache, effort: float
) -> Attempt:
    """Return the attempt with one kind of axon for mixed sources.

    ``work`` is the work of this attempt alone.
    """
    lowered = free.plan.lowered
    target = free.target
    assert free.solution is not None
    axons: dict[str, AxonKind] = {}
    work = 0
    least = maxsize
    for _ in range(ROUNDS):
        for name in mixed:
            # A max pool reads neurons one by one, by discrete axons (decision 036).
            compared = any(p.reach.compares for p in lowered.out_of(name))
            axons[name] = "discrete" if compared else kind
        plan = make_plan(lowered, cache, axons)
        if plan.unmappable:
            least = maxsize
            break
        least = plan.floor
        tried = _search(plan, target, cache, target.cores, effort)
        work += tried.work
        if tried.solution is None or not tried.fits:
            break
        mixed = mixed_in(plan, tried.solution)
        if not mixed:
            more = max(0, tried.solution.cores - free.solution.cores)
            unmixed = Unmixed(axons, more)
            return tried._replace(search=free.search, unmixed=unmixed, work=work)
    return free._replace(work=work, least_unmixed=least)


def find_unsound(lowered: LoweredNetwork, target: Loihi) -> Iterator[Diagnostic]:
    """Yield a target with too many cores, and each `block` that does not fit its layer.

    Other functions need a network without these problems.
    """
    profile = lowered.network.device
    if target.cores > target.chips * profile.chip.cores:
        yield diagnose.refuse_target(target, profile)
    for population in lowered.populations:
        block = population.block
        if block is not None and not block_is_sound(population):
            yield diagnose.refuse_block(population, block)


def _risks(mapped: MappedNetwork, least_unmixed: int) -> Iterator[Diagnostic]:
    """Yield what may fail on a board because of this mapping."""
    risks = _ungraded_risks(mapped, least_unmixed)
    yield from _graded(risks, mapped.lowered.network.device)
    unmixed = mapped.unmixed
    if unmixed is not None and unmixed.cores:
        more = counted(unmixed.cores, "core")
        concerned = _concerned(mapped, unmixed.axons)
        advice = _for_one_kind(mapped)
        yield rules.loihi.CostlyAxons(**concerned, more=more, advice=advice)


def _graded(risks: Iterable[Diagnostic], device: Profile) -> Iterator[Diagnostic]:
    """Yield possible failures on a board, as errors if the device is strict."""
    for diagnostic in risks:
        yield diagnostic.graded(Severity.ERROR) if device.strict else diagnostic


def _for_one_kind(mapped: MappedNetwork) -> str:
    """Say how to change a network so that no layer needs axons of two kinds."""
    layers = mapped.lowered.network.layers
    for layer in layers:
        if layer.operation.compares:
            size = extents(layer.operation.stride)
            return (
                f"write `avgpool {layer.name} {{ window {size} }}` or `downsample "
                f"{layer.name} {{ factor {size} }}` in place of the `maxpool`"
            )
    return "let convolutions and other layers read different layers"


def _ungraded_risks(mapped: MappedNetwork, least_unmixed: int) -> Iterator[Diagnostic]:
    network = mapped.lowered.network
    target = network.target
    board = network.device.board
    assert isinstance(target, Loihi)
    yield from _mixed_axons(mapped, target, least_unmixed)
    for layer in network.layers:
        levels = mapped.of_layer(layer.name)
        ensembles = (e for level in levels for e in level.ensembles)
        registers = [each for ensemble in ensembles for each in ensemble.registers]
        if registers:
            yield from _of_layer(mapped, layer, registers)
    if mapped.chips > board.chips:
        yield rules.loihi.ChipsUnasked(
            span=target.span, chips=mapped.chips, usual=board.chips
        )


def _mixed_axons(
    mapped: MappedNetwork, target: Loihi, least_unmixed: int
) -> Iterator[Diagnostic]:
    """Yield a warning if neurons have axons of both kinds."""
    if mapped.of_both_forms:
        mixed = _concerned(mapped, mapped.of_both_forms)
        advice = _for_one_kind(mapped)
        needs = f"no mapping to {target.cores} cores with axons of one kind was found"
        if target.cores < least_unmixed < maxsize:
            needs = f"axons of one kind would need at least {least_unmixed} cores"
            advice = (
                f"{advice}, or allow more `cores` and write `# snnc: allow SNN411 "
                f"reason` above `{mixed['layers'].partition(',')[0]}`"
            )
        elif target.cores < 2 * least_unmixed < maxsize:
            advice = f"more cores may be enough; otherwise, {advice}"
        yield rules.loihi.MixedAxons(**mixed, needs=needs, advice=advice)


def _of_layer(
    mapped: MappedNetwork, layer: LogicalLayer, registers: Sequence[Registers]
) -> Iterator[Diagnostic]:
    device = mapped.lowered.network.device
    fullest = max(registers, key=lambda each: most_axons(mapped, each))
    if most_axons(mapped, fullest) > device.core.out_axons:
        block = dims(block_of(mapped.of_layer(layer.name)[0]) or ())
        advice = f"write a smaller `block` than {block}, which takes more cores, or "
        if layer.operation.compares:
            advice = "write `avgpool`, which has no neurons, or "
        yield rules.loihi.UncertainOutAxons.at(
            layer,
            advice=advice,
            shared=fullest.shared_axons,
            own=most_axons(mapped, fullest),
            most=device.core.out_axons,
        )
    formats = max(each.formats for each in registers)
    if formats > device.board.synapse_formats:
        most = device.board.synapse_formats
        yield rules.loihi.UncertainFormats.at(layer, formats=formats, most=most)


def _concerned(mapped: MappedNetwork, populations: Iterable[str]) -> Json:
    """Return the fields of a diagnostic about the layers of some populations."""
    named = {mapped.by_name[name].population.layer.name for name in populations}
    layers = mapped.lowered.network.layers
    first, *others = (layer for layer in layers if layer.name in named)
    return {
        "span": first.span,
        "related": tuple(Label(layer.span, "this layer too") for layer in others),
        "layers": ", ".join(layer.name for layer in (first, *others)),
    }
