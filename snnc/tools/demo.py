"""Train and run a network on drifting digits, as a user would: `snnc demo`."""

from __future__ import annotations

import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.examples import Array
from snnc.text.tables import align, percent
from snnc.tools.building import build
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.task import write_data
from snnc.tools.evaluate.verb import Simulator
from snnc.tools.opening import missing
from snnc.tools.spec import load

FRAMES, SIZE = 8, 16
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
    y = np.arange(count) % len(DIRECTIONS)
    random.shuffle(y)
    x = np.zeros((count, FRAMES, SIZE, SIZE, 1), np.float32)
    starts = random.integers(SIZE, size=(count, 2))
    chosen = random.integers(len(images), size=count)
    for clip, image, start, direction in zip(x, images[chosen], starts, y, strict=True):
        canvas = np.zeros((SIZE, SIZE))
        canvas[: image.shape[0], : image.shape[1]] = image
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
    said = ", ".join(versions)
    if "nengo_dl" in simulators():
        return said
    return f"{said}; without nengo-dl, which needs Keras 2 (Python 3.10 or 3.11)"


LABELS: dict[Simulator, str] = {
    "nengo": "Nengo, spiking",
    "nengo_dl": "NengoDL, spiking",
    "loihi": "Loihi emulator",
}


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The results of all steps; prints as a table.

    Attributes
    ----------
    cores : int
        The predicted number of cores.
    seconds : dict of float
        The time of each step.
    evaluations : dict of Evaluation
        The result of each simulator, on the same clips.
    """

    cores: int
    seconds: dict[str, float]
    evaluations: dict[Simulator, Evaluation]

    def __str__(self) -> str:
        loihi, seconds = self.evaluations["loihi"], self.seconds
        score = loihi.score
        keras = percent((score.keras if score.before is None else score.before) or 0.0)
        rows = [
            (f"on {loihi.examples} unseen clips", "accuracy", "as Keras", "seconds"),
            ("Keras", keras, "", f"{seconds['train']:.1f} to train"),
        ]
        for simulator, found in self.evaluations.items():
            name, alike = LABELS[simulator], percent(found.score.agreement or 0.0)
            accuracy, time = percent(found.score.value), f"{seconds[simulator]:.1f}"
            rows.append((name, accuracy, alike, time))
        breaches = ", ".join(
            f"{layer.name} {layer.rate:.0f} Hz of {layer.low:g}..{layer.high:g}"
            for layer in loihi.layers
            if not layer.holds
        )
        first = f"data {seconds['data']:.1f}, build {seconds['build']:.1f}"
        lines = (
            f"cores predicted by snnc {self.cores}, built by nengo-loihi {loihi.cores}",
            f"seconds: {first}, all steps {sum(seconds.values()):.0f}",
            f"rate budgets not held on the emulator: {breaches or 'none'}",
        )
        return "\n".join([*align(rows, "<>><"), "", *lines])


def run_demo(folder: Path, spec: Path, say: Callable[[str], object]) -> Demonstration:
    """Create data, build, train and evaluate in ``folder``."""
    seconds: dict[str, float] = {}

    @contextmanager
    def step(name: str, what: str) -> Iterator[None]:
        say(f"--- {what}")
        started = time.perf_counter()
        yield
        seconds[name] = time.perf_counter() - started

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "drift.safetensors"
    say(f"--- {stack()}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with step("data", "drifting digits: 4000 clips to train, 200 to test"):
            train, test = drifting_digits()
            write_data(folder / "train.npz", *train)
            write_data(folder / "test.npz", *test)
        with step("build", f"snnc build {spec.name}"):
            network = load(spec)
            package = build(network, folder, force=True)
            cores = network.report().cores
        with step("train", "python -m drift.train"):
            package.train(*train, weights)
        evaluations: dict[Simulator, Evaluation] = {}
        for name in simulators():
            with step(name, f"snnc evaluate drift --simulator {name}"):
                evaluations[name] = package.evaluate(
                    *test, weights, simulator=name, progress=False
                )
    return Demonstration(cores, seconds, evaluations)
