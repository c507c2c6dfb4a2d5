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


DEEP = "input clip 8x8x8x1 in 0..1\nencode conv e { filters 3 }\n"


@pytest.mark.parametrize(
    ("pool", "layer", "window", "head"),
    [
        # Same padding that pads nothing is valid.
        (5, "conv2d a { kernel 1 }", Window((1, 5, 5), (1, 5, 5), 0, "valid"), HEAD),
        # Over a pool, it gets zeros in front.
        (
            3,
            "conv2d a { kernel 2 }",
            Window((1, 8, 8), (1, 3, 3), 0, "same", (2, 2)),
            HEAD,
        ),
        # Depth is padded by offsets.
        (2, "conv3d a { kernel 3 }", Window((6, 6, 6), (2, 2, 2), 2, "same"), DEEP),
    ],
)
def test_same_padding_over_a_pool(
    pool: int, layer: str, window: Window, head: str
) -> None:
    layers = layer.replace("{", "{ filters 4, padding same,")
    found = lower_layers(f"avgpool p {{ window {pool} }}\n{layers}", head)
    (projection,) = found.into("a")
    assert projection.reach == window


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


@pytest.mark.parametrize(
    ("join", "rows"), [("concat", [(0, 4), (4, 7)]), ("add", [(0, 3), (0, 3)])]
)
def test_a_join_brings_every_source_with_its_rows_of_one_kernel(
    join: str, rows: list[tuple[int, int]]
) -> None:
    found = lower_layers(
        f"conv2d a from e {{ filters {rows[0][1]}, padding same }}\n"
        f"{join} k from a, e\ndense d {{ units 2 }}"
    )
    read = found.into("d")
    assert [p.source for p in read] == ["a", "e"]
    assert [p.rows for p in read] == rows
    assert all(p.tensor == "d.kernel" and isinstance(p.reach, Full) for p in read)


def test_a_shortcut_is_a_projection_of_its_own() -> None:
    found = lower_layers("conv2d a { filters 5, padding same, stride 2, shortcut e }")
    kernel, shortcut = found.into("a")
    assert (kernel.tensor, shortcut.tensor) == ("a.kernel", "a.shortcut")
    assert shortcut.reach == Window((1, 1, 1), (1, 2, 2), 0, "valid")


def test_only_chip_layers_of_a_chip_are_on_it() -> None:
    layers = "conv2d a { filters 2, place host }\nconv2d b { filters 2 }"
    assert [p.on_chip for p in lower_layers(layers).populations] == [False, False, True]
    nengo = lower_layers(layers, "target nengo\n" + HEAD)
    assert [p.on_chip for p in nengo.populations] == [False, False, False]
