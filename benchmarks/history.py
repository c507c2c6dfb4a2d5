"""``make bench``: ten numbers of this checkout, next to those of the last release.

A number that depends on the machine is a ratio of processor time: something that snnc
does, over a named peer that does it too or that everything starts with, in the same
run. So lines of `benchmarks/history.csv` can be compared although the machines differ.

    python -m benchmarks.history           # measure, and compare with the last line
    python -m benchmarks.history --append  # also append the line, for a release

The exit status is 1 if a number is more than `LARGEST_RISE` above the last line's. It
takes about three minutes on one idle core.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record
from snnc import __version__

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "benchmarks" / "history.csv"
LARGEST_RISE = 1.25
"""Repeated runs on a busy machine differ by up to a fifth."""

RUNS = 9
LIBRARIES = ("-c", "import pydantic, lark, click, jinja2")
KERAS_MODEL = "tests/importer/data/k3_chain.keras"
TRAINING_EXAMPLES = 500


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a release; lower is better.

    Attributes
    ----------
    name
        The column of `history.csv`.
    meaning
        What is divided by what, for readers of the table.
    measure
        Returns the number.
    """

    name: str
    meaning: str
    measure: Callable[[], float]


def process_seconds(arguments: Sequence[str]) -> float:
    """Return the median processor time of a new process of this Python."""
    command = [sys.executable, *arguments]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        user = after.ru_utime - before.ru_utime
        system = after.ru_stime - before.ru_stime
        seconds.append(user + system)
    return statistics.median(seconds[1:])  # the first one fills the caches


def start() -> float:
    """Return ``snnc --help`` over ``python -c pass``."""
    return process_seconds(("-m", "snnc", "--help")) / process_seconds(("-c", "pass"))


def package_import() -> float:
    """Return ``import snnc`` over ``python -c pass``."""
    return process_seconds(("-c", "import snnc")) / process_seconds(("-c", "pass"))


def check() -> float:
    """Return ``snnc check`` of the drift spec over the import of its libraries."""
    command = ("-m", "snnc", "check", "specs/drift.snn")
    return process_seconds(command) / process_seconds(LIBRARIES)


def build() -> float:
    """Return ``snnc build`` of the drift spec over the import of its libraries."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("-m", "snnc", "build", "specs/drift.snn", "--force", "-o", folder)
        return process_seconds(command) / process_seconds(LIBRARIES)


def keras_import() -> float:
    """Return ``snnc import`` of a Keras model over the import of the libraries."""
    with tempfile.TemporaryDirectory() as folder:
        output = f"{folder}/chain.snn"
        command = ("-m", "snnc", "import", KERAS_MODEL, "--force", "-o", output)
        return process_seconds(command) / process_seconds(LIBRARIES)


def growth() -> float:
    """Return the time of checking 1,000 layers over that of 100."""
    from benchmarks.check import seconds, spec

    return seconds(spec(1000)) / seconds(spec(100))


def mapping() -> float:
    """Return the mapping of nengo-loihi's CIFAR-10 network over nengo-loihi's build."""
    import nengo_loihi

    from benchmarks.mapping import CIFAR10, lower_spec
    from snnc.diagnostics import Diagnostics
    from snnc.output.imported import open_package
    from snnc.passes.place import place
    from tests.exact.proof import random_images, random_weights, write_package

    text = CIFAR10.read_text(encoding="utf-8")
    lowered = lower_spec(text)
    started = time.process_time()
    place(lowered, Diagnostics())
    ours = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        package = open_package(write_package(text, Path(folder)))
        images = random_images(package, 1)
        program = package.module("nengo_network")
        network = program.build_network(random_weights(package), images)
        started = time.process_time()
        with nengo_loihi.Simulator(network.net, target="sim", progress_bar=False):
            theirs = time.process_time() - started
    return ours / theirs


def exact_engine() -> float:
    """Return an example of the drift spec here over nengo-loihi's emulator."""
    from benchmarks.exact import bench

    with tempfile.TemporaryDirectory() as folder:
        rows = {row.measure: row.value for row in bench("drift", Path(folder), 100)}
    ours = rows["exact engine, processor time"]
    return ours / rows["emulator, processor time"]


def training() -> float:
    """Return ``train`` over ``model.fit`` of plain Keras, with few examples."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "rows.csv"
        command = [sys.executable, "-m", "benchmarks.training_time", "--kinds", "relu"]
        command += ["--examples", str(TRAINING_EXAMPLES), "--output", str(output)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        rows = {row.measure: row.value for row in record.read(output)}
    return rows["processor time of train over model.fit"]


def nodes() -> float:
    """Return the syntax nodes of ``snnc/``, in thousands."""
    counts = json.loads((ROOT / "tools" / "density.json").read_text(encoding="utf-8"))
    return float(counts["nodes"]) / 1000


NUMBERS = (
    Number("help", "`snnc --help` / an empty Python", start),
    Number("import snnc", "`import snnc` / an empty Python", package_import),
    Number("check", "`snnc check` / the import of its libraries", check),
    Number("build", "`snnc build` / the import of its libraries", build),
    Number("import", "`snnc import` / the import of its libraries", keras_import),
    Number("growth", "check of 1,000 layers / of 100", growth),
    Number("mapping", "mapping of CIFAR-10 / nengo-loihi's build of it", mapping),
    Number("engine", "an example: exact engine / nengo-loihi's emulator", exact_engine),
    Number("training", "`train` / plain Keras, 500 examples", training),
    Number("nodes", "syntax nodes of snnc, in thousands", nodes),
)


def read(path: Path = HISTORY) -> list[dict[str, str]]:
    """Return the lines of the history, the oldest first."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def append(values: dict[str, float], path: Path = HISTORY) -> None:
    """Add a line with version, commit, date and machine."""
    line = {
        "version": __version__,
        "commit": record.commit(),
        "date": datetime.date.today().isoformat(),
        "machine": record.machine(),
        **{name: f"{value:.4g}" for name, value in values.items()},
    }
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(line), lineterminator="\n")
        if is_new:
            table.writeheader()
        table.writerow(line)


def worse(values: dict[str, float], last: dict[str, str]) -> list[str]:
    """Return the names of the numbers that rose by more than `LARGEST_RISE`."""
    return [
        name
        for name, value in values.items()
        if last.get(name) and value > LARGEST_RISE * float(last[name])
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table and return the exit status."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser("benchmarks.history", description=__doc__)
    parser.add_argument("--append", action="store_true", help="append a line")
    options = parser.parse_args(arguments)
    history = read()
    last = history[-1] if history else {}
    print(f"| number | {last.get('version', 'before')} | now | what it is |")
    print("|---|--:|--:|---|", flush=True)
    values = {}
    for number in NUMBERS:
        value = number.measure()
        values[number.name] = value
        before = last.get(number.name, "-")
        print(f"| {number.name} | {before} | {value:.4g} | {number.meaning} |")
        sys.stdout.flush()
    if options.append:
        append(values)
    rose = worse(values, last)
    if rose:
        print(f"higher by more than a quarter: {', '.join(rose)}")
    return 1 if rose else 0


if __name__ == "__main__":
    sys.exit(main())
