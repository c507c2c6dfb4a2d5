"""The weight tensors of a network and the identity of their list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.language.model import spec_hash
from tests.emit.networks import (
    conv1d_joined,
    conv2d_lif,
    conv3d_relu,
    focal_features,
)
from tests.support import network, sound


def _shapes(made: Any) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tensor.shape for tensor in tensors(made)}


def test_order_is_the_specs_with_the_readout_last() -> None:
    names = [tensor.name for tensor in tensors(conv2d_lif())]
    assert names == [
        "encode.kernel",
        "encode.bias",
        "c0.kernel",
        "c0.bias",
        "c1.kernel",
        "c1.bias",
        "c2.kernel",
        "c2.bias",
        "c2.shortcut",
        "c3.kernel",
        "c3.bias",
        "digit.kernel",
        "digit.bias",
    ]


def test_a_convolution_has_its_spatial_axes_then_in_and_out() -> None:
    kernel = next(t for t in tensors(conv3d_relu()) if t.name == "c0.kernel")
    assert kernel.shape == (3, 3, 3, 2, 3)
    assert kernel.axes == ("depth", "height", "width", "in", "out")
    assert kernel.dtype == "float32"


def test_a_dense_kernel_reads_the_flattened_source() -> None:
    assert _shapes(conv3d_relu())["d0.kernel"] == (1 * 2 * 2 * 3, 5)


def test_sources_behind_pools_and_joins_give_their_joined_channels() -> None:
    shapes = _shapes(conv1d_joined())
    assert shapes["d0.kernel"] == (6 * 7, 8)
    assert shapes["d2.shortcut"] == (6 * 7, 6)


def test_only_learned_shortcuts_have_a_tensor() -> None:
    shapes = _shapes(conv2d_lif())
    assert "c1.shortcut" not in shapes
    assert shapes["c2.shortcut"] == (1, 1, 6, 5)


def test_a_rate_encoder_has_no_tensor() -> None:
    assert "encode.kernel" not in _shapes(focal_features())


def test_a_bias_is_there_even_if_it_is_off() -> None:
    assert _shapes(conv2d_lif())["c3.bias"] == (5,)


BASE = network(
    """
    target loihi { chips 1 }
    input image 8x8x1 in 0..1
    encode conv pixels { filters 2 }
    conv2d a { filters 3 }
    readout y { classes 2 }
    train { loss cross_entropy }
    """
)


def _tensors(text: str) -> tuple[Any, ...]:
    return tensors(sound(text, "verify"))


def _id(text: str) -> str:
    return layout_id(_tensors(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("filters 3", "filters 3, rate 10..90 Hz"),
        ("filters 3", "filters 3, synapse 9 ms, neuron lif"),
        ("filters 3", "filters 3, block 3x6x3"),
        ("filters 3", "filters 3, batchnorm on, dropout 0.5, bias off"),
        ("conv2d a", "# three\n    conv2d a"),
        ("cross_entropy", "focal, epochs 3, optimizer sgd"),
        ("network net {", 'network other { about "Other words."'),
        ("classes 2", "classes [cat, dog]"),
        ("classes 2", "units 2"),
        ("target loihi { chips 1 }", "target nengo"),
    ],
)
def test_a_spec_may_change_around_its_tensors(old: str, new: str) -> None:
    text = BASE.replace(old, new)
    if "units" in new:
        text = text.replace("cross_entropy", "mse")
    assert text != BASE
    assert _id(text) == _id(BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("filters 3", "filters 4"),
        ("encode conv pixels { filters 2 }", "encode rate pixels"),
        ("filters 3", "filters 3, kernel 1"),
        ("classes 2", "classes 3"),
        ("conv2d a", "conv2d b"),
        ("readout y", "readout z"),
    ],
)
def test_a_spec_with_other_tensors_has_another_identity(old: str, new: str) -> None:
    assert _id(BASE.replace(old, new)) != _id(BASE)


def test_identity_changes_with_an_axis_alone() -> None:
    (first, *rest) = _tensors(BASE)
    turned = replace(first, axes=tuple(reversed(first.axes)))
    assert layout_id((turned, *rest)) != _id(BASE)


def test_a_dense_shortcut_is_a_matrix_of_the_flattened_source() -> None:
    text = network(
        """
        input image 4x2 in 0..1
        encode rate e
        dense d0 { units 3 }
        dense d1 { units 5, shortcut e }
        readout y { classes 2 }
        """
    )
    tensor = next(t for t in _tensors(text) if t.name == "d1.shortcut")
    assert (tensor.shape, tensor.axes) == ((8, 5), ("in", "out"))


def test_spec_hash_is_of_the_meaning() -> None:
    from snnc.language.layers import RateEncoderSpec
    from snnc.language.model import NetworkSpec
    from snnc.language.statements import InputSpec, ReadoutSpec

    def spec(units: int) -> NetworkSpec:
        return NetworkSpec(
            network="n",
            input=InputSpec(name="x", shape=(4,), within=(0.0, 1.0)),
            layers=(RateEncoderSpec(),),
            readout=ReadoutSpec(name="y", units=units),
        )

    assert spec_hash(spec(2)) == spec_hash(spec(2))
    assert spec_hash(spec(2)) != spec_hash(spec(3))
    assert len(spec_hash(spec(2))) == 64


@pytest.mark.parametrize(
    ("encoder", "given", "scale"),
    [
        ("conv", "in 0..1", "x"),
        ("conv", "in 0..255 as 0..1", "0.003921569 x"),
        ("conv", "in 0..255 as -1..1", "0.007843137 x - 1"),
        ("rate", "in 0..255", "0.003921569 x"),
        ("rate", "in -4..2 as 0..3", "0.1666667 x + 0.6666667"),
    ],
)
def test_the_scale_of_the_input_is_what_the_first_weights_read(
    encoder: str, given: str, scale: str
) -> None:
    text = f"""
        input image 8x8x1 {given}
        encode {encoder} e
        conv2d a {{ filters 3 }}
        readout y {{ classes 2 }}
        """
    assert input_scale(sound(network(text), "lower").network) == scale
