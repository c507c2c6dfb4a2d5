"""``python -m benchmarks.training_time``: what the phases after smooth cost.

Networks of `benchmarks.fidelity` are trained on 4,000 images of MNIST, in all phases
and in the phase smooth alone, which is plain Keras. Each training is a new process. The
table has its processor seconds with imports, and their ratio. By an estimate it takes 3
minutes per network of the default on one free core.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.fidelity.networks import KINDS, spec_of
from benchmarks.study.data import mnist
from benchmarks.study.packages import build

USUAL = (
    "relu, synapse 5 ms",
    "lif, synapse 5 ms",
    "deep, relu + batch norm, synapse 5 ms",
)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print a table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.training_time", description=__doc__)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=USUAL)
    options = parser.parse_args(arguments)
    print("| network | plain Keras | all phases | ratio |")
    print("|---|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        data = folder / "train.npz"
        mnist().train.save(data)
        for kind in options.kinds:
            name, text = spec_of(kind)
            spec = folder / f"{name}.snn"
            spec.write_text(text, encoding="utf-8")
            build(spec, folder)
            plain = _train(name, folder, "smooth")
            whole = _train(name, folder, "smooth,scale,spikes")
            ratio = whole / plain
            row = f"| {kind} | {plain:.1f} s | {whole:.1f} s | {ratio:.1f} |"
            print(row, flush=True)
    return 0


def _train(name: str, folder: Path, phases: str) -> float:
    """Train, and return the CPU seconds that it took."""
    command = [sys.executable, "-m", f"{name}.train", "--phases", phases]
    command += ["--data", "train.npz", "--weights", "weights.safetensors"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (folder / "weights.safetensors").unlink()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
