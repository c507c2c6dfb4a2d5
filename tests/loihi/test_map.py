"""The pass's mappings, and its diagnostics about networks that don't fit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.loihi.candidates import ChipChoices
from snnc.loihi.plan import make_plan
from snnc.loihi.profile import read_profile
from snnc.passes.place import place
from tests.loihi import examples
from tests.loihi.sketch import Sketch, loihi, nengo


def refusal(sketch: Sketch) -> Diagnostic:
    report = Diagnostics()
    assert place(sketch.lower(), report) is None
    assert len(report.diagnostics) == 1
    return report.diagnostics[0]


def image(target: Any = None, side: int = 12) -> Sketch:
    sketch = Sketch((side, side, 1), target or loihi())
    sketch.encode(4)
    return sketch


@pytest.mark.parametrize(
    ("sketch", "cores"),
    [(examples.drift, 5), (examples.keras_to_loihi, 11), (examples.cifar10, 68)],
)
def test_known_networks_take_few_cores(
    sketch: Callable[[], Sketch], cores: int
) -> None:
    assert sketch().place().cores <= cores


def test_depth_groups_save_cores() -> None:
    single = examples.drift().lower().by_name["l1"].volume[0]
    assert examples.drift().place().by_name["l1"].cores < single


def test_a_fan_in_beyond_the_axons_becomes_a_convolution() -> None:
    *_, last = examples.wide_fan_in().place().projections
    assert last.form == "convolution"


def test_nengo_has_no_blocks_and_an_ensemble_for_each_slice() -> None:
    sketch = examples.drift()
    sketch.target = nengo()
    found = sketch.place()
    assert found.cores == 0
    assert [p.group for p in found.populations] == [1, 1, 1, 1]
    assert [len(p.ensembles) for p in found.populations] == [8, 6, 2, 1]
    assert all(p.pop is None for p in found.projections)


def test_what_leaves_the_chip_is_dense() -> None:
    found = examples.host_after_chip().place()
    assert [p.form for p in (*found.projections[-1:], *found.readout)] == ["dense"] * 2
    assert found.by_name["l3"].cores == 0


def test_a_convolution_behind_the_chip_is_dense_too() -> None:
    sketch = image()
    sketch.conv(4)
    sketch.conv(2, place="host")
    assert [p.form for p in sketch.place().projections[1:]] == ["convolution", "dense"]


def test_pop16_is_used_where_it_works() -> None:
    sketch = image()
    sketch.conv(8)
    sketch.conv(36)
    sketch.conv(4)
    assert [p.pop for p in sketch.place().projections] == [None, 16, 16, 32]


def test_pop16_needs_axon_numbers_of_ten_bits() -> None:
    sketch = image(side=40)
    sketch.conv(4, 4, 4)
    assert sketch.place().by_name["l1"].ensembles[0].blocks[0].in_axons == 1600
    assert sketch.place().projections[-1].pop == 32


@pytest.mark.parametrize("pop", [16, 32])
def test_the_target_may_fix_the_axons(pop: int) -> None:
    sketch = image(loihi(pop=pop))
    sketch.conv(6)
    assert sketch.place().projections[-1].pop == pop


def test_a_block_is_used_as_it_is() -> None:
    sketch = image()
    sketch.conv(6, block=(4, 10, 4))
    (ensemble,) = sketch.place().by_name["l1"].ensembles
    assert ensemble.block_shape == (4, 10, 4)
    assert [b.compartments for b in ensemble.blocks] == [160, 80, 160, 80, 80, 40]


def test_a_conv3d_block_gives_the_group_too() -> None:
    sketch = Sketch((5, 6, 6, 1))
    sketch.encode(2)
    sketch.conv(3, 2, 1, block=(3, 5, 5, 4))
    population = sketch.place().by_name["l1"]
    assert population.group == 3
    assert [e.shape for e in population.ensembles] == [(5, 5, 9), (5, 5, 3)]
    assert [e.block_shape for e in population.ensembles] == [(5, 5, 4), (5, 5, 3)]


def test_a_block_of_the_wrong_rank_is_refused() -> None:
    sketch = image()
    sketch.conv(6, block=(4, 10))
    assert refusal(sketch).code == "SNN402"


def test_a_block_larger_than_the_layer_is_refused_with_what_is_left() -> None:
    sketch = image()
    sketch.conv(6, block=(4, 12, 6))
    problem: Any = refusal(sketch)
    assert problem.code == "SNN403"
    assert problem.nearest == (4, 10, 6)


def test_a_block_larger_than_a_core_is_refused_with_the_nearest() -> None:
    sketch = image()
    sketch.conv(32, block=(10, 10, 32))
    problem: Any = refusal(sketch)
    assert problem.code == "SNN404"
    assert "3200 compartments" in problem.render_label()
    again = image()
    again.conv(32, block=problem.nearest)
    assert again.place().by_name["l1"].ensembles[0].block_shape == problem.nearest


def test_a_fan_in_that_nothing_can_fit_is_refused_at_its_layer() -> None:
    sketch = image(loihi(chips=20))
    sketch.conv(8192, 1)
    sketch.conv(10, 6)
    problem: Any = refusal(sketch)
    assert problem.code == "SNN401"
    span = problem.span
    assert span.source.text[span.start : span.end] == "conv2d l2"
    assert "synapse bits" in problem.render_label()


def test_too_few_cores_are_refused_with_the_number_needed() -> None:
    sketch = examples.keras_to_loihi()
    sketch.target = loihi(cores=10)
    problem: Any = refusal(sketch)
    assert problem.code == "SNN406"
    assert "11 cores" in problem.render_message()


@pytest.mark.slow
def test_a_network_far_too_large_is_refused_with_the_cores_that_it_takes() -> None:
    sketch = image(side=64)
    for _ in range(3):
        sketch.conv(256, 3, 1, "same")
    problem: Any = refusal(sketch)
    assert problem.code == "SNN406"
    assert "needs 12032 cores" in problem.render_message()


def test_more_cores_than_the_chips_have_are_refused() -> None:
    sketch = examples.drift()
    sketch.target = loihi(chips=1, cores=129)
    assert refusal(sketch).code == "SNN407"


def test_pop16_from_too_many_channels_is_refused() -> None:
    sketch = image(loihi(pop=16))
    sketch.conv(40)
    sketch.conv(4)
    problem: Any = refusal(sketch)
    assert problem.code == "SNN408"
    assert "40 channels" in problem.render_label()


def test_out_axons_of_a_fixed_block_are_checked() -> None:
    sketch = image(loihi(4), 40)
    sketch.conv(2, block=(16, 16, 2))
    sketch.conv(32, block=(32, 32, 1))
    assert refusal(sketch).code == "SNN405"


def test_mapping_is_fast_and_linear_in_the_layers() -> None:
    def seconds(layers: int) -> float:
        sketch = examples.chain(layers)
        sketch.target = loihi(100)
        lowered = sketch.lower()
        started = time.process_time()
        assert place(lowered, Diagnostics()) is not None
        return time.process_time() - started

    short, long = min(seconds(10) for _ in range(3)), seconds(100)
    assert long < 30 * short + 0.1
    assert long < 1.0


def test_many_dense_inputs_share_a_form() -> None:
    sketch = image()
    branches = [sketch.dense(3, sources=("l0",)) for _ in range(4)]
    sketch.dense(2, sources=(sketch.concat(*branches),))
    lowered = sketch.lower()
    step = make_plan(lowered, loihi(), read_profile()).steps[-1]
    assert isinstance(step.choices, ChipChoices)
    forms = ("dense", "convolution")
    assert step.choices.costs.forms == tuple((form,) * 4 for form in forms)


def test_every_limit_has_a_source() -> None:
    profile = read_profile()
    tables = (profile.core, profile.chip, profile.synapse, profile.axon)
    assert all(table.source for table in tables)
