"""``python -m benchmarks.fidelity``: the table of docs/accuracy/fidelity.md.

Each cell is a kind of network, a data set and a seed. It is trained in plain Keras and
by `train`, and run on the exact engine. By an estimate for two free cores a cell takes
5 minutes and a deep one more; all 48 take most of a night. ``--kinds``, ``--data`` and
``--seeds`` select a part; other ``--phases`` than the spec's are stored separately.
Results stay in ``snnc-fidelity``, so that an interrupted run goes on.

    python -m benchmarks.fidelity --kinds characters
    python -m benchmarks.fidelity --kinds depthwise 'depthwise + batch norm'
    python -m benchmarks.fidelity --kinds 'relu, 40 ms' --data mnist --seeds 1
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the exact engine has its threads
warnings.simplefilter("ignore")  # of versions and devices

from benchmarks.fidelity.characters import characters  # noqa: E402
from benchmarks.fidelity.measure import measure  # noqa: E402
from benchmarks.fidelity.networks import KINDS, USUAL, spec_of  # noqa: E402
from benchmarks.fidelity.patches import patches  # noqa: E402
from benchmarks.fidelity.series import power, vowels  # noqa: E402
from benchmarks.fidelity.table import page  # noqa: E402
from benchmarks.study.data import Split, drift, fashion, mnist  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402
from benchmarks.study.remembered import remember  # noqa: E402

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "docs" / "accuracy"
IMAGES = 1000  # of a test, at most
PLAIN = str.maketrans(", ", "__", "()'")  # names of files from tuples
DATA = {
    "mnist": mnist,
    "fashion": fashion,
    "drift": drift,
    "characters": characters,
    "patches": patches,
    "power": power,
    "vowels": vowels,
}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit status."""
    options = _parser().parse_args(arguments)
    named = {"phases": options.phases, "spike_updates": options.spike_updates}
    training = {name: value for name, value in named.items() if value is not None}
    found = []
    for seed in range(options.seeds):
        for kind in options.kinds or USUAL:
            for data in KINDS[kind].data:
                if options.data not in (None, data):
                    continue
                with redirect_stdout(sys.stderr):  # what training prints
                    cell = _measure_cell(kind, data, seed, training, options.work)
                found.append({"kind": kind, "data": data, "seed": seed, **cell})
                print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    text = page(found)
    if options.write:
        numbers = json.dumps(found, indent=1)
        (WRITTEN / "fidelity.json").write_text(f"{numbers}\n", encoding="utf-8")
        (WRITTEN / "fidelity.md").write_text(f"{text}\n", encoding="utf-8")
    print(text)
    return 0


@cache
def _load(data: str) -> Split:
    split = DATA[data]()
    return Split(split.train, split.test.first(IMAGES))


def _measure_cell(
    kind: str, data: str, seed: int, training: dict[str, Any], work: Path
) -> dict[str, Any]:
    folder, split = work / data, _load(data)
    package = _build(folder, *spec_of(kind))
    more = (f"{value}".translate(PLAIN) for value in training.values())
    name = "-".join([package.name, str(seed), *more])
    weights = folder / f"{name}.safetensors"
    images = str(len(split.test))
    inputs: list[Path | str] = [package, name, images]
    return remember(
        folder / "measured",
        name,
        inputs,
        lambda: measure(package, weights, split, seed, training),
    )


def _build(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / f"{name}.snn"
    spec.write_text(text, encoding="utf-8")
    return build(spec, folder)


def _phases(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("benchmarks.fidelity", description=__doc__)
    add = parser.add_argument
    add("--data", choices=DATA)
    add("--kinds", nargs="*", choices=KINDS, metavar="KIND")
    add("--seeds", type=int, default=3)
    add(
        "--phases",
        type=_phases,
        metavar="A,B",
        help="other phases than the spec's, such as smooth,scale",
    )
    add("--spike-updates", type=int, metavar="N")
    add("--write", action="store_true", help="write docs/accuracy/fidelity.*")
    add("--work", type=Path, default=ROOT / "snnc-fidelity", help="where files are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
