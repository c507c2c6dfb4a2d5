"""Compare a deployment on the Python of a board with the exact engine, spike for spike.

Run it from the repository root as ``python -m tests.deployment.compare PYTHON``, where
PYTHON is an interpreter that has nengo, nengo-loihi, NumPy and safetensors.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from snnc.exact import make_engine
from snnc.output.imported import open_package
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import ROOT

SPECS = ("drift", "mnist")
EXAMPLES = 50
RUN = Path(__file__).with_name("run_package.py")


def run(python: str, folder: Path, *command: str | Path) -> None:
    """Run a command of a Python that finds the packages in a folder."""
    own = Path(python).absolute()  # the working directory changes
    subprocess.run(
        [own, "-W", "ignore", *map(str, command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
    )


def compare(python: str, name: str, folder: Path) -> Iterator[str]:
    """Yield what differs between the board's Python and the exact engine."""
    text = (ROOT / "specs" / f"{name}.snn").read_text(encoding="utf-8")
    package = open_package(write_package(text, folder))
    tensors, x = random_weights(package), random_images(package, EXAMPLES)
    weights, data = folder / f"{name}.safetensors", folder / f"{name}.npy"
    package.layout.save(weights, tensors)
    np.save(data, x)

    run(python, folder, RUN, name, data, weights, folder / "spikes.npz")
    files = ("--data", data, "--weights", weights, "-o", folder / "out.npz")
    run(python, folder, "-m", f"{name}.predict", *files, "--simulator", "loihi")
    with make_engine(package, tensors) as engine:
        decide = package.network.readout.decide
        expected = engine.run(x, "row", decide=decide, keep=("counts", "rows"))
    assert expected.rows is not None
    found = np.load(folder / "spikes.npz")
    for layer, counts in expected.counts.items():
        wrong = int((found[layer] != counts.reshape(EXAMPLES, -1)).sum())
        if wrong:
            yield f"{name}: {wrong} neurons of {layer} spike differently"
    if not np.allclose(found["rows"], expected.rows, rtol=1e-5, atol=1e-6):
        yield f"{name}: the readout's rows differ"
    outputs = np.load(folder / "out.npz")["outputs"]
    if not np.allclose(outputs, expected.outputs, rtol=1e-5, atol=1e-6):
        yield f"{name}: predict's outputs differ"
    total = sum(int(counts.sum()) for counts in expected.counts.values())
    print(f"{name}: {EXAMPLES} examples, {total} spikes")


def main(python: str) -> int:
    """Compare all networks; return 1 if anything differs."""
    with tempfile.TemporaryDirectory() as made:
        wrong = [each for name in SPECS for each in compare(python, name, Path(made))]
    print("\n".join(wrong) or "the board's Python and the exact engine agree")
    return min(1, len(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
