"""How long imports and ten variants of a spec take, in fresh processes.

``python -m benchmarks.python`` prints seconds of the processor, the best of five each.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

SPEC = Path(__file__).parents[1] / "specs" / "drift.snn"
TOLD = "import time; print(time.process_time())"
VARIANTS = f"""
import snnc
spec = snnc.load({str(SPEC)!r})
for filters in range(4, 24, 2):
    spec.replace(c0={{"filters": filters}}).report().cores
"""


def seconds(program: str, folder: str = ".") -> float:
    """Return what a process takes that runs a program, its start included."""
    command = [sys.executable, "-c", f"{program}\n{TOLD}"]
    run = partial(subprocess.run, command, capture_output=True, check=True, cwd=folder)
    runs = [run() for _ in range(5)]
    return min(float(run.stdout) for run in runs)


def deployment() -> float:
    """Return what a package's Nengo program takes to import, beyond Nengo itself."""
    with TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "snnc", "build", str(SPEC), "-o", folder]
        subprocess.run(build, capture_output=True, check=True)
        whole = seconds("import drift.nengo_network", folder)
    return whole - seconds("import nengo")


def main() -> None:
    """Print one line each."""
    alone = seconds("")
    print(f"import snnc, above the interpreter  {seconds('import snnc') - alone:.4f}")
    print(f"ten variants, imports included      {seconds(VARIANTS):.3f}")
    print(f"import drift.nengo_network, beyond Nengo  {deployment():.3f}")


if __name__ == "__main__":
    main()
