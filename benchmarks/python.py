"""How long ``import snnc`` takes, and ten variants of a spec, in fresh processes.

``python -m benchmarks.python`` prints seconds of the processor, the best of five each.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SPEC = Path(__file__).parents[1] / "specs" / "drift.snn"
TOLD = "import time; print(time.process_time())"
VARIANTS = f"""
import snnc
spec = snnc.load({str(SPEC)!r})
for filters in range(4, 24, 2):
    spec.replace(c0={{"filters": filters}}).report().cores
"""


def seconds(program: str) -> float:
    """Return what a process takes that runs a program, its start included."""
    command = [sys.executable, "-c", f"{program}\n{TOLD}"]
    runs = (subprocess.run(command, capture_output=True, check=True) for _ in range(5))
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Print one line each."""
    alone = seconds("")
    print(f"import snnc, above the interpreter  {seconds('import snnc') - alone:.4f}")
    print(f"ten variants, imports included      {seconds(VARIANTS):.3f}")


if __name__ == "__main__":
    main()
