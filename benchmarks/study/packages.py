"""Builds and trains as a user would: each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.study.networks import ROOT
from benchmarks.study.remembered import hash_of


class StepError(RuntimeError):
    """A step failed; its text is what the step said."""


@dataclass(frozen=True, slots=True)
class Files:
    """A package with its weights; ``seconds`` are those that training took."""

    package: Path
    weights: Path
    seconds: float


def build(spec: Path, folder: Path) -> Path:
    """Return the package that ``snnc build`` writes into a folder."""
    _run([sys.executable, "-m", "snnc", "build", str(spec), "-o", str(folder)], ROOT)
    return folder / spec.stem


def train(package: Path, data: Path, epochs: int | None = None) -> Files:
    """Train, unless the same training is done already.

    An interrupted one goes on after its last whole epoch.
    """
    folder = package.parent
    weights = folder / f"{package.name}.safetensors"
    key, took = folder / "training.sha256", folder / "training.seconds"
    wanted = hash_of([package, data, str(epochs)])
    if not key.exists() or key.read_text(encoding="ascii") != wanted:
        for old in (weights, took, Path(f"{weights}.progress.npz")):
            old.unlink(missing_ok=True)
        key.write_text(wanted, encoding="ascii")
    if not (weights.exists() and took.exists()):
        started = time.perf_counter()
        limit = [] if epochs is None else ["--epochs", str(epochs)]
        files = ["--data", str(data.resolve()), "--weights", weights.name]
        _module(package, "train", *files, "--resume", *limit)
        seconds = time.perf_counter() - started
        took.write_text(f"{seconds:.1f}", encoding="ascii")
    return Files(package, weights, float(took.read_text(encoding="ascii")))


def _module(package: Path, module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", f"{package.name}.{module}", *arguments]
    _run(command, package.parent)


def _run(command: list[str], folder: Path) -> None:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **quiet},
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepError(f"{' '.join(command[2:])}\n{done.stderr.strip()}")
