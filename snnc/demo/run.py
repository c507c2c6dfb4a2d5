"""The steps of the demonstration, each as a user would take it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snnc.runtime.files import replacing

SIMULATORS = {"nengo": "nengo", "nengo_dl": "nengo_dl", "loihi": "nengo_loihi"}
"""Each simulator and its module."""
if sys.version_info >= (3, 12):  # where TensorFlow has Keras 3, which nengo-dl has not
    del SIMULATORS["nengo_dl"]


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
    from snnc.demo.digits import drifting_digits

    folder.mkdir(parents=True, exist_ok=True)
    results = Results()
    demo = _Demo(folder, results, say)
    with demo.step("data", "digits that drift: 4000 clips to train, 200 to test"):
        train, test = drifting_digits()
        _save(folder / "train.npz", train.x, train.y)
        _save(folder / "test.npz", test.x, test.y)
        results.examples = len(test.y)
    with demo.step("build", f"snnc build {spec.name}"):
        demo.snnc("build", str(spec), "-o", str(folder), "--force")
        report = json.loads(demo.snnc("report", str(spec), "--format", "json"))
        results.cores = report["cores"]
    with demo.step("train", "python -m drift.train"):
        demo.python("train", "--data", "train.npz", "--weights", "drift.safetensors")
    for simulator in SIMULATORS:
        with demo.step(simulator, f"python -m drift.evaluate --simulator {simulator}"):
            results.reports[simulator] = demo.evaluate(simulator)
    return results


def _save(path: Path, x: Any, y: Any) -> None:
    import numpy as np

    with replacing(path) as file:
        np.savez(file, x=x, y=y)


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
        return self._run([sys.executable, "-m", "snnc", *arguments], None, capture=True)

    def python(self, module: str, *arguments: str) -> None:
        self._run(
            [sys.executable, "-m", f"drift.{module}", *arguments],
            self.folder,
            capture=False,
        )

    def evaluate(self, simulator: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "drift.evaluate", "--format", "json"]
        command += ["--data", "test.npz", "--weights", "drift.safetensors"]
        command += ["--simulator", simulator]
        report: dict[str, Any] = json.loads(
            self._run(command, self.folder, capture=True)
        )
        return report

    def _run(self, command: list[str], folder: Path | None, capture: bool) -> str:
        # Notices of TensorFlow's and Nengo's start-up would bury the progress.
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
        environment = {**os.environ, **quiet}
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StepError(f"{' '.join(command[1:])} failed: exit {done.returncode}")
        return done.stdout or ""
