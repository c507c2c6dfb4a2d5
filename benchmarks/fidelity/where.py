"""``python -m benchmarks.fidelity.where``: what the chip loses, layer by layer.

Of a network that ``benchmarks.fidelity`` has trained, or any package with weights. For
each layer it prints

- the accuracy of Keras, aware of the chip, that goes on from what the chip's neurons
  fired: in the later half of an example in a row, and in a second from rest;
- how far the chip's filtered spikes are from Keras's activations, and how far the
  noise of training is: of single neurons, and of the means over a plane;
- the blur of currents with which Keras's curve comes nearest to the chip's rates.

Below stands what the same spikes decide behind other filters of the readout.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the exact engine has its threads
warnings.simplefilter("ignore")  # of versions and devices

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.study.data import fashion, mnist  # noqa: E402
from snnc.exact import open_engine  # noqa: E402
from snnc.exact.package import ImportedPackage, open_package  # noqa: E402
from snnc.runtime.examples import drawn  # noqa: E402
from snnc.runtime.scores import decide  # noqa: E402

DATA = {"mnist": mnist, "fashion": fashion}
LONG = 1000  # steps of an example that settles
WIDTHS = np.arange(0, 0.31, 0.02)
FILTERS = (5, 10, 15, 20, 30)  # ms of the readout's synapse
HEAD = (
    "layer   later half  settled   neurons (training)   planes (training)"
    "   blur: distance, without"
)


@dataclass(frozen=True)
class Where:
    """A trained network, and examples with the numbers that Keras has for them."""

    package: ImportedPackage
    weights: Path
    x: NDArray[np.float32]
    y: NDArray[np.int64]

    def rows(self) -> Iterator[str]:
        """Yield the lines of a table."""
        network, model = self.package.network, self._model()
        found = self._outputs(model, self.x)
        row = self._ran(self.x, network.steps, "row")
        part = len(self.x) // 4
        settled = self._ran(self.x[:part], LONG, "rest")
        chosen = decide(row.rows, network.readout.decide)
        yield f"Keras {self._right(found[-1])}, the chip {self._right(chosen)}"
        yield HEAD
        noisy = self._outputs(model, self.x, training=True)
        for index, name in enumerate(network.layers):
            rates = self._rates(row.spikes[name], name, network.steps // 2)
            calm = self._rates(settled.spikes[name], name, LONG // 4)
            shown = self._filtered(row.spikes[name], name)
            neurons, planes = _distances(shown, found[index])
            own = _distances(noisy[index], found[index])
            yield (
                f"{name:8s}{self._from(model, name, rates):>9s}"
                f"{self._from(model, name, calm):>9s}"
                f"{neurons:12.3f} ({own[0]:.3f}){planes:14.3f} ({own[1]:.3f})"
                f"{self._blur(model, settled, index):>26s}"
            )
        yield from self._by_filters(row.rows)

    def _by_filters(self, rows: NDArray[np.float64]) -> Iterator[str]:
        """Judge the readout's rows, (examples, steps, units), filtered otherwise."""
        network = self.package.network
        synapse = network.readout.synapse or network.dt
        flat = rows.reshape(-1, rows.shape[-1])
        kept = np.exp(-network.dt / synapse)
        arrived = (flat[1:] - kept * flat[:-1]) / (1 - kept)
        yield "readout's synapse   last output   mean of the later half"
        for milliseconds in FILTERS:
            kept = np.exp(-network.dt * 1000 / milliseconds)
            shown = np.zeros_like(flat)
            for step, value in enumerate(arrived):
                shown[step + 1] = kept * shown[step] + (1 - kept) * value
            ways = [decide(shown.reshape(rows.shape), way) for way in ("last", "mean")]
            last, mean = (self._right(outputs) for outputs in ways)
            yield f"{milliseconds:14d} ms{last:>14s}{mean:>25s}"

    def _model(self) -> Any:
        from tensorflow import keras

        program = self.package.module("keras_model")
        model = program.build_model(aware=True)
        program.import_weights(model, self.weights)
        for layer in model.layers:  # no dropout, and batch norms as folded in
            kinds = (keras.layers.BatchNormalization, keras.layers.Dropout)
            layer.trainable = not isinstance(layer, kinds)
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
        return model

    def _outputs(self, model: Any, x: Any, training: bool = False) -> list[Any]:
        from tensorflow import keras

        names = [layer.name for layer in model.layers]
        ends = [
            model.get_layer(f"{n}.noise" if f"{n}.noise" in names else f"{n}.neurons")
            for n in self.package.network.layers
        ]
        probe = keras.Model(model.input, [*(end.output for end in ends), model.output])
        return [np.asarray(found) for found in probe(x, training=training)]

    def _ran(self, x: NDArray[np.float32], steps: int, way: Any) -> Any:
        with open_engine(self.package.folder, self.weights, steps) as engine:
            return engine.run(x, way, "last", keep=("rows", "spikes"))

    def _rates(self, spikes: Any, name: str, start: int) -> NDArray[np.float32]:
        """Return activations that spikes, (examples, steps, ...), stand for."""
        network = self.package.network
        upper = network.dt * network.layers[name].high
        return np.asarray(spikes[:, start:].mean(1) / upper, np.float32)

    def _filtered(self, spikes: Any, name: str) -> NDArray[np.float64]:
        """Return activations as the readout's filter shows them at the end."""
        network = self.package.network
        ages = network.dt * np.arange(spikes.shape[1])[::-1]
        kernel = np.exp(-ages / (network.readout.synapse or network.dt))
        upper = network.dt * network.layers[name].high
        kernel /= kernel.sum() * upper
        return np.einsum("bt...,t->b...", spikes.astype(np.float32), kernel)

    def _from(self, model: Any, name: str, rates: Any) -> str:
        from tensorflow import keras

        start = model.get_layer(f"{name}.neurons").output
        outputs = keras.Model(start, model.output)(rates, training=False)
        return self._right(np.asarray(outputs))

    def _blur(self, model: Any, settled: Any, index: int) -> str:
        """Return the width with which a blurred curve is nearest to the rates."""
        from tensorflow import keras

        network = self.package.network
        names = list(network.layers)
        name, source = names[index], names[index - 1]
        if not network.layers[name].on_chip:
            return "-"
        curves = self.package.library("curves")
        start = model.get_layer(f"{source}.neurons").output
        currents = model.get_layer(f"{name}.neurons").input
        read = self._rates(settled.spikes[source], source, LONG // 4)
        try:
            driven = keras.Model(start, currents)(read, training=False)
        except ValueError:  # it reads more than the layer before
            return "-"
        rates = self._rates(settled.spikes[name], name, LONG // 4)
        curve = curves.curve_of(network.layers[name], network.dt, True)
        blurred = [curves.smeared(curve, w) if w else curve for w in WIDTHS]
        errors = [float(np.mean((rates - c(driven)) ** 2)) for c in blurred]
        best = int(np.argmin(errors))
        least, own = np.sqrt(errors[best]), np.sqrt(errors[0])
        return f"{WIDTHS[best]:.2f}: {least:.3f} of {own:.3f}"

    def _right(self, outputs: NDArray[Any]) -> str:
        share = (outputs.argmax(axis=1) == self.y[: len(outputs)]).mean()
        return f"{100 * share:.1f} %"


def _distances(shown: NDArray[Any], wanted: NDArray[Any]) -> tuple[float, float]:
    """Return the rms distance of neurons, and that of means over planes."""
    distance = shown - wanted
    over = tuple(range(1, distance.ndim - 1))
    planes = distance.mean(over) if over else distance
    return float(np.sqrt((distance**2).mean())), float(np.sqrt((planes**2).mean()))


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.fidelity.where", description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--data", choices=DATA, default="mnist")
    parser.add_argument("--examples", type=int, default=200)
    options = parser.parse_args(arguments)
    test = DATA[options.data]().test
    order = drawn(len(test), options.examples, 0)
    package = open_package(options.package)
    for line in Where(package, options.weights, test.x[order], test.y[order]).rows():
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
