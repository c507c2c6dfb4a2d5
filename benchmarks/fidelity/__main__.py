"""``python -m benchmarks.fidelity``: the table of docs/accuracy/fidelity.md.

Without options it takes hours on two cores: five kinds, two data sets, three seeds.
``--kinds`` and ``--data`` take a part, or kinds whose layers have a synapse of 20 ms.
What is measured stays in ``snnc-fidelity``, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the exact engine has its threads
warnings.simplefilter("ignore")  # of versions and devices

from benchmarks.fidelity.measure import measure  # noqa: E402
from benchmarks.fidelity.networks import KINDS, USUAL, spec_of  # noqa: E402
from benchmarks.fidelity.table import page  # noqa: E402
from benchmarks.study.data import Split, fashion, mnist  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402
from benchmarks.study.remembered import remembered  # noqa: E402

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "docs" / "accuracy"
DATA = {"mnist": mnist, "fashion": fashion}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit status."""
    options = _parser().parse_args(arguments)
    splits: dict[str, Split] = {}
    found = []
    for seed in range(options.seeds):
        for data, load in DATA.items():
            if options.data not in (None, data):
                continue
            split = splits.setdefault(data, load())
            for kind in options.kinds or USUAL:
                cell = _measured(kind, data, split, seed, options.work)
                found.append({"kind": kind, "data": data, "seed": seed, **cell})
                print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    text = page(found)
    if options.write:
        numbers = json.dumps(found, indent=1)
        (WRITTEN / "fidelity.json").write_text(f"{numbers}\n", encoding="utf-8")
        (WRITTEN / "fidelity.md").write_text(f"{text}\n", encoding="utf-8")
    print(text)
    return 0


def _measured(
    kind: str, data: str, split: Split, seed: int, work: Path
) -> dict[str, object]:
    folder = work / data
    package = _built(folder, *spec_of(kind))
    spread = _built(folder / "spread", *spec_of(kind, spread=True))
    weights = folder / f"{package.name}-{seed}.safetensors"
    inputs: list[Path | str] = [package, spread, package / "_runtime", data, str(seed)]
    return remembered(
        folder / "measured",
        f"{package.name}-{seed}",
        inputs,
        lambda: measure(package, spread, weights, split, seed),
    )


def _built(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / f"{name}.snn"
    spec.write_text(text, encoding="utf-8")
    return build(spec, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("benchmarks.fidelity", description=__doc__)
    add = parser.add_argument
    add("--data", choices=DATA)
    add("--kinds", nargs="*", choices=KINDS, metavar="KIND")
    add("--seeds", type=int, default=3)
    add("--write", action="store_true", help="write docs/accuracy/fidelity.*")
    add("--work", type=Path, default=ROOT / "snnc-fidelity", help="where files are")
    return parser


if __name__ == "__main__":
    sys.exit(main())
