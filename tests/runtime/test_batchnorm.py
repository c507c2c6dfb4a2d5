"""Batch norm is folded exactly on export, after every kind of layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from snnc.ir.logical import LogicalNetwork, Shortcut
from tests.emit.networks import LIF, conv, dense, encoder, network
from tests.emit.packages import importable, module, write

pytestmark = pytest.mark.slow

NORM: dict[str, Any] = {"batchnorm": True}


def conv1d_encoded() -> LogicalNetwork:
    return network(
        "lines",
        (12, 2),
        encoder("image", (12, 3), **NORM),
        conv("c0", "encode", (10, 4), **NORM),
        conv("c1", "c0", (10, 4), padding="same", bias=False, **NORM),
    )


def conv2d_shortcuts() -> LogicalNetwork:
    return network(
        "planes",
        (8, 8, 1),
        encoder("image", (8, 8, 2), **NORM),
        conv("c0", "encode", (8, 8, 4), padding="same", neuron=LIF, **NORM),
        conv(
            "c1", "c0", (8, 8, 4), padding="same", shortcut=Shortcut("c0", None), **NORM
        ),
        conv(
            "c2",
            "c1",
            (4, 4, 5),
            padding="same",
            stride=2,
            shortcut=Shortcut("c0", (2, 2)),
            **NORM,
        ),
        conv("down", "c2", (2, 2, 5), kernel=2, stride=2, bias=False, **NORM),
    )


def conv3d_dense() -> LogicalNetwork:
    return network(
        "volumes",
        (4, 6, 6, 1),
        encoder("image", (4, 6, 6, 2), **NORM),
        conv("c0", "encode", (2, 4, 4, 3), **NORM),
        dense("d0", "c0", 7, **NORM),
        dense("d1", "d0", 7, shortcut=Shortcut("d0", None), **NORM),
        dense("d2", "d1", 5, shortcut=Shortcut("c0", ()), bias=False, **NORM),
    )


NETWORKS = {n.name: n for n in (conv1d_encoded(), conv2d_shortcuts(), conv3d_dense())}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_folded_batch_norm_computes_the_same(name: str, tmp_path: Path) -> None:
    made = NETWORKS[name]
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
