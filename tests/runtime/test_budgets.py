"""Rates that were counted: their percentiles, and whether they keep to budgets."""

import math

import numpy as np
import pytest

from snnc.runtime.examples import Largest, check_budget, slack_of
from snnc.views.evaluation import outside


@pytest.mark.parametrize(
    ("rate", "present", "text"),
    [
        (100, 0.06, ""),
        (160, 0.06, "10 Hz above, within the slack of 17 Hz"),
        (4, 0.06, "16 Hz below, within the slack of 17 Hz"),
        (155, math.inf, "5 Hz above, within the slack of 8 Hz"),
        (160, math.inf, "not held, 10 Hz above"),
        (4, math.inf, "not held, 16 Hz below"),
    ],
)
def test_the_slack_that_a_budget_needs_is_told(
    rate: float, present: float, text: str
) -> None:
    bounds = (20.0, 150.0)
    verdict = check_budget(rate, bounds, present)
    assert outside(rate, bounds, slack_of(bounds, present), verdict) == text


@pytest.mark.parametrize(
    ("rate", "present", "verdict"),
    [
        (20.0, 0.06, "held"),
        (150.0, 0.06, "held"),
        (9 / 0.06, 0.06, "held"),  # nine spikes, within an ulp
        (150.1, 0.06, "tolerated"),
        (166.6, 0.06, "tolerated"),  # 10 spikes: one more than there may be
        (166.8, 0.06, "missed"),
        (3.4, 0.06, "tolerated"),
        (3.2, 0.06, "missed"),
        (157.0, 1.0, "tolerated"),  # 5 % are more than a spike
        (158.0, 1.0, "missed"),
        (18.0, 1.0, "missed"),
    ],
)
def test_out_of_bounds_by_a_spike_or_5_percent_is_tolerated(
    rate: float, present: float, verdict: str
) -> None:
    assert check_budget(rate, (20.0, 150.0), present) == verdict


DRAWS = np.random.default_rng(0)
VALUES = {
    "activations": DRAWS.normal(0.5, 1, (101, 5, 4)).astype("f4"),
    "counts": DRAWS.poisson(3, 201),
}


@pytest.mark.parametrize("percent", [0.0, 37.5, 50.0, 99.0, 99.9, 100.0])
@pytest.mark.parametrize("batches", [1, 4])
@pytest.mark.parametrize("kind", VALUES)
def test_percentiles_are_numpys_of_all_batches(
    kind: str, batches: int, percent: float
) -> None:
    values = VALUES[kind]
    largest = Largest(values.size, percent)
    for batch in np.array_split(values, batches):
        largest.add(batch)
    wanted = np.percentile(values.astype("f8"), percent)
    assert largest.percentile == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    assert largest.values.max() == values.max()
