"""Print how long `check` takes for 10, 100 and 1000 layers, and to start.

Run it as ``python benchmarks/check.py``; linear time shows as ratios near 10. The start
is `snnc check specs/drift.snn` in a fresh process, next to one that imports libraries.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile

SIZES = (10, 100, 1000)


def spec(layers: int) -> str:
    """Return a chain of convolutions, each with a shortcut over two layers."""
    head = (
        "target loihi { chips 8 }",
        "timing { present 100 s }",
        "input x 8x8x1 in 0..1",
        "encode rate",
    )
    lines = [
        f"conv2d c{i} {{ filters 2, padding same{_over(i)} }}" for i in range(layers)
    ]
    body = "\n  ".join((*head, *lines, "readout y { classes 2 }"))
    return f"snn 1\n\nnetwork deep {{\n  {body}\n}}\n"


def _over(layer: int) -> str:
    return f", shortcut c{layer - 2}" if layer > 1 and layer % 3 == 2 else ""


def seconds(text: str) -> float:
    """Return the processor time of the best of three runs."""
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    started = time.process_time()
    report = Diagnostics()
    compile_spec(SourceFile("deep.snn", text), report, through="place")
    assert not report.errors, report.diagnostics[0].message
    return time.process_time() - started


ROOT = Path(__file__).parents[1]
LIBRARIES = "import of its libraries"
COMMANDS = {
    "python": ("-c", "pass"),
    LIBRARIES: ("-c", "import pydantic, lark, click"),
    "snnc check": ("-m", "snnc", "check", "specs/drift.snn"),
}
RUNS = 9


def starts() -> dict[str, float]:
    """Return the processor's time of each command; a first run fills the caches."""
    with tempfile.TemporaryDirectory() as caches:
        return _starts({**os.environ, "PYTHONPYCACHEPREFIX": caches})


def _starts(environment: dict[str, str]) -> dict[str, float]:
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS + 1):
        for name, arguments in COMMANDS.items():
            before = _child_seconds()
            command = [sys.executable, *arguments]
            subprocess.run(
                command, cwd=ROOT, env=environment, check=True, capture_output=True
            )
            found[name].append(_child_seconds() - before)
    return {name: statistics.median(each[1:]) for name, each in found.items()}


def _child_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print one line for each size and each command."""
    _once(spec(1))
    before: float | None = None
    for layers in SIZES:
        took = seconds(spec(layers))
        ratio = f"{took / before:5.1f} x" if before else ""
        print(f"{layers:5} layers {1000 * took:8.1f} ms {ratio}")
        before = took
    medians = starts()
    for name, median in medians.items():
        share = median / medians[LIBRARIES]
        print(f"{name:24} {1000 * median:6.1f} ms {share:5.2f} x")


if __name__ == "__main__":
    main()
