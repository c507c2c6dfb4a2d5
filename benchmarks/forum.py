"""Train and run `specs/forum.snn` at reduced size: the numbers of docs/example-3d.md.

``python -m benchmarks.forum`` makes clips of coloured digits that move in twelve
directions, and takes the steps of a user, each a process of its own. The twin has all
layers of the spec, over clips of half the frames, height and width. ``--full`` leaves
the size as it is, and the emulator out, which would take too long.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int, int]
ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "forum.snn"
FULL, SMALL = (16, 36, 64), (8, 18, 32)  # frames, height, width
DIRECTIONS = 12
SPEED = 2.0  # pixels a frame: twelve directions then end more than a pixel apart
EMULATED = 20


def twin(text: str, name: str, size: Size) -> str:
    """Return the spec with another name and size, and a higher learning rate.

    With so few clips, its learning rate of 1e-4 would take many more epochs.

    Raises
    ------
    ValueError
        If the spec no longer holds what is replaced.
    """
    changes = {
        "network forum {": f"network {name} {{",
        "16x36x64x3": f"{'x'.join(map(str, size))}x3",
        "learning_rate 1e-4": "learning_rate 1e-3",
    }
    for old, new in changes.items():
        found = text.count(old)
        if found != 1:
            raise ValueError(f"{SPEC.name} holds {old!r} {found} times, not 1")
        text = text.replace(old, new)
    return text


def moving_digits(
    images: NDArray[np.float64], count: int, size: Size, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return clips, (count, frames, height, width, 3) in 0..1, and directions 0..11.

    A digit of 8x8 pixels has one colour and moves over a canvas whose opposite edges
    are joined. No single frame shows the direction.
    """
    y = random.permutation(np.arange(count) % DIRECTIONS)
    _, height, width = size
    x = np.zeros((count, *size, 3), np.float32)
    for clip, direction in zip(x, y, strict=True):
        image = images[random.integers(len(images))]
        colour = random.uniform(0.3, 1.0, 3)
        start = random.uniform(0.0, (height, width))
        angle = 2 * np.pi * direction / DIRECTIONS
        step = SPEED * np.array([np.sin(angle), np.cos(angle)])
        rows, columns = np.indices(image.shape)
        for frame, pixels in enumerate(clip):
            top, left = np.rint(start + frame * step).astype(int)
            place = (rows + top) % height, (columns + left) % width
            pixels[place] = image[..., None] * colour
    return x, y


def write_data(folder: Path, size: Size, train: int, test: int) -> None:
    """Write train.npz and test.npz, which share no image of a digit."""
    from sklearn.datasets import load_digits

    random = np.random.default_rng(0)
    images = random.permutation(load_digits().images / 16.0)
    held_out = len(images) // 5
    for name, part, count in (
        ("train", images[held_out:], train),
        ("test", images[:held_out], test),
    ):
        x, y = moving_digits(part, count, size, random)
        np.savez(folder / f"{name}.npz", x=x, y=y)


def run(folder: Path, *command: str) -> None:
    """Run a command in a folder, its output to the terminal.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    print(f"\n$ {' '.join(command)}", flush=True)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    started = time.perf_counter()
    python = [sys.executable, "-m", *command]
    subprocess.run(python, cwd=folder, env={**os.environ, **quiet}, check=True)
    print(f"({time.perf_counter() - started:.0f} s)", flush=True)


def main() -> None:
    """Read the command line and take the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("snnc-work/forum"))
    parser.add_argument("--train", type=int, default=3000, metavar="CLIPS")
    parser.add_argument("--test", type=int, default=240, metavar="CLIPS")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--full", action="store_true", help="the size of the spec")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    name, size = ("forum", FULL) if options.full else ("small", SMALL)
    spec, file = f"{name}.snn", f"{name}.safetensors"
    text = twin(SPEC.read_text(encoding="utf-8"), name, size)
    (folder / spec).write_text(text, encoding="utf-8")
    write_data(folder, size, options.train, options.test)

    weights = ("--weights", file)
    test = ("--data", "test.npz", *weights)
    run(folder, "snnc", "report", spec)
    run(folder, "snnc", "build", spec, "-o", ".", "--force")
    epochs = ("--epochs", str(options.epochs))
    run(folder, f"{name}.train", "--data", "train.npz", *weights, *epochs)
    run(folder, "snnc", "weights", file, spec)
    run(folder, "snnc", "evaluate", name, *test)
    if not options.full:
        emulator = ("--simulator", "loihi", "--examples", str(EMULATED))
        run(folder, "snnc", "evaluate", name, *test, *emulator)


if __name__ == "__main__":
    main()
