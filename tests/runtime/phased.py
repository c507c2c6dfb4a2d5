"""Small networks of each kind, which are trained in phases."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from tensorflow import keras

from snnc.ir.logical import LogicalNetwork
from snnc.runtime.examples import check_budget
from tests.emit.networks import SHORT, parse
from tests.emit.packages import module, write

SHAPE = (8, 8, 2)
CLASSES = 4


def branches(name: str, neurons: str = "", rate: str = "") -> LogicalNetwork:
    """Return a network with shortcuts, a pool and a join; the encoder has the rate."""
    norm = ", batchnorm on" if "batchnorm" in neurons else ""
    return parse(
        name,
        f"""
        defaults {{ {neurons} }}
        input image 8x8x2 in 0..1
        encode conv {{ filters 3{norm}{rate} }}
        conv2d c0 {{ filters 4, padding same }}
        conv2d c1 {{ filters 4, padding same, shortcut c0 }}
        conv2d c2 {{ filters 4, padding same, stride 2, shortcut c0 }}
        avgpool half from c1 {{ window 2 }}
        concat both from c2, half
        dense d0 {{ units 6 }}
        readout digit {{ classes {CLASSES} }}
        train {{ batch 16, {SHORT} }}
        """,
    )


def chain(name: str) -> LogicalNetwork:
    """Return a network of one layer after another, whose readout has a penalty."""
    return parse(
        name,
        f"""
        input image 8x8x2 in 0..1
        encode conv {{ filters 3 }}
        conv2d c0 {{ filters 4, l2 0 }}
        dense d0 {{ units 6, l2 0 }}
        readout digit {{ classes {CLASSES} }}
        train {{ batch 16, l2 1e-2, {SHORT} }}
        """,
    )


NETWORKS = {
    made.name: made
    for made in (
        branches("relu"),
        branches("relu_norm", "batchnorm on"),
        branches("lif", "neuron lif"),
        branches("lif_norm", "neuron lif, batchnorm on"),
        chain("chain"),
    )
}

# At 500 Hz, activations of the encoder above 2 would need several spikes per step.
CLIPPED = branches("clipped_norm", "batchnorm on", ", rate ..500 Hz")


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

    @property
    def data_error(self) -> Any:
        return self.module("_runtime.data").DataError

    def trainer(self, is_long: bool = False, **changes: Any) -> Any:
        """Return its trainer, with all phases, and some settings changed.

        Unless ``is_long``, it is to run eagerly: examples take 10 ms, and the phase
        `spikes` three rounds.
        """
        # To trace a graph of ten steps takes longer than all updates of a test.
        self._set("_runtime.keras.spiking", CHUNK=2 if is_long else 10)
        rounds = 10 if is_long else 3
        self._set("_runtime.keras.spike_training", ROUNDS=rounds)
        holds = (rounds // 2, rounds * 4 // 5)
        self._set("_runtime.keras.phases", ROUNDS=rounds, HOLDS=holds)
        trainer = self.module("train").TRAINER
        settings = {"phases": ("smooth", "scale", "spikes"), **changes}
        trainer = replace(trainer, training=replace(trainer.training, **settings))
        brief = replace(trainer.network, present=0.01)
        return trainer if is_long else replace(trainer, network=brief)

    def _set(self, name: str, **constants: Any) -> None:
        vars(self.module(name)).update(constants)

    def scaler(self, model: keras.Model, x: np.ndarray) -> Any:
        scaling = self.module("_runtime.keras.scaler")
        return scaling.Scaler(self.network, self.layout, model, x)

    def broken_budgets(self, counts: dict[str, np.ndarray]) -> dict[str, float]:
        """Return the rate in Hz of each layer that is out of bounds."""
        present, broken = self.network.present, {}
        for name, layer in self.network.layers.items():
            rate = float(np.percentile(counts[name], layer.percentile)) / present
            if check_budget(rate, layer.rate, present) == "missed":
                broken[name] = rate
        return broken

    def model(self) -> keras.Model:
        return self.module("keras_model").build_model()


def packages(folder: Path) -> dict[str, Made]:
    """Write the packages of all networks."""
    networks = [*NETWORKS.values(), CLIPPED]
    return {made.name: Made(write(made, folder)) for made in networks}
