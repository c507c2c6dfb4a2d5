"""``python -m benchmarks.predicting``: compare `predict` with the engine that it runs.

It compares the CPU seconds of all threads, for 1,000 random images of MNIST's shape and
``specs/mnist.snn`` with random weights. Each of three runs builds the exact engine and
runs it, then predicts; it prints the ratios.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import snnc
from snnc.exact import make_engine
from tests.exact.proof import random_images, random_weights, write_package

ROOT = Path(__file__).parents[1]
EXAMPLES, RUNS = 1000, 3


def main() -> int:
    """Print the ratio of each run; return the exit status."""
    spec = (ROOT / "specs/mnist.snn").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        package = snnc.Package(write_package(spec, Path(folder)))
        opened = package.opened
        weights, x = random_weights(opened, bias=0.3), random_images(opened, EXAMPLES)
        package.predict(x[:10], weights)  # the first call compiles the engine
        for _ in range(RUNS):
            start = time.process_time()
            with make_engine(opened, weights) as engine:
                engine.run(x, "row", opened.network.readout.decide, ())
            middle = time.process_time()
            package.predict(x, weights)
            print(f"{(time.process_time() - middle) / (middle - start):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
