"""Small networks of each kind, which are trained in phases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from tensorflow import keras

from snnc.ir.logical import LogicalNetwork, Shortcut
from tests.emit.networks import LIF, conv, dense, encoder, join, network, pool
from tests.emit.packages import module, write

SHAPE = (8, 8, 2)
CLASSES = 4


def branches(name: str, **neurons: Any) -> LogicalNetwork:
    """Return a network with shortcuts, a pool and a join."""
    same = {"padding": "same", **neurons}
    learned = Shortcut("c0", (2, 2))
    return network(
        name,
        SHAPE,
        encoder("image", (8, 8, 3), batchnorm=neurons.get("batchnorm", False)),
        conv("c0", "encode", (8, 8, 4), **same),
        conv("c1", "c0", (8, 8, 4), shortcut=Shortcut("c0", None), **same),
        conv("c2", "c1", (4, 4, 4), stride=2, shortcut=learned, **same),
        pool("half", "c1", (2, 2), (2, 2), (4, 4, 4)),
        join("both", "concat", ("c2", "half"), (4, 4, 8)),
        dense("d0", "both", 6, **neurons),
        classes=CLASSES,
        batch=16,
    )


def chain(name: str, **neurons: Any) -> LogicalNetwork:
    """Return a network of one layer after another, whose readout has a penalty."""
    return network(
        name,
        SHAPE,
        encoder("image", (8, 8, 3)),
        conv("c0", "encode", (6, 6, 4), **neurons),
        dense("d0", "c0", 6, **neurons),
        classes=CLASSES,
        batch=16,
        l2=1e-2,
    )


NETWORKS = {
    made.name: made
    for made in (
        branches("relu"),
        branches("relu_norm", batchnorm=True),
        branches("lif", neuron=LIF),
        branches("lif_norm", neuron=LIF, batchnorm=True),
        chain("chain"),
    )
}


def examples(count: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return images; each class is bright in its own part."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % CLASSES
    x = rng.uniform(0, 0.5, (count, *SHAPE)).astype("f4")
    for label in range(CLASSES):
        row, column = divmod(label, 2)
        x[y == label, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 0.5
    return x, y


class Made(NamedTuple):
    """The package of one of the networks."""

    package: Path

    def module(self, name: str) -> ModuleType:
        return module(self.package, name)

    @property
    def network(self) -> Any:
        return self.module("network").NETWORK

    @property
    def layout(self) -> Any:
        return self.module("layout").LAYOUT

    def trainer(self, **changes: Any) -> Any:
        """Return its trainer, with all phases, and some settings changed."""
        trainer = self.module("train").TRAINER
        settings = {"phases": ("smooth", "scale", "spikes"), **changes}
        return replace(trainer, training=replace(trainer.training, **settings))

    def scaler(self, model: keras.Model, x: np.ndarray) -> Any:
        scaling = self.module("_runtime.keras.scaler")
        return scaling.Scaler(self.network, self.layout, model, x)

    def model(self) -> keras.Model:
        return self.module("keras_model").build_model()


def packages(folder: Path, *networks: LogicalNetwork) -> dict[str, Made]:
    """Write the packages of networks, or of all that are here."""
    several = networks or tuple(NETWORKS.values())
    return {made.name: Made(write(made, folder)) for made in several}
