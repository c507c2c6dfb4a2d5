"""Every counter of every block of drawn networks is what nengo-loihi's build counts.

``make oracle`` draws five hundred of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from snnc.passes import Compilation
from tests.agreement.built import check_counts
from tests.agreement.features import missing
from tests.agreement.specs import each_spec

NETWORKS, START = 60, 48
"""If a new Hypothesis draws other networks, take a start from which all is said."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.xdist_group("drawn"),
]


def test_drawn_networks_say_everything_and_build_as_predicted() -> None:
    drawn: list[Any] = []

    def check(_: str, results: Compilation) -> None:
        check_counts(results)
        drawn.append(results.mapped)

    each_spec(check, NETWORKS, START)
    assert len(drawn) == NETWORKS
    assert missing(drawn) == set()
