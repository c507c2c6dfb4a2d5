"""Check everything that must hold before a version is tagged.

    python -m tools.release            # all checks; exit 1 if one fails
    python -m tools.release --archives # only what doesn't depend on the version

Nothing is tagged or uploaded. The archives are left in `dist/`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import history
from benchmarks.record import read
from benchmarks.results import outdated
from snnc import __version__

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"

IN_WHEEL = (
    "snnc/py.typed",
    "snnc/_commit",
    "snnc/_grammar/snn.lark",
    "snnc/_rules/SNN301.md",
    "snnc/_specs/drift.snn",
    "snnc/runtime/layout.py",
)
"""One file of each kind that an installed snnc reads."""

OTHER_FOLDERS = ("tests/", "benchmarks/", "docs/", "tools/")
"""What is for developers alone."""

LARGEST_WHEEL = 2_000_000
"""Bytes: ten times as many as the compiler's own text would be a mistake."""

BAD_SPEC = """snn 2

network first {
  input image 28x28x1 in 0..1
  encode conv
  conv2d c0 { filters 8, kernal 3 }
  readout digit { classes 10 }
}
"""
FIRST_DIAGNOSTIC = "`kernal`"


def version_problems(root: Path, version: str) -> Iterator[str]:
    """Yield the files that do not name the version, which must not be a draft."""
    if "dev" in version:
        yield f"the version in snnc/text/version.py is {version}: remove .dev"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## {re.escape(version)} \(\d{{4}}-\d{{2}}-\d{{2}}\)$"
    if not re.search(heading, changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no heading `## {version} (YYYY-MM-DD)`"
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    if f"\nversion: {version}\n" not in citation:
        yield f"CITATION.cff has no `version: {version}`"
    extension = json.loads((root / "editors/vscode/package.json").read_text("utf-8"))
    if extension["version"] != version:
        yield f"editors/vscode/package.json has version {extension['version']}"


def format_problems(root: Path) -> Iterator[str]:
    """Yield that the bytes of the current package format are not frozen."""
    source = (root / "snnc/emit/files.py").read_text(encoding="utf-8")
    current = re.search(r"^FORMAT = (\d+)$", source, re.MULTILINE)
    assert current is not None
    frozen = json.loads((root / "tests/golden/formats.json").read_text("utf-8"))
    if current[1] not in frozen:
        yield (
            f"tests/golden/formats.json has no format {current[1]}: run"
            " SNNC_RELEASE=1 python -m pytest tests/golden"
        )


def tree_problems(root: Path) -> Iterator[str]:
    """Yield the files that git doesn't have as they are."""
    for line in _output("git", "-C", str(root), "status", "--porcelain").splitlines():
        yield f"not committed: {line.strip()}"


def result_problems() -> Iterator[str]:
    """Yield the measurements that other training code made."""
    for command in outdated(read()):
        yield f"measured with other code, run `make results NAME=accuracy`: {command}"


def history_problems(version: str, path: Path = history.HISTORY) -> Iterator[str]:
    """Yield that nobody measured the version's ten ratios."""
    if all(line["version"] != version for line in history.read(path)):
        yield f"{path.name} has no line for {version}: run `make bench APPEND=1`"


def wheel_problems(wheel: Path) -> Iterator[str]:
    """Yield what a wheel lacks, or has too much of."""
    size = wheel.stat().st_size
    if size > LARGEST_WHEEL:
        yield f"the wheel has {size:,} bytes, more than {LARGEST_WHEEL:,}"
    names = zipfile.ZipFile(wheel).namelist()
    for name in IN_WHEEL:
        if name not in names:
            yield f"the wheel has no {name}"
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        yield "the wheel has no licence"
    for name in names:
        if name.startswith(OTHER_FOLDERS) or "__pycache__" in name:
            yield f"the wheel has {name}"


def source_problems(archive: Path) -> Iterator[str]:
    """Yield what a source archive lacks."""
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    for name in ("LICENSE", "pyproject.toml", "snnc/_commit", "tests/README.md"):
        if name not in names:
            yield f"the source archive has no {name}"


def installed_problems(wheel: Path, version: str) -> Iterator[str]:
    """Install a wheel into an empty environment, and yield what doesn't work there."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "venv"
        _output(sys.executable, "-m", "venv", str(environment))
        program = environment / "bin" / "snnc"
        pip = (str(environment / "bin/python"), "-m", "pip", "install", "--quiet")
        _output(*pip, str(wheel))
        printed = _output(str(program), "--version")
        if f"version {version} (commit " not in printed:
            yield f"`snnc --version` prints {printed.strip()!r}"
        spec = Path(folder) / "first.snn"
        spec.write_text(BAD_SPEC, encoding="utf-8")
        done = subprocess.run(
            [program, "check", spec.name],
            cwd=folder,
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode != 1 or FIRST_DIAGNOSTIC not in done.stderr:
            yield f"`snnc check` exits {done.returncode} and prints {done.stderr!r}"


def _output(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def _problems(version: str, *, archives_only: bool) -> Iterator[str]:
    if not archives_only:
        yield from version_problems(ROOT, version)
        yield from format_problems(ROOT)
        yield from tree_problems(ROOT)
        yield from result_problems()
        yield from history_problems(version)
    shutil.rmtree(DIST, ignore_errors=True)
    # The wheel is made from the source archive, as by those who install from it.
    _output(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
    wheel = next(DIST.glob("*.whl"))
    yield from wheel_problems(wheel)
    yield from source_problems(next(DIST.glob("*.tar.gz")))
    yield from installed_problems(wheel, version)


def main(arguments: list[str]) -> int:
    """Print all problems; return 1 if there are any."""
    archives_only = "--archives" in arguments
    problems = list(_problems(__version__, archives_only=archives_only))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    verdict = "works when installed" if archives_only else "can be tagged"
    print(f"snnc {__version__} {verdict}: its archives are in dist/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
