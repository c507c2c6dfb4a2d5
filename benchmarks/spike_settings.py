"""``python -m benchmarks.spike_settings``: the phase ``spikes`` by its settings.

A network of `benchmarks.fidelity` is trained in the phases smooth and scale. From these
weights the phase spikes begins with each number of updates, highest learning rate and
number of streams below, or with those given, such as ``800,8e-3,20``. It prints a
table in Markdown: accuracy on the exact engine, 1,000 images in a row, by the last
output and by the mean. About 15 minutes for MNIST on two free cores (an estimate).

    python -m benchmarks.spike_settings --data fashion 400,8e-3,20 800,8e-3,20
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

from benchmarks.fidelity.networks import KINDS, spec_of  # noqa: E402
from benchmarks.study.data import Examples, fashion, mnist  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402
from snnc.exact import make_engine  # noqa: E402
from snnc.output.imported import ImportedPackage, open_package  # noqa: E402
from snnc.runtime.examples import decide  # noqa: E402


class Settings(NamedTuple):
    """Updates, the highest learning rate, and streams."""

    updates: int
    rate: float
    streams: int


def _settings(text: str) -> Settings:
    updates, rate, streams = text.split(",")
    return Settings(int(updates), float(rate), int(streams))


DATA = {"mnist": mnist, "fashion": fashion}
IMAGES = 1000  # of a test
TABLE = (
    *(Settings(updates, 8e-3, 20) for updates in (50, 100, 200, 400, 800)),
    *(Settings(400, rate, 20) for rate in (2e-3, 4e-3, 16e-3, 32e-3)),
    *(Settings(8000 // streams, 8e-3, streams) for streams in (10, 40)),
)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print the table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.spike_settings", description=__doc__)
    add = parser.add_argument
    add("settings", nargs="*", type=_settings, metavar="UPDATES,RATE,STREAMS")
    add("--kind", choices=KINDS, metavar="KIND", default="relu, synapse 5 ms")
    add("--data", choices=DATA, default="mnist")
    add("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    seed = options.seed
    print("| updates | learning rate | streams | last | mean |")
    print("|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        name, text = spec_of(options.kind)
        spec = folder / f"{name}.snn"
        spec.write_text(text, encoding="utf-8")
        package, start = open_package(build(spec, folder)), folder / "start"
        train, split = package.module("train").train, DATA[options.data]()
        data, test = split.train, split.test.first(IMAGES)
        with redirect_stdout(sys.stderr):
            phases = ("smooth", "scale")
            train(data.x, data.y, start, seed=seed, phases=phases)
        print("| 0 | - | - |", _score(package, start, test), flush=True)
        for settings in options.settings or TABLE:
            weights = folder / "w.safetensors"
            plan = package.module("_runtime.keras.spike_training")
            vars(plan).update(STREAMS=settings.streams, RATE=settings.rate)
            with redirect_stdout(sys.stderr):
                train(
                    *(data.x, data.y, weights),
                    initial=start,
                    seed=seed,
                    phases=("spikes",),
                    spike_updates=settings.updates,
                )
            row = " | ".join(map(str, settings))
            print(f"| {row} |", _score(package, weights, test), flush=True)
    return 0


def _score(package: ImportedPackage, weights: Path, test: Examples) -> str:
    with make_engine(package, weights) as engine:
        rows = engine.run(test.x, "row", "last", keep=("rows",)).rows
    assert rows is not None
    decided = (decide(rows, way).argmax(axis=1) for way in ("last", "mean"))
    shares = (f"{100 * (labels == test.y).mean():.1f} %" for labels in decided)
    return f"{' | '.join(shares)} |"


if __name__ == "__main__":
    sys.exit(main())
