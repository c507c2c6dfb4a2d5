"""The demonstration: its data, its steps as a user would take them, its table."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.task import write_data
from snnc.processes import python_command
from snnc.text.tables import percent

FRAMES, SIZE = 8, 16
DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
BRIGHTEST = 16.0


@dataclass(frozen=True, slots=True)
class Clips:
    """``x``: (clips, 8, 16, 16, 1) in 0..1; ``y``: (clips,) directions 0..7."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]


def drifting_digits(
    train: int = 4000, test: int = 200, seed: int = 0
) -> tuple[Clips, Clips]:
    """Clips for training and for testing, which share no image of a digit.

    A digit of 8x8 pixels starts anywhere on a canvas of 16x16 whose opposite edges
    are joined, and moves one pixel a frame in one of eight directions. No single
    frame tells the direction.
    """
    from sklearn.datasets import load_digits

    images = load_digits().images / BRIGHTEST
    random = np.random.default_rng(seed)
    images = images[random.permutation(len(images))]
    held_out = len(images) // 5
    return (
        _clips(images[held_out:], train, random),
        _clips(images[:held_out], test, random),
    )


def _clips(images: NDArray[Any], count: int, random: np.random.Generator) -> Clips:
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
    return Clips(x, y)


_STACK = ("tensorflow", "numpy", "nengo", "nengo-loihi", "nengo-dl")


def simulators() -> tuple[str, ...]:
    """Those that are run; nengo-dl where it is installed, which needs Keras 2."""
    is_old = sys.version_info < (3, 12)
    has_dl = is_old and importlib.util.find_spec("nengo_dl") is not None
    return ("nengo", "nengo_dl", "loihi") if has_dl else ("nengo", "loihi")


def stack() -> str:
    """Say what the demonstration runs on, and what it leaves out for that."""
    versions = [f"Python {platform.python_version()}"]
    for name in _STACK:
        with suppress(PackageNotFoundError):
            versions.append(f"{name} {version(name)}")
    said = ", ".join(versions)
    if "nengo_dl" in simulators():
        return said
    return f"{said}; without nengo-dl, which needs Keras 2 (Python 3.10 or 3.11)"


class StepError(RuntimeError):
    """A step of the demonstration failed; its output has been shown."""


@dataclass(slots=True)
class Results:
    """What the steps gave: seconds of each, cores, and a report a simulator."""

    examples: int = 0
    cores: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_demo(folder: Path, spec: Path, say: Callable[[str], None]) -> Results:
    """Make data, build, train and evaluate in ``folder``.

    Raises
    ------
    StepError
        If a step fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results = Results()
    demo = _Demo(folder, results, say)
    say(f"--- {stack()}")
    with demo.step("data", "drifting digits: 4000 clips to train, 200 to test"):
        train, test = drifting_digits()
        write_data(folder / "train.npz", train.x, train.y)
        write_data(folder / "test.npz", test.x, test.y)
        results.examples = len(test.y)
    with demo.step("build", f"snnc build {spec.name}"):
        demo.snnc("build", str(spec), "-o", str(folder), "--force")
        report = json.loads(demo.snnc("report", str(spec), "--format", "json"))
        results.cores = report["cores"]
    with demo.step("train", "python -m drift.train"):
        demo.python("train", "--data", "train.npz", "--weights", "drift.safetensors")
    for simulator in simulators():
        with demo.step(simulator, f"snnc evaluate drift --simulator {simulator}"):
            results.reports[simulator] = demo.evaluate(simulator)
    return results


@dataclass(frozen=True, slots=True)
class _Demo:
    folder: Path
    results: Results
    say: Callable[[str], None]

    @contextmanager
    def step(self, name: str, what: str) -> Iterator[None]:
        self.say(f"--- {what}")
        started = time.perf_counter()
        yield
        self.results.seconds[name] = time.perf_counter() - started

    def snnc(self, *arguments: str) -> str:
        return self._run("snnc", *arguments, capture=True)

    def python(self, module: str, *arguments: str) -> None:
        self._run(f"drift.{module}", *arguments, capture=False)

    def evaluate(self, simulator: str) -> dict[str, Any]:
        folder, options = self.folder, ("--simulator", simulator, "--format", "json")
        files = (
            "--data",
            folder / "test.npz",
            "--weights",
            folder / "drift.safetensors",
        )
        told = self.snnc("evaluate", *map(str, (folder / "drift", *files)), *options)
        report: dict[str, Any] = json.loads(told)
        return report

    def _run(self, module: str, *arguments: str, capture: bool) -> str:
        is_own = module == "snnc"
        packages = "" if is_own else str(self.folder.absolute())
        # Notices of TensorFlow's and Nengo's start-up would bury the progress.
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
        environment = {**os.environ, **quiet}
        done = subprocess.run(
            python_command(module, *arguments, path=packages),
            cwd=None if is_own else self.folder,
            env=environment,
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )
        if done.returncode:
            command = " ".join(("python -m", module, *arguments))
            raise StepError(f"{command} failed: exit {done.returncode}")
        return done.stdout or ""


LABELS = {
    "nengo": "Nengo, spiking",
    "nengo_dl": "NengoDL, spiking",
    "loihi": "Loihi emulator",
}


def table(results: Results) -> str:
    """Accuracies on the same clips, cores predicted and built, seconds of each step."""
    reports, seconds = results.reports, results.seconds
    loihi = reports["loihi"]
    before = loihi["keras_accuracy_before"]
    keras = loihi["keras_accuracy"] if before is None else before
    rows = [
        (f"on {results.examples} unseen clips", "accuracy", "as Keras", "seconds"),
        ("Keras", percent(keras), "", f"{seconds['train']:.1f} to train"),
    ]
    for simulator, report in reports.items():
        rows.append(
            (
                LABELS[simulator],
                percent(report["accuracy"]),
                percent(report["agreement"]),
                f"{seconds[simulator]:.1f}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(width) if i in (0, 3) else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    built = reports["loihi"]["cores"]
    lines.append("")
    lines.append(
        f"cores predicted by snnc {results.cores}, built by nengo-loihi {built}"
    )
    lines.append(
        f"seconds: data {seconds['data']:.1f}, build {seconds['build']:.1f}, "
        f"all steps {sum(seconds.values()):.0f}"
    )
    lines.append(
        f"rate budgets not held on the emulator: {_breaches(reports['loihi'])}"
    )
    return "\n".join(lines)


def _breaches(report: dict[str, Any]) -> str:
    breaches = [
        f"{layer['name']} {layer['rate']:.0f} Hz of {layer['low']:g}..{layer['high']:g}"
        for layer in report["layers"]
        if not layer["holds"]
    ]
    return ", ".join(breaches) or "none"
