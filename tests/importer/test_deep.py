"""Models of 1,100 layers: nothing calls itself, and an answer takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from snnc.importer.convert import Conversion
from snnc.importer.refusals import RefusedModelError
from tests.importer.configs import functional, layer, of

LAYERS = 1100
IMAGE = layer("InputLayer", "image", batch_input_shape=[None, 6, 6, 2])
CONV = {"filters": 1, "kernel_size": [3, 3], "padding": "same"}


def deep(
    make: Callable[[int], tuple[str, dict[str, Any]]], count: int = LAYERS
) -> Conversion:
    """Import an image, layers that each read the one before, and an end."""
    layers, before = [IMAGE], "image"
    for number in range(count):
        kind, options = make(number)
        layers.append(layer(kind, f"x{number}", before, **options))
        before = f"x{number}"
    ends = layer("Flatten", "f", before), layer("Dense", "d", "f", units=3)
    return of(functional(*layers, *ends))


@pytest.mark.slow
def test_borders_between_linear_layers_are_cut_one_after_the_other() -> None:
    """Each is kept by two neurons, but the last, which has a ReLU."""
    started, last = time.process_time(), LAYERS - 1
    found = deep(
        lambda n: ("Conv2D", CONV | {"activation": "relu" if n == last else None})
    )
    assert time.process_time() - started < 30
    assert found.written is not None
    assert found.written.text.count("two neurons per value") == last


@pytest.mark.slow
def test_linear_layers_are_one_matrix() -> None:
    found = deep(lambda n: ("BatchNormalization", {"axis": [3]}))
    assert found.written is not None
    drafts = found.written.drafted.drafts.values()
    assert [draft.kind for draft in drafts] == ["dense", "readout"]


@pytest.mark.slow
def test_a_spec_that_nobody_could_read_is_no_exception() -> None:
    with pytest.raises(RefusedModelError) as caught:
        deep(lambda n: ("LeakyReLU", {"alpha": 0.1}), 2000)
    assert caught.value.diagnostic.code == "SNN838"
    assert "2001 layers" in str(caught.value)


def test_a_large_model_that_is_refused_is_not_mapped() -> None:
    image = layer("InputLayer", "image", batch_input_shape=[None, 416, 416, 3])
    layers, before = [image], "image"
    for number in range(60):
        strides = [2, 2] if number % 20 == 0 else [1, 1]
        conv = CONV | {"filters": 16, "strides": strides}
        layers.append(layer("Conv2D", f"x{number}", before, **conv))
        layers.append(layer("LeakyReLU", f"y{number}", f"x{number}", alpha=0.1))
        before = f"y{number}"
    wide = {"pool_size": [5, 5], "strides": [1, 1], "padding": "same"}
    pool = layer("MaxPooling2D", "p", before, **wide)
    flat, end = layer("Flatten", "f", "p"), layer("Dense", "d", "f", units=3)
    started = time.process_time()
    (found,) = of(functional(*layers, pool, flat, end)).problems
    assert time.process_time() - started < 5
    assert found.code == "SNN833"
    assert "downsample takes at least" in found.notes[0]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("LSTM", {"units": 3}),
        ("Conv2D", CONV | {"activation": "exponential"}),
        ("QConv2D", {}),
    ],
)
def test_one_cause_is_told_once(kind: str, options: dict[str, Any]) -> None:
    (found,) = deep(lambda n: (kind, options)).problems
    assert "`x0`, `x1` and 1098 more" in found.message
    assert all(f"x{number}" in found.notes[0] for number in range(LAYERS))


def test_many_approximations_are_one_warning() -> None:
    (found,) = deep(lambda n: ("Dense", {"units": 2, "activation": "tanh"})).problems
    assert found.code == "SNN839"
    assert "`tanh` of `x0`, `x1` and 1098 more (Dense)" in found.message
    assert not found.notes
