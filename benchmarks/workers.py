"""Print what threads and processes save: `snnc evaluate` on many examples.

``python benchmarks/workers.py [NAME ...]`` runs the networks of `benchmarks/exact.py`.
Start-up is the time until the first examples are done: processes take seconds for it,
for any number of examples. The rate is measured over the other examples.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnc.verbs.evaluate.task import Task

ROOT = Path(__file__).parents[1]
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as `snnc evaluate` sets it
COUNTS = {"drift": 10_000, "mnist": 6_000, "cifar": 1_000}
WAYS = {"1 worker": 1, "2 workers": 2, "a thread for each core": None}


def time_run(task: Task, workers: int | None) -> tuple[float, float, float]:
    """Return the seconds of a run, those until its first part, and its rate after."""
    from snnc.verbs.evaluate.exact import run_exact
    from snnc.verbs.evaluate.options import EvaluateOptions

    told: list[tuple[float, int]] = []
    out = Path(str(task.weights)).with_suffix(".jsonl")
    how = EvaluateOptions(presentation="rest", workers=workers, output=out)
    started = time.perf_counter()

    def tell(done: int) -> None:
        told.append((time.perf_counter() - started, done))

    run_exact(task, how, tell)
    total = time.perf_counter() - started
    (first, _), *_ = (entry for entry in told if entry[1])
    rest = sum(done for _, done in told) - told[1][1]
    return total, first, rest / (told[-1][0] - first)


def bench(name: str, folder: Path) -> None:
    """Print one network's lines."""
    import numpy as np

    from benchmarks.exact import TEXTS, scaled_weights
    from snnc.output.imported import open_package
    from snnc.verbs.evaluate.task import open_task
    from tests.exact.proof import random_images, write_package

    written = write_package(TEXTS[name](), folder)
    assert written is not None
    package = open_package(written)
    image = random_images(package, 1)
    weights, data = folder / f"{name}.safetensors", folder / f"{name}.npz"
    package.layout.save(weights, scaled_weights(package, image))
    count = COUNTS[name]
    np.savez(data, x=np.repeat(image, count, axis=0), y=np.zeros(count, np.int64))
    task = open_task(written, weights, data, None, 0)
    print(f"{name}: {count} examples of {package.network.steps} steps")
    alone = 0.0
    for way, workers in WAYS.items():
        total, first, rate = time_run(task, workers)
        alone = alone or rate
        print(
            f"  {way}: {total:.1f} s, start-up {first:.1f} s, then {rate:.0f} a second"
            f" ({rate / alone:.2f} x)",
            flush=True,
        )


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", choices=[[], *COUNTS], default=[])
    names = parser.parse_args().networks or COUNTS
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            bench(name, Path(folder))


if __name__ == "__main__":
    main()
