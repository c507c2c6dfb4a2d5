"""Two studies of readouts that learn, on the 8x8 digits of scikit-learn.

``python -m benchmarks.learning zero`` begins with zeros and presents 300 digits once.
``... classes`` begins with a readout of the digits 0 to 7 and learns 8 and 9: it shows
150 examples of these and some of the others once. Both compare with ridge regression
on the same spikes. ``... simulators`` learns from zero on the chip and in Nengo.
``... drift`` trains a network, changes the digits, and presents 200 changed and 200 old
digits three times.

``... choose`` compares settings of ``classes`` on validation digits with seeds 0 to 2,
and ``... rates`` the rates of ``drift``. The other studies use the best
of them, on test digits that no setting was chosen by. Their seeds begin at 10.

The layer before the readout has random weights for pixels whose mean is subtracted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

import snnc  # noqa: E402
from benchmarks import record  # noqa: E402
from snnc.exact.learning import readout_features  # noqa: E402

SPEC = """snn 1

network digits {{
  timing {{ present 60 ms }}
  input image 8x8x1 in 0..1
  encode rate
  dense d0 {{ units {units}, rate ..250 Hz }}
  readout digit {{ classes 10, learn pes {{ rate {rate}, from {start} }} }}
}}
"""
TRAINED = """snn 2

network digits {{
  input image 8x8x1 in 0..1
  encode conv {{ filters 2 }}
  dense d0 {{ units 150 }}
  readout digit {{ classes 10, learn pes {{ rate {rate} }} }}
}}
"""
DRIFT_RATES = (0.1, 0.2, 0.4)
DRIFT_RATE = 0.2
"""The ``rate`` of ``drift``, as `rates` found."""
PASSES = 3
NEW = (8, 9)
PARTS = np.split(np.random.default_rng(42).permutation(1797), (900, 1200))
"""The numbers of the digits to learn from, to choose settings by, and to test."""
UNITS, RATE, OLD = 300, 0.4, 700
"""The neurons, the ``rate`` and the old digits of ``classes``, as `choose` found."""
Array = NDArray[np.floating[Any]]
Accuracies = dict[str, float]
"""In percent, by what they are of."""


@dataclass
class Digits:
    """Digits to learn from, for validation and to test, with random features."""

    package: snnc.Package
    x: Array
    y: NDArray[np.int64]
    tensors: dict[str, NDArray[np.float32]]

    def features(self, chosen: NDArray[np.int64]) -> Array:
        """Return what the readout's weights multiply: (examples, neurons)."""
        images = self.x[chosen]
        return readout_features(self.package.opened, self.tensors, "d0", images)

    def accuracy(
        self, kernel: Array, part: NDArray[np.int64], features: Array
    ) -> tuple[float, float, float]:
        """Return the accuracy on all digits of a part, on the old, on the new."""
        right = (features @ kernel).argmax(axis=1) == self.y[part]
        is_new = np.isin(self.y[part], NEW)
        return tuple(
            100 * each.mean() for each in (right, right[~is_new], right[is_new])
        )


def digits(
    seed: int, folder: Path, units: int = 150, rate: float = 0.5, start: str = "zero"
) -> Digits:
    """Return the digits, and a package with random features of them."""
    given = load_digits()
    x, y = (given.images / 16).astype(np.float32)[..., None], given.target
    random = np.random.default_rng(seed)
    spec = snnc.parse(SPEC.format(units=units, rate=rate, start=start))
    package = spec.build(folder / f"{start}{units}-{rate}-{seed}")
    tensors = {t.name: np.zeros(t.shape, np.float32) for t in package.layout.TENSORS}
    pixels = x[PARTS[0]].reshape(-1, 64).astype(np.float64)
    mean, kernel = pixels.mean(axis=0), random.normal(size=(64, units))
    kernel *= 0.5 / ((pixels - mean) @ kernel).std(axis=0)
    tensors["d0.kernel"][:] = kernel
    tensors["d0.bias"][:] = -mean @ kernel - 0.25  # fewer neurons fire
    return Digits(package, x, y, tensors)


def ridge(given: Digits, learn: NDArray[np.int64], features: Array) -> Array:
    """Return the kernel of ridge regression that is best on validation digits."""
    units = features.shape[1]
    gram, targets = features.T @ features, features.T @ np.eye(10)[given.y[learn]]
    kernels = [
        np.linalg.solve(gram + weight * np.trace(gram) / units * np.eye(units), targets)
        for weight in 10.0 ** np.arange(-5, 2, 0.5)
    ]
    seen = given.features(PARTS[1])
    return max(kernels, key=lambda k: given.accuracy(k, PARTS[1], seen))


def from_zero(seed: int, folder: Path) -> Accuracies:
    """Return the accuracies of ridge regression and of one pass over 300 digits."""
    given, test = digits(seed, folder), PARTS[2]
    learn, seen = order(seed)[:300], given.features(test)
    found = given.package.adapt(given.x[learn], given.y[learn], given.tensors)
    best = given.accuracy(ridge(given, learn, given.features(learn)), test, seen)
    reached = given.accuracy(found.weights["digit.kernel"], test, seen)
    return {"ridge regression": best[0], "learned on the chip": reached[0]}


def order(seed: int) -> NDArray[np.int64]:
    """Return the digits to learn from, shuffled."""
    shuffled: NDArray[np.int64] = np.random.default_rng(seed).permutation(PARTS[0])
    return shuffled


def mixed(given: Digits, seed: int, count: int) -> NDArray[np.int64]:
    """Return 150 new digits and ``count`` old ones, shuffled."""
    shuffled = order(seed)
    is_new = np.isin(given.y[shuffled], NEW)
    chosen = np.concatenate([shuffled[is_new][:150], shuffled[~is_new][:count]])
    return np.random.default_rng(seed).permutation(chosen)


def learn_old(given: Digits) -> None:
    """Set the readout to logistic regression on the old digits to learn from."""
    old = PARTS[0][~np.isin(given.y[PARTS[0]], NEW)]
    model = LogisticRegression(max_iter=500, fit_intercept=False)
    model.fit(given.features(old), given.y[old])
    given.tensors["digit.kernel"][:, :8] = model.coef_.T


def new_classes(seed: int, folder: Path) -> Accuracies:
    """Return those of old and new digits before and after, and by ridge regression."""
    given, test = digits(seed, folder, UNITS, RATE, "trained"), PARTS[2]
    learn_old(given)
    chosen, seen = mixed(given, seed, OLD), given.features(test)
    found = given.package.adapt(given.x[chosen], given.y[chosen], given.tensors)
    kernels: dict[str, Array] = {
        "before": given.tensors["digit.kernel"],
        "learned on the chip": found.weights["digit.kernel"],
        "ridge regression": ridge(given, chosen, given.features(chosen)),
    }
    reached = {}
    for name, kernel in kernels.items():
        _, old, new = given.accuracy(kernel, test, seen)
        reached[f"0 to 7, {name}"] = old
        reached[f"8 and 9, {name}"] = new
    return reached


def choose(seed: int, folder: Path) -> Accuracies:
    """Return what settings of new classes reach on validation digits."""
    reached = {}
    for units, count, rate in product((150, 300), (450, 700), (0.2, 0.4)):
        given, part = digits(seed, folder, units, rate, "trained"), PARTS[1]
        learn_old(given)
        chosen, seen = mixed(given, seed, count), given.features(part)
        found = given.package.adapt(given.x[chosen], given.y[chosen], given.tensors)
        _, before, _ = given.accuracy(given.tensors["digit.kernel"], part, seen)
        _, old, new = given.accuracy(found.weights["digit.kernel"], part, seen)
        setting = f"{units} neurons, {count} old digits, rate {rate}"
        reached[f"{setting}: 0 to 7, before"] = before
        reached[f"{setting}: 0 to 7"] = old
        reached[f"{setting}: 8 and 9"] = new
    return reached


def simulators(seed: int, folder: Path) -> Accuracies:
    """Return the accuracies after one pass, on the chip and in Nengo."""
    given, test = digits(seed, folder), PARTS[2]
    learn, seen = order(seed)[:300], given.features(test)
    names: dict[Literal["exact", "nengo"], str] = {
        "exact": "learned on the chip",
        "nengo": "learned in Nengo",
    }
    reached = {}
    for simulator, name in names.items():
        found = given.package.adapt(
            given.x[learn], given.y[learn], given.tensors, simulator=simulator
        )
        reached[name], *_ = given.accuracy(found.weights["digit.kernel"], test, seen)
    return reached


def drifted(x: Array) -> Array:
    """Shift digits by a pixel, and give each pixel another gain and offset."""
    random = np.random.default_rng(7)
    shifted = np.roll(x, 1, axis=2)
    shifted[:, :, 0] = 0
    gain = random.uniform(0.6, 1.1, size=(1, 8, 8, 1))
    offset = random.uniform(0, 0.25, size=(1, 8, 8, 1))
    changed: Array = np.clip(shifted * gain + offset, 0, 1).astype(np.float32)
    return changed


def learn_drift(
    seed: int, folder: Path, rate: float, part: NDArray[np.int64]
) -> Accuracies:
    """Return the accuracies on a part's old and changed digits, after each pass."""
    given = load_digits()
    old = (given.images / 16).astype(np.float32)[..., None]
    new = drifted(old)
    labels = given.target
    package = snnc.parse(TRAINED.format(rate=rate)).build(folder / f"drift-{rate}")
    weights = folder / f"{seed}.safetensors"
    if not weights.exists():
        with redirect_stdout(StringIO()):
            package.train(old[PARTS[0]], labels[PARTS[0]], weights, seed=seed)
    random = np.random.default_rng(seed)
    changed = random.permutation(PARTS[0])[:200]
    unchanged = random.permutation(PARTS[0])[:200]
    learned = package.adapt(
        np.concatenate([new[changed], old[unchanged]]),
        np.concatenate([labels[changed], labels[unchanged]]),
        weights,
        seed=seed,
        passes=PASSES,
    )
    assert learned.refit is not None
    reached = {}
    for name, images in (("old", old), ("changed", new)):
        for state, tensors in (
            ("before", weights),
            ("learned on the chip", learned.weights),
            ("ridge regression", learned.refit),
        ):
            evaluation = package.evaluate(images[part], labels[part], tensors)
            assert evaluation.accuracy is not None
            reached[f"{name}, {state}"] = 100 * evaluation.accuracy
    return reached


def drift(seed: int, folder: Path) -> Accuracies:
    """Return the accuracies on test digits, with the chosen rate."""
    return learn_drift(seed, folder, DRIFT_RATE, PARTS[2])


def rates(seed: int, folder: Path) -> Accuracies:
    """Return what the rates of ``drift`` reach on validation digits."""
    reached: Accuracies = {}
    for rate in DRIFT_RATES:
        found = learn_drift(seed, folder, rate, PARTS[1])
        reached |= {f"rate {rate}: {name}": value for name, value in found.items()}
    return reached


STUDIES: dict[str, tuple[Callable[[int, Path], Accuracies], int]] = {
    "choose": (choose, 0),
    "zero": (from_zero, 10),
    "classes": (new_classes, 10),
    "simulators": (simulators, 10),
    "drift": (drift, 10),
    "rates": (rates, 0),
}
"""Each study and its first seed."""


def main() -> int:
    """Print the accuracies of each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--output", type=Path, default=record.RESULTS)
    options = parser.parse_args()
    study, first = STUDIES[options.study]
    tested = len(PARTS[1 if options.study in ("choose", "rates") else 2])
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.seeds or range(first, first + 3):
            run = record.Run(f"learning {options.study}", seed, examples=tested)
            reached = study(seed, Path(folder))
            rows = [run.row(name, round(x, 2), "%") for name, x in reached.items()]
            record.write(rows, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
