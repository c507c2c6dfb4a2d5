"""Write the versions that an install of `snnc[dev]` gets today, for a Python.

    python tools/constraints.py python3.11 > tools/constraints/python3.11.txt

Nothing is installed. A test run with these versions says whether they work.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(python: str) -> None:
    """Print a constraint for each package."""
    report = subprocess.run(
        [
            *(python, "-m", "pip", "install", "--quiet"),
            *("--dry-run", "--ignore-installed", "--report", "-", ".[dev]"),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    packages = [item["metadata"] for item in json.loads(report)["install"]]
    pins = {item["name"]: item["version"] for item in packages}
    del pins["snnc"]
    for name in sorted(pins, key=str.lower):
        print(f"{name}=={pins[name]}")


if __name__ == "__main__":
    main(sys.argv[1])
