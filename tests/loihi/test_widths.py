"""Mappings that are made from the readers to what they read."""

from itertools import count, islice, product
from math import prod
from sys import maxsize

import pytest

from snnc.loihi.candidates import ChipChoices
from snnc.loihi.link import Link
from snnc.loihi.plan import Plan, assemble
from snnc.loihi.tiling import Tiling
from snnc.rules.loihi import TooManyCores
from tests.loihi.exhaustive import every_tiling, search_of, within_limits
from tests.loihi.test_search import small_plan
from tests.support import compile_text, layered, sound


def mappable_plans(number: int) -> list[Plan]:
    """Return plans of small networks that have a mapping."""
    drawn = (small_plan(seed, graph) for seed in count() for graph in (False, True))
    return list(islice((plan for plan in drawn if not plan.unmappable), number))


def narrow(plan: Plan, width: int) -> int | None:
    """Return the cores that a search finds, with every block within its limits."""
    search = search_of(plan)
    solution, _ = search.attempt(maxsize, width, max(2, width))
    if solution is None:
        return None
    assert solution.cores == sum(tiling.cores for tiling in solution.tilings)
    assert within_limits(assemble(plan, solution))
    return solution.cores


@pytest.mark.slow
def test_a_narrow_attempt_finds_a_sound_mapping_near_the_best() -> None:
    plans = mappable_plans(150)
    best = [search_of(plan).run() for plan in plans]
    few, many = ([narrow(plan, width) for plan in plans] for width in (1, 64))
    missed, first, last, least = 0, 0, 0, 0
    for found, one, more in zip(best, few, many, strict=True):
        if found is None:
            continue
        assert more is None or more >= found.cores
        missed += more is None
        if one is not None and more is not None:
            first, last, least = first + one, last + more, least + found.cores
    assert missed == 0
    assert least <= last <= 1.01 * least
    assert last <= first <= 1.05 * least


def test_the_bound_is_below_every_mapping() -> None:
    for plan in mappable_plans(60):
        hasty, patient = (search_of(plan, effort) for effort in (0.001, 1))
        first, second = hasty.run(), patient.run()
        if second is not None:
            assert hasty.lower_bound <= second.cores
            assert patient.lower_bound <= second.cores
            assert second.exact == (patient.lower_bound == second.cores)
        if first is not None and second is not None:
            assert first.cores >= second.cores


@pytest.mark.slow
def test_what_a_large_network_is_said_to_take_suffices() -> None:
    sizes = [(64, 1), (128, 2), (256, 2), (512, 2), (512, 1)]
    lines = [
        f"conv2d c{i} {{ filters {filters}, padding same, stride {stride} }}"
        for i, (filters, stride) in enumerate(sizes)
    ]
    text = layered(*lines, "dense d { units 512 }", shape="96x96x3", encode="rate")
    _, report = compile_text(text, "place")
    # Deep networks may be presented for too short a time as well.
    (problem,) = (d for d in report.diagnostics if isinstance(d, TooManyCores))
    chips = -(-problem.cores // 128)
    target = f"target loihi {{ chips {chips}, cores {problem.cores} }}"
    mapped = sound(text.replace("target loihi", target), "place")
    assert mapped.lower_bound < mapped.cores == problem.cores


def slots_of_blocks(link: Link, source: Tiling, target: Tiling) -> list[int]:
    """Return the built axons of all blocks from their factors, in order."""
    axons = link.built_axons(source, target)
    first, slots = 0, []
    for part in source.parts:
        strips = axons.strips[first : first + len(part.strips)]
        first += len(strips)
        blocks = product(axons.rows, axons.columns, strips)
        slots += [sum(map(prod, zip(*block, strict=True))) for block in blocks]
    return slots


def test_the_most_axons_of_a_block_are_those_of_the_fullest() -> None:
    found = 0
    for plan in mappable_plans(30):
        tilings = [list(every_tiling(step.choices))[::3] for step in plan.steps]
        for step, targets in zip(plan.steps, tilings, strict=True):
            if not isinstance(step.choices, ChipChoices):
                continue
            links = step.choices.costs.links
            for source, forms in zip(step.sources, links, strict=True):
                cuts = tilings[source]
                for link, cut, target in product(forms.values(), cuts, targets):
                    every = list(link.axons(cut, target))
                    most = max(max(each).built for each in every)
                    assert link.most_axons(cut, target) == most
                    assert slots_of_blocks(link, cut, target) == [
                        each.built for part in every for each in part
                    ]
                    found += 1
    assert found > 1000


def test_many_sources_of_some_depth_are_tried_together() -> None:
    names = [f"c{i}" for i in range(8)]
    text = layered(
        *(f"conv3d {n} from e {{ filters 4, padding same }}" for n in names),
        f"concat all from {', '.join(names)}",
        "conv3d d { filters 4 }",
        shape="8x12x12x1",
        target="loihi { chips 16 }",
        encode="conv e { filters 2 }",
    )
    mapped = sound(text, "place")
    assert mapped.lower_bound <= mapped.cores <= 60
