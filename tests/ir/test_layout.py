"""The weight tensors of a network and the identity of their list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from snnc.ir.layout import TensorSpec, input_scale, layout_id, tensors
from tests.emit.networks import NETWORKS
from tests.support import layered, network, sound

PLANE = ("height", "width", "in", "out")


def test_tensors_are_in_the_specs_order_with_the_readout_last() -> None:
    """A shortcut that is not learned has no tensor; a bias that is off has one."""
    made = {tensor.name: tensor.shape for tensor in tensors(NETWORKS["colours"])}
    assert list(made.items()) == [
        ("encode.kernel", (1, 1, 3, 4)),
        ("encode.bias", (4,)),
        ("c0.kernel", (3, 3, 4, 6)),
        ("c0.bias", (6,)),
        ("c1.kernel", (3, 3, 6, 6)),
        ("c1.bias", (6,)),
        ("c2.kernel", (3, 3, 6, 5)),
        ("c2.bias", (5,)),
        ("c2.shortcut", (1, 1, 6, 5)),
        ("c3.kernel", (1, 1, 5, 5)),
        ("c3.bias", (5,)),
        ("digit.kernel", (20, 4)),
        ("digit.bias", (4,)),
    ]


@pytest.mark.parametrize(
    ("made", "name", "shape", "axes"),
    [
        ("colours", "c2.shortcut", (1, 1, 6, 5), PLANE),
        ("volume", "c0.kernel", (3, 3, 3, 2, 3), ("depth", *PLANE)),
        ("volume", "d0.kernel", (1 * 2 * 2 * 3, 5), ("in", "out")),
        # Through pools and joins, a layer reads the joined channels.
        ("waves", "d0.kernel", (6 * 7, 8), ("in", "out")),
        ("waves", "d2.shortcut", (6 * 7, 6), ("in", "out")),
        ("features", "d0.bias", (8,), ("out",)),
    ],
)
def test_a_tensor_has_the_shape_and_the_axes_of_keras(
    made: str, name: str, shape: tuple[int, ...], axes: tuple[str, ...]
) -> None:
    by_name = {tensor.name: tensor for tensor in tensors(NETWORKS[made])}
    assert by_name[name] == TensorSpec(name, shape, axes, "float32")
    assert ("encode.kernel" in by_name) == (made in ("colours", "volume"))


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
    text = layered("conv2d a { filters 3 }", encode=f"{encoder} e")
    made = sound(text.replace("in 0..1", given), "lower")
    assert input_scale(made.network) == scale
