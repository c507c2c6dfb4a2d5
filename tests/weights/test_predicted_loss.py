"""SNN751 predicts that imported weights lose accuracy on spikes."""

from typing import Any

import numpy as np
import pytest

from snnc.diagnostics import Diagnostic
from snnc.weight_files.cores import (
    STRONGEST,
    PlacedLayer,
    placed_layers,
    predict_loss,
    spike_strength,
)
from tests.support import network, sound
from tests.weights.files import Weights, weights_of


def place(body: str, weights: Weights | None = None) -> tuple[PlacedLayer, ...]:
    """Return the placed layers of a network, with weights of 1 by default."""
    text = network(body)
    ones = {name: np.ones_like(value) for name, value in weights_of(text).items()}
    return placed_layers(sound(text, "place"), weights or ones)


def predict(body: str, size: float) -> list[Any]:
    """Return the warnings for weights that all have the same size."""
    ones = weights_of(network(body))
    weights = {name: np.full_like(value, size) for name, value in ones.items()}
    placed = place(body, weights)
    return list[Diagnostic](predict_loss(placed, "w.safetensors", ""))


DENSE = """
    input values 3 in 0..1
    encode rate e { rate ..250 Hz }
    dense d { units 4, rate 20..250 Hz }
    readout y { classes 2 }
"""
ENCODED = """
    input image 4x4x1 in 0..1
    encode conv e { filters 2, kernel 1, rate ..250 Hz }
"""
READOUT = "readout y { classes 2 }"


def strengths(body: str) -> dict[str, float]:
    return {layer.name: spike_strength(layer) for layer in place(body)}


def test_the_strength_is_the_sum_of_squares_in_thresholds() -> None:
    assert strengths(DENSE) == {"d": pytest.approx(3)}
    # A spike of a neuron that fires half as often counts twice.
    slow = DENSE.replace("rate ..250 Hz", "rate ..125 Hz")
    assert strengths(slow) == {"d": pytest.approx(3 * 2**2)}


@pytest.mark.parametrize(
    ("layer", "strength"),
    [
        ("conv2d d { filters 3, kernel 1, rate 20..250 Hz }", 2),
        ("conv2d d { filters 2, kernel 1, rate 20..250 Hz, shortcut e }", 2 + 1),
        (
            "maxpool m { window 2, rate ..250 Hz }\n"
            "conv2d d { filters 2, kernel 1, rate 20..250 Hz }",
            2,
        ),
        (
            "conv2d a from e { filters 2, kernel 1, rate 20..250 Hz }\n"
            "concat c from e, a\n"
            "conv2d d from c { filters 2, kernel 1, rate 20..250 Hz }",
            2 + 2,
        ),
    ],
    ids=["convolution", "shortcut", "maxpool", "concat"],
)
def test_each_weight_counts_once(layer: str, strength: float) -> None:
    found = strengths("\n".join((ENCODED, layer, READOUT)))
    assert found["d"] == pytest.approx(strength)


def test_layers_add_up() -> None:
    deep = DENSE.replace(
        "readout", "dense d2 { units 4, rate 20..250 Hz }\n    readout"
    )
    # The squares add up to 3 and 4 with weights of 1.
    size = np.sqrt(STRONGEST / 7)
    assert not predict(deep, 0.99 * size)
    (warning,) = predict(deep, 1.01 * size)
    assert warning.code == "SNN751"
    assert warning.name == "d2"
    assert not predict(DENSE, 1.01 * size)


TIED = f"{ENCODED}    conv2d d {{ filters 2, padding same, shortcut e }}\n    {READOUT}"
LEAKY = DENSE.replace("units 4", "units 4, neuron lif")


@pytest.mark.parametrize("body", [TIED, LEAKY], ids=["tied", "leaky"])
def test_calibrate_is_not_advised_where_it_does_not_help(body: str) -> None:
    (warning,) = predict(body, 9)
    assert "snnc calibrate" not in warning.help
    assert "`snnc train models/net --data train.npz --from w.saf" in warning.help


def test_calibrate_is_advised_first() -> None:
    (warning,) = predict(DENSE, 9)
    assert warning.help.index("snnc calibrate") < warning.help.index("train them")
