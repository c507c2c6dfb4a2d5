"""``python -m benchmarks.training_time FOLDER``: CPU seconds of training, and before.

FOLDER has another version of the repo (``git worktree add FOLDER COMMIT``). Networks of
`benchmarks.fidelity` are built by both, and trained on the same 4000 digits in the same
number of epochs, by processes in turn. It prints medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.fidelity.networks import KINDS, spec_of
from benchmarks.study.data import mnist

ROOT = Path(__file__).parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print a table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.training_time", description=__doc__)
    parser.add_argument("folder", type=Path, help="the other version")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS)[:4])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    print(f"{'network':36s}{'before':>10s}{'now':>10s}{'ratio':>8s}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "train.npz"
        mnist().train.save(data)
        for kind in options.kinds:
            trees = {"before": options.folder, "now": ROOT}
            for name, tree in trees.items():
                _build(kind, tree, Path(folder) / name)
            seconds: dict[str, list[float]] = {name: [] for name in trees}
            for _ in range(options.runs):
                for name in trees:
                    seconds[name].append(_train(kind, Path(folder) / name, data))
            before, now = (median(several) for several in seconds.values())
            print(f"{kind:36s}{before:8.1f} s{now:8.1f} s{now / before:8.2f}")
    return 0


def _build(kind: str, tree: Path, folder: Path) -> None:
    name, text = spec_of(kind)
    folder.mkdir(exist_ok=True)
    spec = folder / f"{name}.snn"
    spec.write_text(text, encoding="utf-8")
    _run(["snnc", "build", str(spec), "-o", str(folder)], tree)


def _train(kind: str, folder: Path, data: Path) -> float:
    """Train, and return the CPU seconds that it took."""
    name, _ = spec_of(kind)
    weights = folder / f"{name}.safetensors"
    weights.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    named = ["--data", str(data), "--weights", str(weights)]
    _run([f"{name}.train", *named], folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(module: list[str], path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", *module]
    subprocess.run(command, check=True, cwd=path, env=environment, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
