"""Run and train a network on drifting digits, as a user would: `snnc demo`.

First, the network runs with the weights that ship with snnc, which takes seconds and no
TensorFlow. Then it is trained on this machine.
"""

from __future__ import annotations

import math
import platform
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.interface.objects import Package, load
from snnc.results.evaluation import Evaluation
from snnc.runtime.examples import Array
from snnc.source import spec_path
from snnc.text.installing import installation, missing
from snnc.text.tables import align, counted, percent
from snnc.verbs.evaluate.options import Simulator
from snnc.verbs.evaluate.task import write_data
from snnc.verbs.repository_options import DemoOptions

FRAMES = 8
SIZE = 16
DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
BRIGHTEST = 16.0


Clips = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Clips (clips, 8, 16, 16, 1) in 0..1, and directions in 0..7."""


def drifting_digits(
    train: int = 4000, test: int = 200, seed: int = 0
) -> tuple[Clips, Clips]:
    """Return clips for training and testing that share no image of a digit.

    A digit of 8x8 pixels starts at a random position on a canvas of 16x16 pixels, and
    moves one pixel per frame in one of eight directions. It wraps around at the edges.
    No single frame shows the direction.
    """
    from sklearn.datasets import load_digits  # import of an extra

    random = np.random.default_rng(seed)
    images = random.permutation(load_digits().images / BRIGHTEST)
    held_out = len(images) // 5
    seen = _clips(images[held_out:], train, random)
    return seen, _clips(images[:held_out], test, random)


def _clips(images: Array, count: int, random: np.random.Generator) -> Clips:
    """Draw clips of moving digits, nearly as many in each direction."""
    y = np.arange(count) % len(DIRECTIONS)
    random.shuffle(y)
    x = np.zeros((count, FRAMES, SIZE, SIZE, 1), np.float32)
    starts = random.integers(SIZE, size=(count, 2))
    chosen = random.integers(len(images), size=count)
    for clip, image, start, direction in zip(x, images[chosen], starts, y, strict=True):
        canvas = np.pad(image, (0, SIZE - len(image)))
        for frame in range(FRAMES):
            shift = start + frame * np.array(DIRECTIONS[direction])
            clip[frame, :, :, 0] = np.roll(canvas, tuple(shift), axis=(0, 1))
    return x, y


_STACK = ("tensorflow", "numpy", "nengo", "nengo-loihi", "nengo-dl")


def simulators() -> tuple[Simulator, ...]:
    """Return the simulators to run; nengo-dl, which needs Keras 2, is optional."""
    has_dl = sys.version_info < (3, 12) and not missing("nengo_dl")
    return ("nengo", "nengo_dl", "loihi") if has_dl else ("nengo", "loihi")


def stack() -> str:
    """Describe the installed libraries, and the steps that the demo therefore omits."""
    versions = [f"Python {platform.python_version()}"]
    for name in _STACK:
        with suppress(PackageNotFoundError):
            versions.append(f"{name} {version(name)}")
    installed = ", ".join(versions)
    if "nengo_dl" in simulators():
        return installed
    return f"{installed}; without nengo-dl, which needs Keras 2 (Python 3.10 or 3.11)"


LABELS: dict[Simulator, str] = {
    "exact": "exact engine",
    "nengo": "Nengo, spiking",
    "nengo_dl": "NengoDL, spiking",
    "loihi": "Loihi emulator",
}
FEW = 50
"""Clips for each of the slower simulators."""
TRAINING_RATIO = 200
"""The time of a training, divided by the time of 200 clips on the exact engine."""
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The results of all steps; prints as a table.

    Attributes
    ----------
    cores : int
        The predicted number of cores.
    shipped : float
        The accuracy with the weights that ship with snnc.
    evaluations : dict of Evaluation
        The result of each simulator with the weights that were trained here.
    """

    cores: int
    shipped: float
    evaluations: dict[Simulator, Evaluation] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.evaluations:
            return f"shipped weights: {percent(self.shipped)}"
        rows = [("with the weights trained here", "clips", "accuracy", "as Keras")]
        for simulator, evaluation in self.evaluations.items():
            alike = evaluation.score.agreement
            agreement = "" if alike is None else percent(alike)
            accuracy = percent(evaluation.score.value)
            rows.append(
                (LABELS[simulator], str(evaluation.examples), accuracy, agreement)
            )
        return "\n".join(align(rows, "<>>>"))


def run_demo(options: DemoOptions) -> Demonstration:
    """Report, run with shipped weights, and train if TensorFlow exists.

    With ``every``, also run the network on all simulators.
    """
    folder = Path(options.folder)
    tell = options.tell
    folder.mkdir(parents=True, exist_ok=True)
    spec = spec_path("drift.snn")
    weights = spec_path("drift.safetensors")
    tell(f"--- {stack()}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = load(spec)
        report = network.report()
        tell(f"--- snnc report {spec.name} --why")
        tell(str(report.explained()))
        package = network.build(folder, force=True)
        (x_train, y_train), test = drifting_digits()
        x, y = test
        write_data(folder / "train.npz", x_train, y_train)
        write_data(folder / "test.npz", x, y)
        results = Demonstration(
            report.cores, _run_shipped(package, weights, test, tell)
        )
        if missing("tensorflow"):
            tell(f"--- to train it here, run {installation('all')}")
            return results
        minutes = _estimate_minutes(package, x, weights)
        tell(f"--- now training it here, about {counted(minutes, 'minute')}")
        evaluated = folder / "drift.safetensors"
        package.train(x_train, y_train, evaluated)
        results.evaluations["exact"] = package.evaluate(x, y, evaluated, progress=False)
        for name in simulators() if options.every else ():
            tell(f"--- snnc evaluate drift --simulator {name} --examples {FEW}")
            results.evaluations[name] = package.evaluate(
                x[:FEW], y[:FEW], evaluated, simulator=name, progress=False
            )
    return results


def _run_shipped(package: Package, weights: Path, test: Clips, tell: Tell) -> float:
    """Run the clips as spikes; return the accuracy with the shipped weights."""
    x, y = test
    tell(f"--- {counted(len(x), 'clip')} as spikes, with weights that ship with snnc")
    started = time.perf_counter()
    labels = package.predict(x, weights, progress=False).labels
    accuracy = float(np.mean(labels == y))
    seconds = time.perf_counter() - started
    correct = f"{percent(accuracy)} of the clips are classified correctly"
    tell(f"{correct} ({seconds:.1f} s; the first run compiles the engine)")
    return accuracy


def _estimate_minutes(package: Package, x: Array, weights: Path) -> int:
    """Estimate the duration of the training from that of a run of ``x``."""
    started = time.perf_counter()
    package.predict(x, weights, progress=False)
    seconds = TRAINING_RATIO * (time.perf_counter() - started)
    return math.ceil(seconds / 60)
