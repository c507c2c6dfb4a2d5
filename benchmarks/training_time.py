"""``python -m benchmarks.training_time``: what a whole training costs in plain Keras.

Networks of `benchmarks.fidelity` are trained with a time base, which is a setting of
`benchmarks.fewer_steps`: by `train` with all phases, and by `model.fit` with the same
data, batch and epochs as the phase smooth. Each training is a new process with one
thread. The table has processor seconds without imports, and their ratio. ``--output``
also appends the ratios to a file, like `benchmarks.fewer_steps`. It takes about 2
minutes per network on one free core, and more for the deep one.

    python -m benchmarks.training_time --kinds relu lif deep
    python -m benchmarks.training_time --kinds relu --examples 120
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import record
from benchmarks.fewer_steps import NETWORKS, read_setting, with_epochs
from benchmarks.fidelity.data_sets import DATA
from benchmarks.fidelity.networks import KINDS, spec_of
from benchmarks.study.packages import build

USUAL = ("relu", "lif", "deep")
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
PLAIN = """
import sys, time
import numpy as np
from {name}.keras_model import build_model, compile_model
from {name}.train import TRAINING
data = np.load("train.npz")
started = time.process_time()
model = build_model(seed=0)
compile_model(model)
model.fit(
    data["x"],
    data["y"],
    batch_size=TRAINING.batch,
    epochs=TRAINING.epochs,
    validation_split=TRAINING.validation,
    verbose=0,
)
print(time.process_time() - started, file=sys.stderr)
"""
WHOLE = """
import sys, time
import numpy as np
from {name}._runtime.keras import phases
from {name}.train import train
data = np.load("train.npz")
started = time.process_time()
train(data["x"], data["y"], "weights.safetensors", seed=0)
print(time.process_time() - started, file=sys.stderr)
"""


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print a table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.training_time", description=__doc__)
    add = parser.add_argument
    add("--kinds", nargs="*", choices=NETWORKS, default=USUAL)
    add("--setting", type=read_setting, default="40,1,250,500,8")
    add("--epochs", type=int, metavar="N", help="of the phase smooth and of model.fit")
    add("--examples", type=int, metavar="N", help="train with the first N examples")
    add("--output", type=Path)
    options = parser.parse_args(arguments)
    print("| network | plain Keras | all phases | ratio |")
    print("|---|--:|--:|--:|", flush=True)
    for kind in options.kinds:
        name, text = spec_of(NETWORKS[kind])
        if options.epochs:
            text = with_epochs(text, options.epochs)
        data = KINDS[NETWORKS[kind]].data[0]
        with tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            train = DATA[data]().train
            train.first(options.examples or len(train)).save(folder / "train.npz")
            spec = folder / f"{name}.snn"
            spec.write_text(options.setting.rewrite(text), encoding="utf-8")
            build(spec, folder)
            plain = _measure(PLAIN.format(name=name), folder)
            whole = _measure(WHOLE.format(name=name), folder)
        ratio = whole / plain
        print(f"| {kind} | {plain:.1f} s | {whole:.1f} s | {ratio:.1f} |", flush=True)
        if options.output:
            command = f"training_time --kinds {kind} --setting {options.setting}"
            if options.epochs:
                command += f" --epochs {options.epochs}"
            if options.examples:
                command += f" --examples {options.examples}"
            run = record.Run(command, seed=0, examples=options.examples or 0)
            rows = [
                run.row("processor time of model.fit", round(plain, 1), "s"),
                run.row("processor time of train", round(whole, 1), "s"),
                run.row("processor time of train over model.fit", round(ratio, 2), "x"),
            ]
            record.write(rows, options.output)
    return 0


def _measure(program: str, folder: Path) -> float:
    """Run a program, and return the processor seconds that it prints."""
    one_thread = dict.fromkeys(THREADS, "1")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=folder,
        env={**os.environ, **one_thread, **quiet},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return float(done.stderr.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
