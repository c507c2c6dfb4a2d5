"""Print how long ``snnc import`` takes for the architecture of a Keras model.

Run it as ``python -m benchmarks.importing [MODEL]``: the median of nine processes,
whole, and of their processor time, which other load lengthens less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

FORUM = Path(__file__).parents[1] / "tests" / "importer" / "data" / "forum.json"
RUNS = 9


def measure(model: Path) -> tuple[float, float]:
    """Return seconds of a process: by the clock, and of the processor."""
    line = [sys.executable, "-m", "snnc", "import", str(model)]
    line += ["--rewrite", "maxpool=downsample"]
    before, started = os.times(), time.perf_counter()
    subprocess.run(line, capture_output=True, check=False)
    took, after = time.perf_counter() - started, os.times()
    user = after.children_user - before.children_user
    return took, user + after.children_system - before.children_system


def main() -> None:
    """Print both medians."""
    parser = argparse.ArgumentParser("benchmarks.importing", description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=FORUM)
    model = parser.parse_args().model
    runs = [measure(model) for _ in range(RUNS)]
    wall, processor = (statistics.median(each) for each in zip(*runs, strict=True))
    print(f"{model.name}: {wall:.2f} s, of the processor {processor:.2f} s")


if __name__ == "__main__":
    main()
