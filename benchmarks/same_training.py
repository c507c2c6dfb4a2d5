"""Compare trainings by the present code with those by an earlier commit.

Run it from the repository's root as ``python -m benchmarks.same_training COMMIT``. It
trains three small networks through all phases, with the code of the commit and with
the present code, and compares the bytes of the weights. If all are the same, numbers in
`benchmarks/results.csv` that the commit's code gave are numbers of the present code:
their ``code`` is replaced. Otherwise the file stays unchanged and the exit status is 1.

With ``--without-batch-norm``, only networks without batch norm are compared, and only
the rows of accuracies of such networks are replaced.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import record, results

CONVOLUTIONS = """\
snn 2

network convolutions {
  timing { present 10 ms }
  input clip 12x12x2 in 0..1
  encode conv { filters 3, batchnorm on }
  conv2d c0 { filters 4, batchnorm on }
  conv2d c1 { filters 4, padding same, shortcut c0 }
  dense d0 { units 8, dropout 0.1 }
  readout quarter { classes 4 }
  train { batch 16, epochs 3, schedule cosine, l2 1e-4 }
}
"""

LEAKY = """\
snn 2

network leaky {
  timing { present 10 ms }
  defaults { neuron lif }
  input clip 12x12x2 in 0..1
  encode conv { filters 3 }
  dense d0 { units 24 }
  dense d1 { units 24, place host }
  readout quarter { classes 4 }
  train { batch 16, epochs 3 }
}
"""

VOLUMES = """\
snn 2

network volumes {
  timing { present 10 ms }
  input clip 4x12x12x2 in 0..1
  encode conv { filters 4 }
  conv3d c0 { filters 4, groups 2 }
  maxpool m0 { window 1x2x2 }
  dense d0 { units 8, neuron lif }
  readout quarter { classes 4, decide last }
  train { batch 16, epochs 2 }
}
"""

NETWORKS = {"convolutions": CONVOLUTIONS, "leaky": LEAKY, "volumes": VOLUMES}
WITH_BATCH_NORM = {"convolutions"}
SHAPES = {"volumes": (4, 12, 12, 2)}
SHAPE = (12, 12, 2)
EXAMPLES = 96
UPDATES = 40


def examples(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return images in which one quarter is brighter, and its number."""
    rng = np.random.default_rng(0)
    labels = np.arange(EXAMPLES) % 4
    images = rng.uniform(0, 0.5, (EXAMPLES, *shape)).astype(np.float32)
    for label in range(4):
        row, column = divmod(label, 2)
        rows = slice(6 * row, 6 * row + 6)
        columns = slice(6 * column, 6 * column + 6)
        images[labels == label, ..., rows, columns, :] += 0.5
    return images, labels


def train(folder: Path) -> None:
    """Train all networks with the snnc that this process imports."""
    import snnc

    for name, text in NETWORKS.items():
        package = snnc.parse(text).build(folder)
        images, labels = examples(SHAPES.get(name, SHAPE))
        weights = folder / f"{name}.safetensors"
        package.train(images, labels, weights=weights, spike_updates=UPDATES)
    (folder / "code").write_text(record.training_code(), encoding="utf-8")


def train_in(checkout: Path, folder: Path) -> str:
    """Train in a process with the code of a checkout; return the code's hash."""
    folder.mkdir()
    # An older checkout lacks this program, and from its own folder Python would take
    # the benchmarks for modules of other packages.
    program = shutil.copy(__file__, folder)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, str(program), "--train", str(folder)]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return (folder / "code").read_text(encoding="utf-8")


def differing_weights(old: Path, new: Path) -> list[str]:
    """Return the names of the weights whose bytes differ."""
    names = {
        path.name for path in (*old.iterdir(), *new.iterdir()) if _has_weights(path)
    }
    return sorted(name for name in names if _content(old, name) != _content(new, name))


def _has_weights(path: Path) -> bool:
    return path.suffix == ".safetensors"


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    return path.read_bytes() if path.exists() else b""


def compare(commit: str, *, without_batch_norm: bool) -> int:
    """Compare the trainings, and say what was found; return the exit status."""
    commands = None
    if without_batch_norm:
        commands = {
            entry.command
            for entry in results.entries()["accuracy"]
            if "batch norm" not in entry.network
        }
    root = record.ROOT
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder, "checkout")
        git = ["git", "-C", str(root), "worktree"]
        add = [*git, "add", "--quiet", "--detach", str(checkout), commit]
        subprocess.run(add, check=True)
        try:
            old = train_in(checkout, Path(folder, "old"))
        finally:
            remove = [*git, "remove", "--force", str(checkout)]
            subprocess.run(remove, check=True)
        new = train_in(root, Path(folder, "new"))
        differing = differing_weights(Path(folder, "old"), Path(folder, "new"))
    if without_batch_norm:
        ignored = tuple(WITH_BATCH_NORM)
        differing = [name for name in differing if not name.startswith(ignored)]
    if differing:
        print(f"{commit} trains other weights:", ", ".join(differing))
        return 1
    print(f"{commit} trains weights with the same bytes")
    count = record.rename_code(old, new, commands=commands)
    print(f"{count} rows of results.csv had the code {old} and now have {new}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status of a comparison."""
    parser = argparse.ArgumentParser("benchmarks.same_training", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("commit", nargs="?", help="train with its code too")
    which.add_argument("--train", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--without-batch-norm", action="store_true")
    options = parser.parse_args(arguments)
    if options.train is None:
        return compare(
            options.commit,
            without_batch_norm=options.without_batch_norm,
        )
    train(options.train)
    return 0


if __name__ == "__main__":
    sys.exit(main())
