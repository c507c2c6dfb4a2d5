"""Compare the bytes of packages across interpreters, hash seeds, locales and folders.

Run it as ``python -m benchmarks.same_bytes python3.10 python3.13 ...``: each
interpreter gets a scratch environment with this checkout installed. The interpreter
that runs it is the measure, and takes part as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*.snn"))

ASCII = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@dataclass(frozen=True, slots=True)
class Setting:
    """The surroundings of a build.

    Attributes
    ----------
    folder
        The current folder, within the repo of the specs.
    newline
        The line ends of the specs.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."
    newline: str = "\n"


SETTINGS = (
    Setting("hash seed 0", {"PYTHONHASHSEED": "0"}),
    Setting("hash seed 1", {"PYTHONHASHSEED": "1"}),
    Setting("hash seed 4294967295", {"PYTHONHASHSEED": "4294967295"}),
    Setting("locale C, no UTF-8", {"LC_ALL": "C", **ASCII}),
    Setting("Turkish locale", {"LC_ALL": "tr_TR.UTF-8"}),
    Setting("other folder", folder="deep/er"),
    Setting("optimised", {"PYTHONOPTIMIZE": "2"}),
    Setting("CRLF", newline="\r\n"),
)


def digest(
    python: str, folder: Path, setting: Setting, specs: Sequence[Path] = SPECS
) -> str:
    """Build specs and return the SHA-256 of all that was written.

    Parameters
    ----------
    python
        An interpreter that can import snnc.
    folder
        An empty folder, which becomes a repo with the specs.

    Raises
    ------
    subprocess.CalledProcessError
        If the build fails.
    """
    _make_repo(folder, setting, specs)
    here = folder / setting.folder
    paths = [os.path.relpath(folder / "specs" / path.name, here) for path in specs]
    output = os.path.relpath(folder / "models", here)
    subprocess.run(
        [python, "-m", "snnc", "build", *paths, "-o", output],
        cwd=here,
        env={**_environment(python), **setting.environment},
        check=True,
        capture_output=True,
    )
    return _digest(folder / "models")


def _environment(python: str) -> dict[str, str]:
    """Let this interpreter use this checkout, the others what they have installed."""
    own = {"PYTHONPATH": str(ROOT)} if python == sys.executable else {}
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, **own}


def _make_repo(folder: Path, setting: Setting, specs: Sequence[Path]) -> None:
    (folder / "specs").mkdir()
    (folder / ".git").mkdir()
    (folder / setting.folder).mkdir(parents=True, exist_ok=True)
    for spec in specs:
        text = spec.read_text(encoding="utf-8").replace("\n", setting.newline)
        (folder / "specs" / spec.name).write_bytes(text.encode())


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def _install(python: str, folder: Path) -> str:
    """Make an environment with this checkout and return its interpreter."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    own = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    install = [own, "-m", "pip", "install", "--quiet", str(ROOT)]
    subprocess.run(install, check=True)
    return own


def _digests(python: str, folder: Path, settings: Sequence[Setting]) -> dict[str, str]:
    found = {}
    for number, setting in enumerate(settings):
        repo = folder / f"repo{number}"
        repo.mkdir()
        found[setting.name] = digest(python, repo, setting)
    return found


def main() -> int:
    """Print a line for each build; exit 1 if one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", help="such as python3.12")
    differing = 0
    pythons = parser.parse_args().pythons
    usual = ""
    for python in (sys.executable, *pythons):
        with tempfile.TemporaryDirectory() as folder:
            own = python
            if python != sys.executable:
                own = _install(python, Path(folder, "environment"))
            found = _digests(own, Path(folder), (Setting("usual"), *SETTINGS))
        usual = usual or found["usual"]
        for name, value in found.items():
            differing += value != usual
            print(f"{value[:16]} {python}: {name}")
    print(f"{differing} differ" if differing else "all the same")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
