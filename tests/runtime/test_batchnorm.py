"""Batch norm is folded exactly on export, after every kind of layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from tests.emit.networks import parse
from tests.emit.packages import importable, module, write

pytestmark = pytest.mark.slow

BODIES = {
    "lines": """
        input image 12x2 in 0..1
        encode conv { filters 3, batchnorm on }
        conv1d c0 { filters 4 }
        conv1d c1 { filters 4, padding same, bias off }
    """,
    "planes": """
        input image 8x8x1 in 0..1
        encode conv { filters 2, batchnorm on }
        conv2d c0 { filters 4, padding same, neuron lif }
        conv2d c1 { filters 4, padding same, shortcut c0 }
        conv2d c2 { filters 5, padding same, stride 2, shortcut c0 }
        conv2d down { filters 5, kernel 2, stride 2, bias off }
    """,
    "volumes": """
        input image 4x6x6x1 in 0..1
        encode conv { filters 2, batchnorm on }
        conv3d c0 { filters 3 }
        dense d0 { units 7 }
        dense d1 { units 7, shortcut d0 }
        dense d2 { units 5, shortcut c0, bias off }
    """,
}


@pytest.mark.parametrize("name", BODIES)
def test_a_folded_batch_norm_computes_the_same(name: str, tmp_path: Path) -> None:
    body = f"defaults {{ batchnorm on }}\n{BODIES[name]}"
    made = parse(name, f"{body}\nreadout digit {{ classes 4 }}")
    package = write(made, tmp_path)
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, (32, *made.input.shape)).astype("f4")
    with importable(package):
        built = module(package, "keras_model")
        model, folded = built.build_model(), built.build_model()
        assert draw_norms(model, rng) == len(made.layers)
        built.export_weights(model, tmp_path / "w")
        built.import_weights(folded, tmp_path / "w")
    spiking: tuple[Any, ...] = (*made.layers, made.readout)
    for layer in spiking:
        wanted, found = (output(each, layer.name, x) for each in (model, folded))
        assert np.abs(wanted).max() > 0
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max(), layer.name


def output(model: keras.Model, name: str, x: np.ndarray) -> np.ndarray:
    """Return what a layer's neurons give, or the readout."""
    names = [each.name for each in model.layers]
    last = f"{name}.neurons" if f"{name}.neurons" in names else name
    part = keras.Model(model.input, model.get_layer(last).output)
    return part(x).numpy()


def draw_norms(model: keras.Model, rng: np.random.Generator) -> int:
    """Give batch norms what training could leave, also tiny variances; count them."""
    norms = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for norm in norms:
        size = len(norm.get_weights()[0])
        gamma, variance = rng.uniform(0.5, 1.5, size), rng.uniform(0.05, 2, size)
        variance[0] = 1e-4
        beta, mean = rng.normal(0.3, 0.3, size), rng.normal(0, 0.1, size)
        norm.set_weights([gamma, beta, mean, variance])
    return len(norms)
