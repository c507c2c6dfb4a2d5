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


def test_drawn_networks_build_as_predicted() -> None:
    built = []

    def check(text: str, results: Compilation) -> None:
        built.append(check_counts(results))

    each_spec(check, NETWORKS, START)
    assert len(built) == NETWORKS


def test_they_say_everything_that_the_language_can_say() -> None:
    drawn: list[Any] = []
    each_spec(lambda _, results: drawn.append(results.mapped), NETWORKS, START)
    assert missing(drawn) == set()
