"""Models of 2000 layers: nothing calls itself, and an answer takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from snnc.importer.build import build
from snnc.importer.convert import Conversion, convert
from snnc.importer.model import RefusedModelError
from snnc.importer.request import ImportRequest
from tests.importer.configs import functional, layer

LAYERS = 2000
IMAGE = layer("InputLayer", "image", batch_input_shape=[None, 6, 6, 2])
CONV = {"filters": 1, "kernel_size": [3, 3], "padding": "same"}


def deep(of: Callable[[int], tuple[str, dict[str, Any]]]) -> Conversion:
    """Import an image, layers that each read the one before, and an end."""
    layers, before = [IMAGE], "image"
    for number in range(LAYERS):
        kind, options = of(number)
        layers.append(layer(kind, f"x{number}", before, **options))
        before = f"x{number}"
    ends = layer("Flatten", "f", before), layer("Dense", "d", "f", units=3)
    model, _ = build(functional(*layers, *ends), None, None)
    return convert(model, ImportRequest(), "m.json")


@pytest.mark.slow
def test_borders_between_linear_layers_are_cut_one_after_the_other() -> None:
    """Each is kept by two neurons, but the last, which has a ReLU."""
    started = time.process_time()
    found = deep(
        lambda n: ("Conv2D", CONV | {"activation": None if n < 1999 else "relu"})
    )
    assert time.process_time() - started < 60
    assert found.written is not None
    assert found.written.text.count("two neurons per value") == LAYERS - 1


@pytest.mark.slow
def test_linear_layers_are_one_matrix() -> None:
    found = deep(lambda n: ("BatchNormalization", {"axis": [3]}))
    assert [draft.kind for draft in found.drafts] == ["dense", "readout"]


@pytest.mark.slow
def test_a_spec_that_nobody_could_read_is_no_exception() -> None:
    with pytest.raises(RefusedModelError) as caught:
        deep(lambda n: ("LeakyReLU", {"alpha": 0.1}))
    assert caught.value.diagnostic.code == "SNN838"
    assert "2001 layers" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("LSTM", {"units": 3}),
        ("Conv2D", CONV | {"activation": "tanh"}),
        ("QConv2D", {}),
    ],
)
def test_one_cause_is_told_once(kind: str, options: dict[str, Any]) -> None:
    (found,) = deep(lambda n: (kind, options)).problems
    assert "`x0`, `x1` and 1998 more" in found.render_message()
