"""Reasons in words."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from snnc.loihi.link import LimitViolation
from snnc.loihi.profile import read_profile
from snnc.loihi.why import NearMiss, Reason, Reasons
from snnc.verbs.report.sentences import bound_by, bounds, sentence, total

CORE = read_profile().core


def reason(bound: Any, miss: NearMiss | None, alone: int = 4) -> Reason:
    return Reason("c1", 1500, 4, 2, alone, True, bound, None, miss)


def near_miss(limit: Any, value: int, most: int) -> NearMiss:
    return NearMiss(3, "c1", LimitViolation(limit, value, most))


UNTRIED = replace(
    reason("neighbours", near_miss("in-axons", 5000, 4096), 3), tried=False
)


@pytest.mark.parametrize(
    ("given", "short", "words"),
    [
        (
            reason("alone", near_miss("compartments", 1100, 1024)),
            "compartments",
            "2 would hold its neurons, but "
            "one of 3 cores would have to hold 1100 neurons (limit 1024)",
        ),
        (
            reason("alone", near_miss("pop16 channels", 40, 32)),
            "pop16 channels",
            "2 would hold its neurons, but "
            "one of 3 cores would read 40 channels, but pop16 allows at most 32",
        ),
        (
            reason("alone", near_miss("pop16 bases", 1, 4)),
            "pop16 bases",
            "2 would hold its neurons, but one of 3 cores "
            "would need pop16 bases that are not multiples of 4",
        ),
        (
            reason("neighbours", None, 3),
            "search",
            "3 would be enough for this layer alone, "
            "but the search ended before all options were tried",
        ),
        (
            UNTRIED,
            "in-axons of c1",
            "3 would hold its neurons, but with the other layers split as they are, "
            "one of 3 cores would need 5000 in-axons (limit 4096)",
        ),
    ],
)
def test_a_reason_says_what_fewer_cores_would_need(
    given: Reason, short: str, words: str
) -> None:
    assert bound_by(given) == short
    assert sentence(given, CORE) == f"c1: 4 cores; {words}."


def test_levels_of_a_core_each_are_not_told_as_one_core() -> None:
    level = replace(reason("compartments", None), cores=1)
    assert bounds([level]) == "one core"
    assert bounds([level, level]) == "one core per level"
    assert bounds([level, replace(level, cores=4)]) == "one core, compartments"


def test_a_single_neuron_needs() -> None:
    alone = Reason("d", 1, 1, 1, 1, True, "compartments", None, None)
    assert sentence(alone, CORE) == "d: 1 core. 1 neuron alone needs 1 (1024 per core)."


@pytest.mark.parametrize(
    ("least", "bound"),
    [
        (9, "9, which is a lower bound"),
        (10, "9, and all together at least 10"),
        (8, "9, with axons of one kind"),
    ],
)
def test_the_total_says_how_near_to_the_best_an_inexact_mapping_is(
    least: int, bound: str
) -> None:
    lowered = SimpleNamespace(network=SimpleNamespace(name="net"))
    mapped: Any = SimpleNamespace(lowered=lowered, lower_bound=least)
    assert total(Reasons((), 12, 9, False), mapped) == (
        f"net: 12 cores, at most {12 - least} above the optimum; "
        f"the layers on their own need {bound}."
    )
