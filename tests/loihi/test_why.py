"""The limit that a report names is the right one: compared with trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from math import ceil
from typing import Any, cast

import pytest

from snnc.ir.logical import Loihi
from snnc.ir.mapped import MappedNetwork
from snnc.loihi import search
from snnc.loihi.assemble import assemble
from snnc.loihi.candidates import ChipChoices, tilings_of
from snnc.loihi.link import BlockFit, LimitViolation
from snnc.loihi.plan import Plan, make_plan
from snnc.loihi.profile import read_profile
from snnc.loihi.search import Search, Solution
from snnc.loihi.tiling import Tiling, least_sizes
from snnc.loihi.why import (
    LocalReplacement,
    NearMiss,
    Reason,
    explain,
    reasons_of,
)
from tests.loihi import examples
from tests.loihi.exhaustive import small_profile, within_limits
from tests.loihi.sketch import Sketch, loihi
from tests.loihi.test_search import small_plan

SEEDS = range(60)
ATTRIBUTES = {
    "compartments": "compartments",
    "in-axons": "in_axons",
    "out-axons": "out_axons",
    "synapse bits": "synapse_bits",
}


@cache
def solutions() -> list[tuple[Plan, Solution]]:
    plans = [small_plan(seed, graph) for seed in SEEDS for graph in (False, True)]
    found = [
        (p, Search(p.steps, p.profile.core).run()) for p in plans if not p.unmappable
    ]
    return [(plan, solution) for plan, solution in found if solution is not None]


def reasons(bound: str) -> Iterator[tuple[Plan, Solution, int, Reason]]:
    for plan, solution in solutions():
        for reason in explain(plan, solution).layers:
            if reason.bound == bound:
                yield plan, solution, plan.positions[reason.name], reason


def every_tiling(choices: Any) -> Iterator[Tiling]:
    depth, height, width, channels = choices.costs.volume
    for group in least_sizes(depth):
        sizes = map(least_sizes, (height, width, group * channels))
        for rows, columns, strip in product(*sizes):
            yield from tilings_of(choices.costs, group, (rows, columns, strip))


def fits_of(choices: Any, tiling: Tiling) -> list[BlockFit | LimitViolation]:
    return [choices.costs.fit(tiling, groups) for groups in product(*choices.sources)]


def ratio(violation: LimitViolation) -> float:
    return violation.value / violation.most


@pytest.mark.slow
def test_the_plans_meet_every_bound() -> None:
    for bound in ("compartments", "alone", "neighbours"):
        assert sum(1 for _ in reasons(bound)) >= 5, bound


@pytest.mark.parametrize("bound", ["compartments", "alone", "neighbours"])
def test_the_bounds_are_what_trying_every_tiling_finds(bound: str) -> None:
    for plan, solution, i, reason in reasons(bound):
        choices = plan.steps[i].choices
        room = plan.profile.core.compartments
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
        room = plan.profile.core.compartments
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
    tilings = (*solution.tilings[:i], tiling, *solution.tilings[i + 1 :])
    fits: list[BlockFit] = []
    for step, chosen in zip(plan.steps, tilings, strict=True):
        fit: BlockFit | LimitViolation = BlockFit(())
        if isinstance(step.choices, ChipChoices):
            groups = tuple(tilings[source].group for source in step.sources)
            fit = step.choices.costs.fit(chosen, groups)
        if not isinstance(fit, BlockFit):
            return None
        fits.append(fit)
    return assemble(plan, Solution(tilings, tuple(fits), 0, 0, False))


def test_beside_its_neighbours_no_cheaper_tiling_fits() -> None:
    for plan, solution, i, reason in reasons("neighbours"):
        for tiling in every_tiling(plan.steps[i].choices):
            if tiling.cores < reason.cores:
                mapped = mapped_with(plan, solution, i, tiling)
                assert mapped is None or not within_limits(mapped, plan.profile)


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
                getattr(block, ATTRIBUTES[miss.violation.limit])
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
    layers = reasons_of(examples.cifar10().place()).layers
    reason = layers[1]
    assert (reason.bound, reason.alone, reason.cores) == ("neighbours", 15, 22)
    assert reason.miss == NearMiss(18, "l2", LimitViolation("out-axons", 5408, 4096))


def test_a_block_of_the_spec_is_the_reason() -> None:
    first, dense = reasons_of(examples.pooled_dense().place()).layers
    assert first.bound == "compartments"
    assert (dense.bound, dense.block, dense.cores) == ("block", (10,), 3)
    assert (dense.filled, dense.alone, dense.miss) == (1, 3, None)


def test_pop16_may_be_what_binds() -> None:
    sketch = Sketch((6, 6, 1), loihi(pop=16))
    sketch.encode(4)
    sketch.conv(6, 1)
    (reason,) = explain(*_solve(sketch, 1024)).layers
    assert reason.miss is not None
    assert reason.miss.violation.limit == "pop16 bases"
    assert reason.cores > reason.filled == 1


def test_where_no_cut_is_even_enough_compartments_bind() -> None:
    sketch = Sketch((5, 5, 1))
    sketch.encode(1)
    sketch.conv(1, 1)
    (reason,) = explain(*_solve(sketch, 3)).layers
    assert (reason.filled, reason.alone) == (9, 10)
    assert reason.miss is not None
    assert reason.miss.violation == LimitViolation("compartments", 4, 3)


def _solve(
    sketch: Sketch, compartments: int, in_axons: int = 4096
) -> tuple[Plan, Solution]:
    profile = small_profile(compartments, in_axons, 4096, 1 << 20)
    plan = make_plan(sketch.lower(), cast(Loihi, sketch.target), profile)
    solution = Search(plan.steps, profile.core).run()
    assert solution is not None
    return plan, solution


def test_a_search_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reasons_of(examples.cifar10().place()).exact
    monkeypatch.setattr(search, "PATIENCE", 100)
    cut = reasons_of(examples.cifar10().place())
    assert not cut.exact
    assert cut.cores >= 68 > cut.floor == 61


def test_a_layer_that_could_do_with_fewer_cores_is_not_explained_away() -> None:
    """Some of the cheaper tilings do not fit, but one does."""
    sketch = examples.cifar10()
    plan = make_plan(sketch.lower(), cast(Loihi, sketch.target), read_profile())
    best = Search(plan.steps, plan.profile.core).run()
    assert best is not None
    replacement = LocalReplacement(plan, best)
    dearer = next(
        (tiling, fit)
        for tiling in every_tiling(plan.steps[2].choices)
        if tiling.cores > 22 and replacement.violation(2, tiling) is None
        for fit in fits_of(plan.steps[2].choices, tiling)
        if isinstance(fit, BlockFit)
    )
    wasteful = replace(
        best,
        tilings=(*best.tilings[:2], dearer[0], *best.tilings[3:]),
        fits=(*best.fits[:2], dearer[1], *best.fits[3:]),
        exact=False,
    )
    reason = explain(plan, wasteful).layers[1]
    assert (reason.bound, reason.alone, reason.miss) == ("neighbours", 15, None)


def test_sources_grouped_in_too_many_ways_leave_a_bound() -> None:
    sketch = Sketch((8, 3, 3, 1))
    first = sketch.encode(1)
    branches = [sketch.conv(1, 1, sources=(first,)) for _ in range(3)]
    sketch.concat(*branches)
    sketch.conv(2, 2)
    layers = explain(*_solve(sketch, 64, in_axons=24)).layers
    assert [reason.tried for reason in layers] == [True, True, True, False]
    last = layers[-1]
    assert (last.bound, last.filled, last.alone) == ("neighbours", 1, 1)
    assert last.cores > 1
    assert last.miss is not None
    assert last.miss.violation.limit == "in-axons"
