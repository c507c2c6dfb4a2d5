"""``python -m benchmarks.study``: all numbers, tables and plots of the study.

Without options it takes about half an hour on two cores, and writes
``docs/accuracy``. Trainings and results stay in ``snnc-study``, so that an interrupted
study goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the exact engine has its threads
warnings.simplefilter("ignore")  # of versions and devices

from benchmarks.study import plots, results, tables  # noqa: E402
from benchmarks.study.data import MissingDataError  # noqa: E402
from benchmarks.study.networks import NETWORKS, ROOT  # noqa: E402
from benchmarks.study.packages import StepError  # noqa: E402
from benchmarks.study.run import QUICK, WHOLE, study  # noqa: E402

WRITTEN = ROOT / "docs" / "accuracy"


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit status."""
    options = _parser().parse_args(arguments)
    work = options.work / ("quick" if options.quick else "whole")
    out = options.out or (work / "accuracy" if options.quick else WRITTEN)
    started = time.perf_counter()

    def say(text: str) -> None:
        took = time.perf_counter() - started
        print(f"{took:5.0f} s  {text}", file=sys.stderr, flush=True)

    extent = QUICK if options.quick else WHOLE
    chosen = (
        []
        if options.render
        else [network for network in NETWORKS if options.only in (None, network.name)]
    )
    for network in chosen:
        try:
            found = study(network, work / network.name, extent, say)
        except (MissingDataError, StepError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        results.keep(out, found)
    known = results.read(out)
    tables.write(out, known)
    plots.write(out, known)
    print("\n\n".join(tables.page(network) for network in known))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("benchmarks.study", description=__doc__)
    add = parser.add_argument
    add("--only", choices=[network.name for network in NETWORKS])
    add("--quick", action="store_true", help="little data: shows only that it runs")
    add("--render", action="store_true", help="rewrite tables and plots, run nothing")
    add("--work", type=Path, default=ROOT / "snnc-study", help="where files are kept")
    add("--out", type=Path, help="where numbers, tables and plots are written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
