"""Pools and joins folded into their readers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from snnc.ir.lowered import Full, Pooling, Window
from snnc.ir.shapes import pads
from tests.support import network, sound

HEAD = "input image 12x12x2 in 0..1\nencode conv e { filters 3 }\n"


def lower_layers(layers: str, head: str = HEAD) -> Any:
    return sound(network(head + layers + "\nreadout y { classes 2 }"), "lower")


def test_two_pools_and_a_valid_kernel_are_one_window() -> None:
    found = lower_layers(
        "avgpool p { window 3, stride 2 }\navgpool q { window 2, stride 1 }\n"
        "conv2d a { filters 4, kernel 2 , stride 2}"
    )
    (projection,) = found.into("a")
    assert projection.reach == Window((1, 7, 7), (1, 4, 4), 0, "valid")
    assert projection.pools == (
        Pooling((1, 3, 3), (1, 2, 2)),
        Pooling((1, 2, 2), (1, 1, 1)),
    )


def test_same_padding_over_a_pool_gets_zeros_in_front() -> None:
    found = lower_layers(
        "avgpool p { window 3 }\nconv2d a { filters 4, kernel 2, padding same }"
    )
    (projection,) = found.into("a")
    assert projection.reach == Window((1, 8, 8), (1, 3, 3), 0, "same", (2, 2))


def test_same_padding_that_pads_nothing_is_valid() -> None:
    found = lower_layers(
        "avgpool p { window 5 }\nconv2d a { filters 4, kernel 1, padding same }"
    )
    (projection,) = found.into("a")
    assert projection.reach == Window((1, 5, 5), (1, 5, 5), 0, "valid")


@pytest.mark.parametrize("pool", [1, 2, 3])
def test_causal_padding_reads_nothing_that_comes_after(pool: int) -> None:
    for places, kernel, (stride, apart) in product(
        (1, 6, 7, 8), (1, 2, 4), ((1, 1), (2, 1), (3, 1), (5, 1), (1, 2), (1, 3))
    ):
        found = lower_layers(
            f"avgpool p {{ window {pool} }}\nconv1d a {{ filters 4, padding causal, "
            f"kernel {kernel}, stride {stride}, dilation {apart} }}",
            f"input wave {pool * places}x2 in 0..1\nencode conv e {{ filters 3 }}\n",
        )
        (projection,) = found.into("a")
        window, extent = projection.reach, (kernel - 1) * apart + 1
        outputs = -(-places // stride)
        assert found.by_name["a"].volume == (1, outputs, 1, 4)
        assert window.zeros_before == (0, 0)
        covered = window.kernel[1] - window.zeros_behind[0]
        assert covered == extent * pool
        before, behind = pads(
            pool * places, window.kernel[1], window.stride[1], window.padding
        )
        assert before == (extent - 1) * pool
        assert window.stride[1] == stride * pool
        last = (outputs - 1) * window.stride[1] - before + window.kernel[1] - 1
        assert last < pool * places + behind


def test_a_concat_slices_the_kernel() -> None:
    found = lower_layers(
        "conv2d a from e { filters 4, padding same }\nconcat k from a, e\n"
        "conv2d c { filters 2 }"
    )
    read = found.into("c")
    assert [(p.source, p.rows) for p in read] == [("a", (0, 4)), ("e", (4, 7))]
    assert {p.tensor for p in read} == {"c.kernel"}


def test_an_add_brings_every_source_with_one_kernel() -> None:
    found = lower_layers(
        "conv2d a from e { filters 3, padding same }\nadd s from a, e\n"
        "dense d { units 2 }"
    )
    read = found.into("d")
    assert [(p.source, p.rows) for p in read] == [("a", (0, 3)), ("e", (0, 3))]
    assert all(isinstance(p.reach, Full) for p in read)


def test_a_shortcut_is_a_projection_of_its_own() -> None:
    found = lower_layers("conv2d a { filters 5, padding same, stride 2, shortcut e }")
    kernel, shortcut = found.into("a")
    assert (kernel.tensor, shortcut.tensor) == ("a.kernel", "a.shortcut")
    assert shortcut.reach == Window((1, 1, 1), (1, 2, 2), 0, "valid")


def test_depth_is_padded_by_offsets() -> None:
    found = lower_layers(
        "avgpool p { window 2 }\nconv3d a { filters 2, kernel 3, padding same }",
        "input clip 8x8x8x1 in 0..1\nencode conv e { filters 3 }\n",
    )
    (projection,) = found.into("a")
    assert projection.reach == Window((6, 6, 6), (2, 2, 2), 2, "same")


def test_only_chip_layers_of_a_chip_are_on_it() -> None:
    layers = "conv2d a { filters 2, place host }\nconv2d b { filters 2 }"
    assert [p.on_chip for p in lower_layers(layers).populations] == [False, False, True]
    nengo = lower_layers(layers, "target nengo\n" + HEAD)
    assert [p.on_chip for p in nengo.populations] == [False, False, False]
