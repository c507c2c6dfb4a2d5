"""Mappings: forms, axons, blocks, and the time that they take."""

import time
from typing import Any

import pytest

from snnc.diagnostics import Diagnostics
from snnc.loihi.candidates import ChipChoices
from snnc.loihi.plan import make_plan
from snnc.passes.place import place
from tests.loihi.examples import DRIFT, GROUPED, HOST_AFTER_CHIP, WIDE_FAN_IN
from tests.support import layered, sound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WIDE_FAN_IN, [32, 32]),
        (HOST_AFTER_CHIP, [16, *["dense"] * 3]),
        # What leaves the chip is dense, a convolution too.
        (
            layered("conv2d a { filters 4 }", "conv2d b { filters 2, place host }"),
            [16, "dense"],
        ),
        (
            layered(*(f"conv2d c{n} {{ filters {n} }}" for n in (8, 36, 4))),
            [16, 16, 32],
        ),
        # pop16 has ten bits for an in-axon, and 1600 lead to this core.
        (layered("conv2d a { filters 4, kernel 4, stride 4 }", shape="40x40x1"), [32]),
        (layered("conv2d a { filters 6 }", target="loihi { pop 16 }"), [16]),
        (layered("conv2d a { filters 6 }", target="loihi { pop 32 }"), [32]),
        # Zeros of a convolution cost less than an in-axon for each neuron.
        (
            layered(
                "conv2d a { filters 2, kernel 5, stride 2, padding same, groups 2 }",
                shape="16x16x1",
                encode="conv e { filters 512 }",
            ),
            [32],
        ),
        (GROUPED, ["sparse"]),
    ],
)
def test_each_projection_takes_the_form_and_the_axons_that_work(
    text: str, expected: list[Any]
) -> None:
    found = sound(text, "place").projections
    assert [each.pop or each.form for each in found[1:]] == expected


def test_nengo_has_no_blocks_and_an_ensemble_for_each_slice() -> None:
    target = "target loihi { chips 1 }"
    found = sound(DRIFT.replace(target, "target nengo"), "place")
    assert found.cores == 0
    assert [p.group for p in found.populations] == [1, 1, 1, 1]
    assert [len(p.ensembles) for p in found.populations] == [8, 6, 2, 1]
    assert all(p.pop is None for p in found.projections)


def test_a_conv3d_block_gives_the_group_too() -> None:
    clip = "conv3d a { filters 3, kernel 2, block 3x5x5x4 }"
    population = sound(layered(clip, shape="5x6x6x1"), "place").by_name["a"]
    assert population.group == 3
    assert [e.shape for e in population.ensembles] == [(5, 5, 9), (5, 5, 3)]
    assert [e.block_shape for e in population.ensembles] == [(5, 5, 4), (5, 5, 3)]


def test_taps_apart_are_stored_without_the_zeros_between_them() -> None:
    dense, apart = (
        sound(layered(f"conv2d a {{ filters 16, padding same, {taps} }}"), "place")
        for taps in ("kernel 5", "kernel 3, dilation 2")
    )
    assert apart.projections[-1].form == "sparse"
    assert apart.cores <= dense.cores


def test_mapping_is_fast_and_linear_in_the_layers() -> None:
    def seconds(layers: int) -> float:
        lines = (f"conv2d c{i} {{ filters 16, padding same }}" for i in range(layers))
        text = layered(*lines, shape="32x32x1", target="loihi { chips 100 }")
        lowered = sound(text, "lower")
        started = time.process_time()
        assert place(lowered, Diagnostics()) is not None
        return time.process_time() - started

    short, long = min(seconds(10) for _ in range(3)), seconds(100)
    assert long < 30 * short + 0.1
    assert long < 1.0


def test_many_dense_inputs_share_a_form() -> None:
    names = [f"d{i}" for i in range(4)]
    lines = [f"dense {name} from e {{ units 3 }}" for name in names]
    lines += [f"concat k from {', '.join(names)}", "dense d { units 2 }"]
    lowered = sound(layered(*lines), "lower")
    step = make_plan(lowered).steps[-1]
    assert isinstance(step.choices, ChipChoices)
    forms = ("dense", "convolution")
    assert step.choices.costs.forms == tuple((form,) * 4 for form in forms)
