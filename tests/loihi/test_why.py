"""The limit that a report names is the right one: compared with trying everything."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from math import ceil
from typing import Any

import pytest

from snnc.ir.mapped import MappedNetwork
from snnc.loihi import search
from snnc.loihi.link import BlockFit, LimitViolation
from snnc.loihi.plan import Plan, make_plan
from snnc.loihi.search import AxonUse, Solution
from snnc.loihi.tiling import Tiling
from snnc.loihi.why import (
    NearMiss,
    Reason,
    explain,
    reasons_of,
    replacement_violation,
)
from tests.loihi.examples import CIFAR10, POOLED_DENSE
from tests.loihi.exhaustive import (
    assembled,
    every_tiling,
    search_of,
    small_profile,
    within_limits,
)
from tests.loihi.test_search import small_plan
from tests.support import layered, sound

SEEDS = range(60)


@cache
def explained_plans() -> list[tuple[Plan, Solution, tuple[Reason, ...]]]:
    plans = [small_plan(seed, graph) for seed in SEEDS for graph in (False, True)]
    found = [(p, search_of(p).run()) for p in plans if not p.unmappable]
    return [(p, s, explain(p, s).layers) for p, s in found if s is not None]


def reasons(bound: str) -> Iterator[tuple[Plan, Solution, int, Reason]]:
    for plan, solution, layers in explained_plans():
        for reason in layers:
            if reason.bound == bound:
                yield plan, solution, plan.positions[reason.name], reason


def fits_of(choices: Any, tiling: Tiling) -> list[BlockFit | LimitViolation]:
    return [choices.costs.fit(tiling, groups) for groups in product(*choices.sources)]


def ratio(violation: LimitViolation) -> float:
    return violation.value / violation.most


@pytest.mark.parametrize("bound", ["compartments", "alone", "neighbours"])
def test_the_bounds_are_what_trying_every_tiling_finds(bound: str) -> None:
    found = list(reasons(bound))
    assert len(found) >= 5
    for plan, solution, i, reason in found:
        choices = plan.steps[i].choices
        room = plan.lowered.network.device.core.compartments
        assert reason.filled == ceil(plan.populations[i].neurons / room)
        assert reason.cores == solution.tilings[i].cores
        assert reason.alone == min(
            tiling.cores
            for tiling in every_tiling(choices)
            if any(isinstance(fit, BlockFit) for fit in fits_of(choices, tiling))
        )
        expected = {
            "compartments": reason.cores == reason.filled,
            "alone": reason.cores == reason.alone > reason.filled,
            "neighbours": reason.cores > reason.alone,
        }
        assert expected[bound]


def test_alone_no_tiling_with_fewer_cores_comes_closer_to_fitting() -> None:
    for plan, _, i, reason in reasons("alone"):
        choices = plan.steps[i].choices
        room = plan.lowered.network.device.core.compartments
        fewer = [t for t in every_tiling(choices) if t.cores < reason.cores]
        held = [t for t in fewer if t.compartments <= room]
        enough = [t for t in fewer if t.cores >= reason.filled]
        misses = [(t, f) for t in held or enough or fewer for f in fits_of(choices, t)]
        assert reason.miss is not None
        assert reason.miss.layer == reason.name
        assert ratio(reason.miss.violation) == min(
            ratio(fit) for _, fit in misses if isinstance(fit, LimitViolation)
        )
        assert any(
            t.cores == reason.miss.cores and fit == reason.miss.violation
            for t, fit in misses
        )


def mapped_with(
    plan: Plan, solution: Solution, i: int, tiling: Tiling
) -> MappedNetwork | None:
    """Return the mapping with another tiling of one layer, None if it does not fit."""
    return assembled(plan, (*solution.tilings[:i], tiling, *solution.tilings[i + 1 :]))


def test_beside_its_neighbours_no_cheaper_tiling_fits() -> None:
    for plan, solution, i, reason in reasons("neighbours"):
        for tiling in every_tiling(plan.steps[i].choices):
            if tiling.cores < reason.cores:
                mapped = mapped_with(plan, solution, i, tiling)
                assert mapped is None or not within_limits(mapped)


def test_beside_its_neighbours_the_nearest_miss_is_counted_in_a_mapping() -> None:
    """A core of the layer named holds just what the miss says, and that is too much."""
    seen = set()
    for plan, solution, i, reason in reasons("neighbours"):
        miss = reason.miss
        assert miss is not None
        assert miss.violation.value > miss.violation.most
        if miss.violation.limit != "out-axons":
            continue
        seen.add(miss.layer == reason.name)
        assert miss.violation.value in {
            max(
                block.out_axons
                for ensemble in mapped.by_name[miss.layer].ensembles
                for block in ensemble.blocks
            )
            for tiling in every_tiling(plan.steps[i].choices)
            if tiling.cores == miss.cores
            and (mapped := mapped_with(plan, solution, i, tiling)) is not None
        }
    assert seen == {True, False}


def test_tilings_that_do_not_fit_by_themselves_are_no_neighbours_fault() -> None:
    """Some would break the limit of synapse bits by less than others of out-axons."""
    reasons = reasons_of(sound(CIFAR10, "place"))
    assert reasons.exact
    reason = reasons.layers[1]
    assert (reason.bound, reason.alone, reason.cores) == ("neighbours", 15, 22)
    assert reason.miss == NearMiss(18, "c1", LimitViolation("out-axons", 5408, 4096))


def test_a_block_of_the_spec_is_the_reason() -> None:
    first, dense = reasons_of(sound(POOLED_DENSE, "place")).layers
    assert first.bound == "compartments"
    assert (dense.bound, dense.block, dense.cores) == ("block", (10,), 3)
    assert (dense.filled, dense.alone, dense.miss) == (1, 3, None)


def explained(
    text: str, compartments: int = 1024, in_axons: int = 4096
) -> tuple[Reason, ...]:
    """Return the reasons on cores with other limits."""
    profile = small_profile(compartments, in_axons, 4096, 1 << 20)
    plan = make_plan(sound(text, "lower", profile))
    solution = search_of(plan).run()
    assert solution is not None
    return explain(plan, solution).layers


def test_pop16_may_be_what_binds() -> None:
    target = "loihi { pop 16 }"
    one = layered("conv2d a { filters 6, kernel 1 }", shape="6x6x1", target=target)
    (reason,) = explained(one)
    assert reason.miss is not None
    assert reason.miss.violation.limit == "pop16 bases"
    assert reason.cores > reason.filled == 1


def test_where_no_cut_is_even_enough_compartments_bind() -> None:
    one = layered("conv2d a { filters 1, kernel 1 }", shape="5x5x1")
    (reason,) = explained(one, compartments=3)
    assert (reason.filled, reason.alone) == (9, 10)
    assert reason.miss is not None
    assert reason.miss.violation == LimitViolation("compartments", 4, 3)


def test_a_search_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PATIENCE", 100)
    cut = reasons_of(sound(CIFAR10, "place"))
    assert not cut.exact
    assert cut.cores >= 68 > cut.floor == 61


def test_a_layer_that_could_do_with_fewer_cores_is_not_explained_away() -> None:
    """Some of the cheaper tilings do not fit, but one does."""
    lowered = sound(CIFAR10, "lower")
    plan = make_plan(lowered)
    best = search_of(plan).run()
    assert best is not None
    use = AxonUse()
    dearer, fit = next(
        (tiling, fit)
        for tiling in every_tiling(plan.steps[2].choices)
        if tiling.cores > 22
        and replacement_violation(plan, best, 2, tiling, use) is None
        for fit in fits_of(plan.steps[2].choices, tiling)
        if isinstance(fit, BlockFit)
    )
    wasteful = replace(
        best,
        tilings=(*best.tilings[:2], dearer, *best.tilings[3:]),
        fits=(*best.fits[:2], fit, *best.fits[3:]),
        exact=False,
    )
    reason = explain(plan, wasteful).layers[1]
    assert (reason.bound, reason.alone, reason.miss) == ("neighbours", 15, None)


def test_sources_grouped_in_too_many_ways_leave_a_bound() -> None:
    text = layered(
        *(f"conv3d c{i} from e {{ filters 1, kernel 1 }}" for i in range(3)),
        "concat k from c0, c1, c2",
        "conv3d d { filters 2, kernel 2 }",
        shape="8x3x3x1",
        encode="conv e { filters 1 }",
    )
    layers = explained(text, compartments=64, in_axons=24)
    assert [reason.tried for reason in layers] == [True, True, True, False]
    last = layers[-1]
    assert (last.bound, last.filled, last.alone) == ("neighbours", 1, 1)
    assert last.cores > 1
    assert last.miss is not None
    assert last.miss.violation.limit == "in-axons"
