"""Sparse links: what they cost, and where the mapper takes them."""

from __future__ import annotations

from math import ceil

import pytest

from tests.loihi.sketch import Sketch


def image(side: int, channels: int) -> Sketch:
    sketch = Sketch((side, side, 1))
    sketch.encode(channels)
    return sketch


@pytest.mark.slow
@pytest.mark.parametrize("stride", [1, 2])
def test_the_compartments_of_a_depthwise_layer_bind(stride: int) -> None:
    from tests.agreement.built import check_blocks

    sketch = image(16, 32)
    sketch.conv(32, 3, stride, "same", groups=32)
    found = sketch.place()
    side = ceil(16 / stride)
    assert found.projections[-1].form == "sparse"
    assert found.cores == ceil(side * side * 32 / 1024)
    check_blocks(found)


def test_few_wide_groups_take_the_form_with_fewer_cores() -> None:
    """Zeros of a convolution cost less than an in-axon for each neuron."""
    sketch = image(16, 512)
    sketch.conv(2, 5, 2, "same", groups=2)
    found = sketch.place()
    assert found.projections[-1].form == "convolution"


def test_taps_apart_are_stored_without_the_zeros_between_them() -> None:
    dense, apart = image(12, 8), image(12, 8)
    dense.conv(16, 5, 1, "same")
    apart.conv(16, 3, 1, "same", dilation=2)
    assert apart.place().projections[-1].form == "sparse"
    assert apart.place().cores <= dense.place().cores
