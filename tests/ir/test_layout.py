"""The weight tensors of a network and the identity of their list."""

from dataclasses import replace
from typing import Any

import pytest

from snnc.ir.layout import input_scale, layout_id, tensors
from tests.support import layered, network, sound

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


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("filters 3", "filters 3, rate 10..90 Hz", True),
        ("filters 3", "filters 3, synapse 9 ms, neuron lif", True),
        ("filters 3", "filters 3, block 3x6x3", True),
        ("filters 3", "filters 3, batchnorm on, dropout 0.5, bias off", True),
        ("conv2d a", "# three\nconv2d a", True),
        ("loss cross_entropy", "loss focal, epochs 3, optimizer sgd", True),
        ("network net {", 'network other { about "Other words."', True),
        ("classes 2", "classes [cat, dog]", True),
        ("classes 2 }\ntrain { loss cross_entropy }", "units 2 }", True),
        ("target loihi { chips 1 }", "target nengo", True),
        ("filters 3", "filters 4", False),
        ("encode conv pixels { filters 2 }", "encode rate pixels", False),
        ("filters 3", "filters 3, kernel 1", False),
        ("classes 2", "classes 3", False),
        ("conv2d a", "conv2d b", False),
        ("readout y", "readout z", False),
    ],
)
def test_only_a_change_of_tensors_changes_the_identity(
    old: str, new: str, is_same: bool
) -> None:
    text = BASE.replace(old, new)
    assert text != BASE
    assert (layout_id(_tensors(text)) == layout_id(_tensors(BASE))) == is_same


def test_identity_changes_with_an_axis_alone() -> None:
    (first, *rest) = _tensors(BASE)
    turned = replace(first, axes=tuple(reversed(first.axes)))
    assert layout_id((turned, *rest)) != layout_id((first, *rest))


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
