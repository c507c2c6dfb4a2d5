"""Spikes, synaptic operations and traffic, by hand and as nengo-loihi builds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import pytest
from hypothesis import HealthCheck, given, settings

from snnc.ir.device import Chip, Profile
from snnc.ir.mapped import MappedNetwork, RoutedNetwork
from snnc.loihi.activity import activity_of
from snnc.loihi.profile import read_profile
from snnc.passes.route import route
from tests.loihi import examples
from tests.loihi.drawing import mappings
from tests.loihi.sketch import Sketch, nengo

PROFILE = read_profile()
FEW_CORES = replace(PROFILE, chip=Chip("test", 2))
SLOW_BUILDS = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def route_on(mapping: MappedNetwork, device: Profile = PROFILE) -> RoutedNetwork:
    """Return the network on the chips of a device."""
    lowered = mapping.lowered
    network = replace(lowered.network, device=device)
    return route(replace(mapping, lowered=replace(lowered, network=network)))


def predicted_joins(mapping: MappedNetwork) -> dict[tuple[str, str], tuple[int, ...]]:
    """Counts for each source and target; all sources on the host are one."""
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for each in route_on(mapping, FEW_CORES).routes:
        on_chip = mapping.lowered.by_name[each.source].on_chip
        key = (each.source if on_chip else "", each.target)
        counts = each.operations, each.messages, each.crossing_in_order
        before = found.get(key, (0, 0, 0))
        found[key] = tuple(a + b for a, b in zip(before, counts, strict=True))
    return found


def depth_groups() -> Sketch:
    """Depth groups whose kernels hold zeros, and a fan-in over the depth."""
    sketch = Sketch((5, 6, 7, 1))
    sketch.encode(3)
    sketch.conv(6, (3, 2, 3), (1, 2, 1), "same", block=(2, 2, 7, 12))
    sketch.conv(4, 2, (2, 1, 2), block=(1, 2, 2, 4))
    sketch.dense(10)
    return sketch


def skipping() -> Sketch:
    """Strides above the kernel leave pixels unread; one reader takes all pixels."""
    sketch = Sketch((11, 9, 1))
    sketch.encode(3)
    sketch.conv(4, 2, 3)
    sketch.conv(5, 1, 2, block=(1, 2, 5))
    return sketch


def shortcut() -> Sketch:
    sketch = Sketch((8, 8, 1))
    sketch.encode(4)
    stem = sketch.conv(8, 3, 1, "same", block=(4, 8, 8))
    sketch.conv(8, 3, 1, "same")
    sketch.conv(8, 3, 1, "same", shortcut=stem, block=(8, 4, 4))
    return sketch


def pooled_image() -> Sketch:
    sketch = Sketch((9, 9, 1))
    sketch.encode(4)
    sketch.pool(2, 2)
    sketch.conv(8, 3, 1, block=(2, 1, 8))
    sketch.pool(2, 1)
    sketch.dense(6)
    return sketch


@pytest.mark.slow
@pytest.mark.parametrize(
    "sketch",
    [
        depth_groups,
        skipping,
        shortcut,
        pooled_image,
        examples.drift,
        examples.residual,
        examples.wide_fan_in,
        examples.pooled_dense,
        examples.host_after_chip,
    ],
)
def test_examples_reach_the_weights_that_are_counted(
    sketch: Callable[[], Sketch],
) -> None:
    mapping = sketch().place()
    from tests.loihi.axons import built_joins  # takes nengo-loihi with it

    assert predicted_joins(mapping) == built_joins(mapping, FEW_CORES.chip.cores)


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=SLOW_BUILDS)
@given(mapping=mappings())
def test_any_cut_reaches_the_weights_that_are_counted(mapping: MappedNetwork) -> None:
    from tests.loihi.axons import built_joins  # takes nengo-loihi with it

    assert predicted_joins(mapping) == built_joins(mapping, FEW_CORES.chip.cores)


def test_an_example_at_the_upper_rates() -> None:
    sketch = Sketch((6, 1))
    sketch.encode(2)
    sketch.dense(10, block=(4,))
    energy = PROFILE.energy
    activity = activity_of(route_on(sketch.place()))
    encoder, dense = activity.layers
    once = 150.0 * 0.06
    assert (encoder.spikes, dense.spikes) == (12 * once, 10 * once)
    assert (encoder.operations, encoder.arrivals, encoder.updates) == (0, 0, 0)
    assert dense.operations == 120 * once
    assert dense.arrivals == 36 * once
    assert dense.updates == 10 * 60
    picojoules = 120 * once * 23.6 + 36 * once * 1.7 + 600 * 81
    assert activity.joules(energy) == pytest.approx(picojoules * 1e-12)
    assert activity.idle_joules(energy) == pytest.approx(600 * 52e-12)
    assert activity.to_chip == pytest.approx(36 * 0.15)
    assert activity.to_host == pytest.approx(10 * 0.15)
    assert activity.crossing == 0


def test_spikes_cross_where_blocks_are_on_different_chips() -> None:
    sketch = Sketch((6, 1))
    sketch.encode(2)
    sketch.dense(8, block=(4,))
    sketch.dense(6, block=(3,))
    two, three = (replace(PROFILE, chip=Chip("test", n)) for n in (2, 3))
    mapping = sketch.place()
    in_order = [
        activity_of(route_on(mapping, p)).crossing_in_order for p in (two, three)
    ]
    assert in_order == pytest.approx([8 * 2 * 9 / 60, 8 * 9 / 60])
    # With a block of each layer on each chip half of all spikes cross.
    assert activity_of(route_on(mapping, two)).crossing == pytest.approx(8 * 9 / 60)
    assert activity_of(route_on(mapping)).crossing == 0
    assert activity_of(route_on(mapping)).to_chip == pytest.approx(12 * 2 * 0.15)


def test_a_source_read_twice_by_the_host_comes_back_once() -> None:
    mapping = examples.host_after_chip().place()
    dense = mapping.by_name["l2"].population
    assert activity_of(route_on(mapping)).to_host == pytest.approx(
        prod(dense.volume) * 0.15
    )


def test_without_a_chip_there_are_spikes_and_nothing_else() -> None:
    sketch = examples.drift()
    sketch.target = nengo()
    activity = activity_of(route_on(sketch.place()))
    assert activity.spikes > 0
    assert (activity.operations, activity.joules(PROFILE.energy)) == (0, 0)
    assert (activity.to_chip, activity.to_host, activity.crossing) == (0, 0, 0)
