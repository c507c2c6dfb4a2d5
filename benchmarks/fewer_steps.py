"""``python -m benchmarks.fewer_steps``: accuracy, energy and latency by ``present``.

Networks of `benchmarks.fidelity` are trained on MNIST, or on clips of drifting digits,
with 30, 60 and 100 ms per example, in the phases smooth and scale, then on spikes too.
Each decision takes ``present``. It prints a table in Markdown: accuracy on the exact
engine, examples in a row, and microjoules per example, as ``snnc report`` counts them.
About 25 minutes on two free cores (an estimate); ``--kinds`` and ``--times`` take a
part, and ``--seed`` names another seed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import snnc  # noqa: E402
from benchmarks.fidelity.networks import spec_of  # noqa: E402
from benchmarks.study.data import drift, mnist  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402

SHORT = "drift, short filters"
SHORTER = {
    "synapse 5 ms": "synapse 1 ms",
    "decide last": "decide last, synapse 2 ms",
    "20..150 Hz": "20..250 Hz",
}
KINDS = (
    "relu, synapse 5 ms",
    "lif, synapse 5 ms",
    "relu + batch norm, synapse 5 ms",
    "drift",
    SHORT,
)
TIMES = (30, 60, 100)  # milliseconds
HEAD = "| network | present | without `spikes` | energy | with `spikes` | energy |"


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print the table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.fewer_steps", description=__doc__)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--times", nargs="*", type=int, metavar="MS", default=TIMES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--spike-updates", type=int, metavar="N")
    options = parser.parse_args(arguments)
    training = {"seed": options.seed, "spike_updates": options.spike_updates}
    print(f"{HEAD}\n|---|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds:
            for time in options.times:
                own = Path(folder) / f"{time}"
                own.mkdir(exist_ok=True)
                cells = " | ".join(_measured(kind, time, own, training))
                print(f"| {kind} | {time} ms | {cells} |", flush=True)
    return 0


def _measured(
    kind: str, time: int, folder: Path, training: dict[str, int | None]
) -> list[str]:
    """Return accuracy and energy before the phase ``spikes``, and after it."""
    name, text = spec_of("drift" if kind == SHORT else kind)
    for old, new in SHORTER.items() if kind == SHORT else ():
        text = text.replace(old, new)
    spec = folder / f"{name}.snn"
    timed, count = re.subn(r"present \d+ ms", f"present {time} ms", text)
    assert count == 1
    spec.write_text(timed, encoding="utf-8")
    package = snnc.Package(build(spec, folder))
    split = drift() if name == "drift" else mnist()
    train, test = split.train, split.test
    weights = folder / f"{name}.safetensors"
    with redirect_stdout(sys.stderr):
        package.opened.module("train").train(train.x, train.y, weights, **training)
    cells = []
    for file in (weights.with_suffix(".smooth.safetensors"), weights):
        found = package.evaluate(test.x, test.y, file, progress=False)
        assert found.accuracy is not None
        assert found.energy is not None
        cells += [f"{100 * found.accuracy:.1f} %", f"{1e6 * found.energy:.2f} µJ"]
    return cells


if __name__ == "__main__":
    sys.exit(main())
