"""Every counter of every block equals what a build of nengo-loihi counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from snnc.ir.mapped import MappedNetwork
from tests.agreement.built import check_blocks
from tests.fuzz.harness import TIMES
from tests.loihi import examples
from tests.loihi.drawing import mappings
from tests.loihi.sketch import Sketch

pytestmark = pytest.mark.slow
SLOW_BUILDS = [HealthCheck.too_slow, HealthCheck.filter_too_much]


@settings(max_examples=15 * TIMES, suppress_health_check=SLOW_BUILDS)
@given(mapped=mappings())
def test_any_cut_costs_what_nengo_loihi_counts(mapped: MappedNetwork) -> None:
    check_blocks(mapped)


@pytest.mark.parametrize(
    ("sketch", "cores"),
    [
        (examples.drift, 5),
        (examples.keras_to_loihi, 11),
        (examples.cifar10, 68),
        (examples.residual, 9),
        (examples.wide_fan_in, 11),
        (examples.pooled_dense, 4),
        (examples.host_after_chip, 2),
        (examples.shortcut_past_maximum, 4),
    ],
)
def test_examples_build_on_the_cores_that_were_found(
    sketch: Callable[[], Sketch], cores: int
) -> None:
    mapped = sketch().place()
    assert mapped.cores == cores
    check_blocks(mapped)
