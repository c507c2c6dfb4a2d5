"""Transposed convolutions, and readouts that are convolutions."""

from __future__ import annotations

import pytest

from snnc.ir.layout import tensors
from tests.support import codes, network, sound


def body(layer: str, readout: str = "units 2", source: str = "conv2d c") -> str:
    size = "units" if source.startswith("dense") else "filters"
    head = "input image 9x7x1 in 0..1\nencode conv e { filters 4 }"
    lines = (head, f"{source} {{ {size} 6 }}", layer, f"readout y {{ {readout} }}")
    return network("\n".join(lines))


def transposed(properties: str) -> str:
    return f"conv2d_transpose u {{ {properties} }}"


@pytest.mark.parametrize(
    ("properties", "shape"),
    [
        ("kernel 3", (9, 7, 5)),
        ("kernel 4, stride 2", (16, 12, 5)),
        ("kernel 4, stride 2, padding same", (14, 10, 5)),
        ("kernel 1x3, stride 3x1", (21, 7, 5)),
    ],
)
def test_an_image_grows_as_in_keras(properties: str, shape: tuple[int, ...]) -> None:
    made = sound(body(transposed(f"filters 5, {properties}")), "lower").network
    assert made.by_name["u"].shape == shape
    kernel = next(t for t in tensors(made) if t.name == "u.kernel")
    assert (kernel.axes[-2:], kernel.shape[-2:]) == (("out", "in"), (5, 6))


def test_features_are_an_image_of_one_pixel() -> None:
    text = body(transposed("filters 5, kernel 3x2"), source="dense c")
    assert sound(text, "lower").network.by_name["u"].shape == (3, 2, 5)


def test_a_readout_of_filters_has_the_values_of_an_image() -> None:
    made = sound(body("", "filters 3, kernel 3x2, stride 2"), "lower").network
    assert made.readout.image == (3, 2, 3)
    assert made.readout.units == 18
    shapes = {t.name: t.shape for t in tensors(made)}
    assert shapes["y.kernel"] == (3, 2, 6, 3)
    assert shapes["y.bias"] == (3,)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (body(transposed("filters 999, kernel 600, stride 600")), "SNN306"),
        (body(transposed("kernel 3")), "SNN259"),
        (body(transposed("filters 2, kernel 3x3x3")), "SNN302"),
        (body("", "filters 3, kernel 9"), "SNN319"),
        (body("", "filters 3", "dense c"), "SNN319"),
        (body("", "filters 3, classes 3"), "SNN220"),
    ],
)
def test_a_wrong_size_is_refused(text: str, code: str) -> None:
    assert code in codes(text)
