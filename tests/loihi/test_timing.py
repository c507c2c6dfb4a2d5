"""The estimated time per step, computed by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from snnc.ir.device import Chip
from snnc.ir.mapped import RoutedNetwork
from snnc.loihi import profile
from snnc.loihi.profile import read_profile
from snnc.loihi.timing import CoreLoad, estimate_time, loads_of, time_at_upper_rates
from snnc.views.chip_time import time_sentences
from tests.loihi.examples import DRIFT, HOST_AFTER_CHIP, route_on
from tests.loihi.test_activity import dense
from tests.support import sound

PROFILE = read_profile()


def routed(text: str, cores: int = 128) -> RoutedNetwork:
    device = replace(PROFILE, chip=Chip("test", cores))
    return route_on(sound(text, "place"), device)


def test_a_device_file_may_omit_its_times(tmp_path: Path) -> None:
    text = Path(profile.__file__).with_name("loihi1.toml").read_text(encoding="utf-8")
    before, _, after = text.partition("# In nanoseconds, from a model")
    device = tmp_path / "short.toml"
    device.write_text(before + after[after.index("[traffic]") :], encoding="utf-8")
    short = read_profile(str(device))
    assert short.time == PROFILE.time
    assert short.least_time == PROFILE.least_time
    device.write_text(text.replace("message_in = 16.0", "message_in = 99.0"))
    read_profile.cache_clear()
    assert read_profile(str(device)).time.message_in == 99.0


def test_the_slowest_core_and_the_barrier_determine_a_step() -> None:
    slow = CoreLoad("a", 100, spikes=10, sent=20, received=30, operations=900)
    step = estimate_time([slow, CoreLoad("b", 1, 0, 0, 0, 0)], PROFILE, 5)
    assert step is not None
    updates, sending = 100 * 9.7 + 10 * 30.0, 20 * 5.1
    receiving, operations = 30 * 16.0, 900 * 3.8
    assert step.step_seconds == pytest.approx(1e-9 * (receiving + operations + 600))
    total = updates + sending + receiving + operations
    least = 30 * 2.1 + 900 * 3.5 + 113
    assert step.step_seconds_range == pytest.approx(
        (1e-9 * least, 1e-9 * (total + 600))
    )
    assert step.example_seconds == pytest.approx(5 * step.step_seconds)
    assert step.slowest_layer == "a"
    assert step.neurons_seconds == pytest.approx(1e-9 * updates)
    assert step.spikes_seconds == pytest.approx(1e-9 * (sending + receiving))


@pytest.mark.parametrize(
    ("cores", "barrier"),
    [(1, 600), (8, 1000), (12, 1000), (13, 1400), (116, 1800), (500, 1800)],
)
def test_the_barrier_grows_with_the_tiles(cores: int, barrier: float) -> None:
    step = estimate_time([CoreLoad("a", 1, 0, 0, 0, 0)] * cores, PROFILE, 5)
    assert step is not None
    assert step.barrier_seconds == pytest.approx(1e-9 * barrier)


def test_the_load_of_each_core_at_upper_rates() -> None:
    first, second, third = loads_of(routed(dense("dense d { units 10, block 4 }")))
    once = 0.15
    assert (first.layer, first.neurons, third.neurons) == ("d", 4, 2)
    assert first == second
    assert first.spikes == pytest.approx(4 * once)
    assert first.received == pytest.approx(12 * once)
    assert first.operations == pytest.approx(4 * 12 * once)
    assert third.operations == pytest.approx(2 * 12 * once)
    assert first.sent == 0


def test_cores_send_a_spike_to_each_core_that_reads_it() -> None:
    text = dense("dense a { units 8, block 4 }", "dense b { units 6, block 3 }")
    loads = loads_of(routed(text))
    assert [load.sent for load in loads] == pytest.approx([1.2, 1.2, 0, 0])
    assert [load.received for load in loads] == pytest.approx([1.8, 1.8, 1.2, 1.2])


def test_several_chips_have_the_barrier_of_one() -> None:
    text = dense("dense a { units 8, block 4 }", "dense b { units 6, block 3 }")
    on_two = time_at_upper_rates(routed(text, 4))
    on_one = time_at_upper_rates(routed(text))
    assert on_two is not None
    assert on_two == on_one


def test_layers_on_the_host_take_no_time_on_the_chip() -> None:
    loads = loads_of(routed(HOST_AFTER_CHIP))
    assert {load.layer for load in loads} == {"a", "b"}
    assert loads[-1].sent == 0


def test_a_readout_that_learns_has_a_core() -> None:
    readout = "readout y { classes 4, learn pes { rate 0.05 } }"
    text = dense("dense d { units 10 }").replace("readout y { classes 4 }", readout)
    assert readout in text
    loads = loads_of(routed(text))
    assert (loads[-1].layer, loads[-1].neurons) == ("y", 8)
    assert loads[-1].operations == pytest.approx(8 * 10 * loads[0].spikes / 10)


def test_without_a_chip_there_is_no_time() -> None:
    text = DRIFT.replace("target loihi { chips 1 }", "target nengo")
    assert time_at_upper_rates(routed(text)) is None
    assert [*time_sentences(None)] == []
