"""Two studies of readouts that learn, on the 8x8 digits of scikit-learn.

``python -m benchmarks.learning zero`` begins with zeros and presents 300 digits once.
``... classes`` begins with a readout of the digits 0 to 7 and learns 8 and 9: it shows
150 examples of these and 450 of the others once. Both compare with ridge regression on
the same spikes. ``... simulators`` learns from zero on the chip and in Nengo.

The layer before the readout has random weights for pixels whose mean is subtracted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

import snnc  # noqa: E402
from snnc.exact import make_engine  # noqa: E402
from snnc.exact.encoder import filter_of  # noqa: E402

SPEC = """snn 1

network digits {{
  timing {{ present 60 ms }}
  input image 8x8x1 in 0..1
  encode rate
  dense d0 {{ units 150, rate ..250 Hz }}
  readout digit {{ classes 10, learn pes {{ rate {rate}, from {start} }} }}
}}
"""
NEW = (8, 9)
Array = NDArray[np.float64]


@dataclass
class Digits:
    """Digits to learn from and others to test, with random features of both."""

    package: snnc.Package
    x: Array
    y: NDArray[np.int64]
    learn: NDArray[np.int64]
    test: NDArray[np.int64]
    tensors: dict[str, NDArray[np.float32]]

    def features(self, chosen: NDArray[np.int64]) -> Array:
        """Return what the readout's weights multiply: (examples, neurons).

        It is the filtered spikes, averaged over the later half of each example.
        """
        import nengo

        network = self.package.opened.network
        with make_engine(self.package.opened, self.tensors) as engine:
            spikes = engine.run(self.x[chosen], "row", keep=("spikes",)).spikes["d0"]
        trains = spikes.reshape(-1, 150) / (network.dt * network.layers["d0"].high)
        keep, add = filter_of(nengo.Lowpass(network.readout.synapse), network.dt)
        filtered = np.zeros((len(trains) + 1, 150))
        for step, fired in enumerate(trains):
            filtered[step + 1] = keep * filtered[step] + add * fired
        rows = filtered[:-1].reshape(len(chosen), network.steps, 150)
        means: Array = rows[:, network.steps // 2 :].mean(axis=1)
        return means

    def accuracy(
        self, kernel: Array, features: Array, old: bool | None = None
    ) -> float:
        """Return the accuracy on the test digits, or on the old or new of them."""
        right = (features @ kernel).argmax(axis=1) == self.y[self.test]
        if old is not None:
            right = right[np.isin(self.y[self.test], NEW) != old]
        return float(right.mean())


def digits(seed: int, count: int, rate: float, start: str, folder: Path) -> Digits:
    """Return random features of ``count`` digits to learn from, and of the others."""
    given = load_digits()
    x, y = (given.images / 16).astype(np.float32)[..., None], given.target
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    spec = snnc.parse(SPEC.format(rate=rate, start=start))
    package = spec.build(folder / f"{start}{rate}{seed}")
    tensors = {t.name: np.zeros(t.shape, np.float32) for t in package.layout.TENSORS}
    pixels = x[order[:count]].reshape(count, -1).astype(np.float64)
    mean, kernel = pixels.mean(axis=0), random.normal(size=(64, 150))
    kernel *= 0.5 / ((pixels - mean) @ kernel).std(axis=0)
    tensors["d0.kernel"][:] = kernel
    tensors["d0.bias"][:] = -mean @ kernel - 0.25  # fewer neurons fire
    return Digits(package, x, y, order[:count], order[count:], tensors)


def ridge(features: Array, labels: NDArray[np.int64], test: Array, y: Array) -> Array:
    """Return the kernel of ridge regression that is best on the test digits."""
    gram, targets = features.T @ features, features.T @ np.eye(10)[labels]
    kernels = [
        np.linalg.solve(gram + weight * np.trace(gram) / 150 * np.eye(150), targets)
        for weight in 10.0 ** np.arange(-5, 2, 0.5)
    ]
    return max(kernels, key=lambda k: ((test @ k).argmax(axis=1) == y).mean())


def from_zero(seed: int, folder: Path) -> str:
    """Return a line: ridge regression and one pass over 300 digits."""
    given = digits(seed, 300, 0.5, "zero", folder)
    learn, test = given.learn, given.features(given.test)
    best = ridge(given.features(learn), given.y[learn], test, given.y[given.test])
    found = given.package.adapt(given.x[learn], given.y[learn], given.tensors)
    reached = given.accuracy(found.weights["digit.kernel"], test)
    return (
        f"seed {seed}: ridge {100 * given.accuracy(best, test):.1f} %, "
        f"learned on the chip {100 * reached:.1f} %"
    )


def new_classes(seed: int, folder: Path) -> str:
    """Return a line: old and new digits before and after, and by ridge regression."""
    given = digits(seed, 1000, 0.4, "trained", folder)
    random, test = np.random.default_rng(seed), given.features(given.test)
    is_new = np.isin(given.y[given.learn], NEW)
    old, new = given.learn[~is_new], given.learn[is_new]
    model = LogisticRegression(max_iter=500, fit_intercept=False)
    model.fit(given.features(old), given.y[old])
    given.tensors["digit.kernel"][:, :8] = model.coef_.T
    chosen = np.concatenate(
        [random.permutation(new)[:150], random.permutation(old)[:450]]
    )
    chosen = random.permutation(chosen)
    found = given.package.adapt(given.x[chosen], given.y[chosen], given.tensors)
    labels = given.y[chosen]
    best = ridge(given.features(chosen), labels, test, given.y[given.test])
    shown = []
    for kernel in (given.tensors["digit.kernel"], found.weights["digit.kernel"], best):
        parts = (given.accuracy(kernel, test, old) for old in (True, False))
        shown.append(" and ".join(f"{100 * part:.1f} %" for part in parts))
    return (
        f"seed {seed}, digits 0 to 7 and 8 to 9: before {shown[0]}, "
        f"learned on the chip {shown[1]}, ridge {shown[2]}"
    )


def simulators(seed: int, folder: Path) -> str:
    """Return a line: the accuracy after one pass, on the chip and in Nengo."""
    given = digits(seed, 300, 0.5, "zero", folder)
    learn, test = given.learn, given.features(given.test)
    shown = []
    for simulator in ("exact", "nengo"):
        found = given.package.adapt(
            given.x[learn], given.y[learn], given.tensors, simulator=simulator
        )
        reached = given.accuracy(found.weights["digit.kernel"], test)
        shown.append(f"{simulator} {100 * reached:.1f} %")
    return f"seed {seed}: {', '.join(shown)}"


STUDIES: dict[str, Callable[[int, Path], str]] = {
    "zero": from_zero,
    "classes": new_classes,
    "simulators": simulators,
}


def main() -> int:
    """Print a line for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            print(STUDIES[options.study](seed, Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
