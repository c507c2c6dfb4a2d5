"""Whether rates that were counted keep to their budgets."""

from __future__ import annotations

import math

import pytest

from snnc.runtime.examples import check_budget, slack_of
from snnc.tools.evaluate.summary import outside


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
