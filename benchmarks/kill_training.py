"""Kill a training at random moments, resume it each time, and look at what is left.

Run it from the repository's root as ``python -m benchmarks.kill_training --kills 10
--seed 0``. A package's own ``train.py`` trains it in a process that SIGKILL ends. The
weights of an earlier training must stay readable all the time. No kill may cost more
than the epoch that ran. An uninterrupted training must give the same result.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from tests.exact.proof import write_package

SPEC = """\
snn 1

network killed {{
  input image 12x12x1 in 0..1
  encode conv {{ filters 2 }}
  conv2d c0 {{ filters 8, stride 2, batchnorm on }}
  dense d0 {{ units 16 }}
  readout digit {{ classes 4 }}
  train {{ batch 16, epochs {epochs}, schedule cosine, phases [smooth] }}
}}
"""

EXAMPLES = 600
MOST = 4
"""Epochs that a run begins before it is killed."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill: epochs that its run began, and those that were saved before and after."""

    begun: int
    before: int
    after: int


def kill_training(folder: Path, kills: int, seed: int) -> list[Kill]:
    """Kill a training and resume it, then let it finish.

    Returns
    -------
    list of Kill
        One for each kill.

    Raises
    ------
    AssertionError
        If weights or progress can't be read at some moment, progress is lost, or the
        resumed training ends with other weights than the uninterrupted one.
    """
    _write_package(folder, epochs=MOST * kills + 2)
    _finish(_start(folder, "whole"))
    (folder / "parts").write_bytes((folder / "whole").read_bytes())
    draw = random.Random(seed)
    seen = []
    for _ in range(kills):
        begun, seconds = draw.randint(1, MOST), draw.uniform(0, 0.3)
        seen.append(_kill_one(folder, begun, seconds))
    _finish(_start(folder, "parts", "--resume"))
    _compare(load_file(folder / "whole"), load_file(folder / "parts"))
    assert not _progress(folder).exists(), "a progress file is left"
    return seen


def _write_package(folder: Path, epochs: int) -> None:
    write_package(SPEC.format(epochs=epochs), folder)
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (EXAMPLES, 12, 12, 1)).astype("f4")
    np.savez(folder / "data.npz", x=x, y=np.arange(EXAMPLES) % 4)


def _start(folder: Path, weights: str, *options: str) -> subprocess.Popen[str]:
    files = ("--data", "data.npz", "--weights", weights)
    return subprocess.Popen(
        [sys.executable, "-m", "killed.train", *files, *options],
        cwd=folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for_epochs(process: subprocess.Popen[str], count: int) -> None:
    """Wait until as many epochs have begun, or until the process ends."""
    assert process.stdout is not None
    for line in process.stdout:
        count -= line.startswith("Epoch")
        if not count:
            return


def _finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate()
    assert process.returncode == 0, errors


def _kill_one(folder: Path, begun: int, seconds: float) -> Kill:
    """Resume the training, and kill it some seconds after an epoch of it began."""
    before, written = _epochs(folder), (folder / "parts").stat()
    process = _start(folder, "parts", "--resume")
    _wait_for_epochs(process, begun)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    load_file(folder / "parts")
    after = _epochs(folder)
    finished = (folder / "parts").stat().st_mtime_ns != written.st_mtime_ns
    assert finished or after >= before + begun - 1, "progress was lost"
    return Kill(begun, before, after)


def _progress(folder: Path) -> Path:
    return folder / "parts.progress.npz"


def _epochs(folder: Path) -> int:
    """Return the epochs that are saved; the file must be whole if it is there."""
    if not _progress(folder).exists():
        return 0
    with np.load(_progress(folder), allow_pickle=False) as file:
        return int(json.loads(str(file["state"]))["epoch"])


def _compare(first: dict[str, Any], second: dict[str, Any]) -> None:
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, rtol=1e-3, atol=1e-4)


def main() -> int:
    """Print each kill, and what they left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for kill in kill_training(Path(folder), options.kills, options.seed):
            saved = f"saved {kill.before} before, {kill.after} after"
            print(f"killed in epoch {kill.begun} of its run: {saved}")
    print("weights valid after each kill, progress kept, the same weights in the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
