"""Whether rates that were counted keep to their budgets."""

from __future__ import annotations

import pytest

from snnc.runtime.budgets import judged


@pytest.mark.parametrize(
    ("rate", "present", "verdict"),
    [
        (20.0, 0.06, "held"),
        (150.0, 0.06, "held"),
        (9 / 0.06, 0.06, "held"),  # nine spikes, give or take an ulp
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
    assert judged(rate, (20.0, 150.0), present) == verdict
