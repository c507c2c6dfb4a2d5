"""Spikes, synaptic operations and traffic, counted by hand."""

from dataclasses import replace

import pytest

from snnc.ir.device import Chip
from snnc.loihi.activity import NetworkActivity, activity_of
from snnc.loihi.profile import read_profile
from tests.loihi.examples import DRIFT, HOST_AFTER_CHIP, route_on
from tests.support import layered, sound

PROFILE = read_profile()


def active(text: str, cores: int = 128) -> NetworkActivity:
    """Return the activity on chips with so many cores."""
    device = replace(PROFILE, chip=Chip("test", cores))
    return activity_of(route_on(sound(text, "place"), device))


def dense(*lines: str) -> str:
    encode = "conv e { filters 2, rate ..150 Hz }"
    return layered("timing { present 60 ms }", *lines, shape="6x1", encode=encode)


def test_an_example_at_the_upper_rates() -> None:
    activity = active(dense("dense d { units 10, block 4 }"))
    encoder, layer = activity.layers
    once = 150.0 * 0.06
    assert (encoder.spikes, layer.spikes) == (12 * once, 10 * once)
    assert (encoder.operations, encoder.arrivals, encoder.updates) == (0, 0, 0)
    assert layer.operations == 120 * once
    assert layer.arrivals == 36 * once
    assert layer.updates == 10 * 60
    picojoules = 120 * once * 23.6 + 36 * once * 1.7 + 600 * 81
    assert activity.joules(PROFILE.energy) == pytest.approx(picojoules * 1e-12)
    assert activity.idle_joules(PROFILE.energy) == pytest.approx(600 * 52e-12)
    assert activity.to_chip == pytest.approx(36 * 0.15)
    assert activity.to_host == pytest.approx(10 * 0.15)
    assert activity.crossing == 0


def test_spikes_cross_where_blocks_are_on_different_chips() -> None:
    text = dense("dense a { units 8, block 4 }", "dense b { units 6, block 3 }")
    in_order = [active(text, cores).crossing_in_order for cores in (2, 3)]
    assert in_order == pytest.approx([8 * 2 * 9 / 60, 8 * 9 / 60])
    # With a block of each layer on each chip half of all spikes cross.
    assert active(text, 2).crossing == pytest.approx(8 * 9 / 60)
    assert active(text).crossing == 0
    assert active(text).to_chip == pytest.approx(12 * 2 * 0.15)


def test_a_source_read_twice_by_the_host_comes_back_once() -> None:
    assert active(HOST_AFTER_CHIP).to_host == pytest.approx(12 * 0.15)


def test_without_a_chip_there_are_spikes_and_nothing_else() -> None:
    activity = active(DRIFT.replace("target loihi { chips 1 }", "target nengo"))
    assert activity.spikes > 0
    assert (activity.operations, activity.joules(PROFILE.energy)) == (0, 0)
    assert (activity.to_chip, activity.to_host, activity.crossing) == (0, 0, 0)
