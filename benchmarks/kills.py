"""Kill builds with SIGKILL at random moments, and check that the next one recovers.

Run it as ``python -m benchmarks.kills --kills 200``. Half of the kills come at any
moment of the process, half within milliseconds of its first write.

``tests/output/test_killed.py`` runs a few of these, and kills at every call besides.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.emit.files import LIBRARY, Origin
from snnc.language.model import spec_hash
from snnc.output.lock import NAME, Lock
from snnc.output.package import MARKER, PackageFiles, read
from snnc.output.stale import problems
from snnc.output.write import FileState, compare, write_package
from snnc.source import SourceFile

SPEC = """\
snn 1

network net {{
  input image 12x12x1 in 0..1
  encode conv {{ filters 2 }}
  conv2d a {{ filters {filters} }}
  readout y {{ classes 2 }}
  train {{ epochs {filters} }}
}}
"""


def package(folder: Path, filters: int, library: int | None = None) -> PackageFiles:
    """Return the package of a small spec, which differs by its ``filters``.

    Its spec is ``net.snn`` next to the output, which holds ``folder``. If a number is
    given, the package has only that number of the run-time library's modules.
    """
    report = Diagnostics()
    results = compile_spec(SourceFile("net.snn", SPEC.format(filters=filters)), report)
    assert results.modules is not None
    assert results.spec is not None
    origin = Origin.of(folder.parents[1] / "net.snn", folder.parent)
    files = [module.with_header(origin) for module in results.modules]
    copies = [file for file in files if file.path.startswith(LIBRARY)]
    left_out = [] if library is None else copies[library:]
    files = [file for file in files if file not in left_out]
    identity = spec_hash(results.spec.spec)
    return PackageFiles.of(folder, files, identity, origin)


def verdict(old: PackageFiles | None, new: PackageFiles) -> str:
    """Return what a killed build left: ``old``, ``new`` or ``mixed``.

    Raises
    ------
    AssertionError
        If a file is not whole, or a mixed package is not recognised.
    """
    folder = new.folder
    for name, texts in _texts(old, new).items():
        assert read(folder, name) in texts, f"{name} is truncated"
    lock = read(folder, NAME)
    assert lock is None or (isinstance(lock, str) and Lock.parse(lock)), "broken lock"
    if not folder.exists() or (old is not None and _is(old)):
        return "old"
    if _is(new):
        return "new"
    found = problems(compare(new), "net.snn", new.lock, "")
    codes = {problem.code for problem in found}
    empty = not any(folder.glob("*.py"))
    assert "SNN728" in codes or (empty and "SNN726" in codes), codes
    return "mixed"


def _texts(old: PackageFiles | None, new: PackageFiles) -> dict[str, set[str | None]]:
    """Return the texts that each file may hold, with None if it may be missing."""
    found: dict[str, set[str | None]] = {}
    for package in (old, new):
        for file in () if package is None else package.files:
            found.setdefault(file.path, set()).add(file.text)
    known = set() if old is None else {file.path for file in old.files}
    for name in found.keys() - known:
        found[name].add(None)
    return found


def mend(new: PackageFiles) -> None:
    """Build again, without force, and assert that nothing else is left.

    Raises
    ------
    AssertionError
        If the build is refused, or leaves what is not its own.
    """
    report = Diagnostics()
    assert write_package(new, report) is not None, report.diagnostics
    assert compare(new).is_settled
    files = [path for path in new.folder.rglob("*") if path.is_file()]
    names = {path.relative_to(new.folder).as_posix() for path in files}
    assert names == {file.path for file in new.files} | {NAME}, names


def _is(wanted: PackageFiles) -> bool:
    states = {row.state for row in compare(wanted).rows}
    return states == {FileState.UNCHANGED} and not compare(wanted).records.is_unfinished


def killed_processes(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Kill builds of the command line; count what they left.

    Parameters
    ----------
    folder
        Where spec and package go.
    seed
        Of the moments.
    """
    moments = random.Random(seed)
    spec, target = folder / "net.snn", folder / "out" / "net"
    seconds = _seconds(spec, folder / "out")
    old, counts = package(target, 2), Counter[str]()
    for number in range(kills):
        filters = 3 + number % 5
        spec.write_text(SPEC.format(filters=filters))
        new = package(target, filters)
        wait = _until_written(target) if number % 2 else (lambda: None)
        delay = moments.uniform(0, 0.004 if number % 2 else seconds)
        _kill(spec, folder / "out", wait, delay)
        counts[verdict(old, new)] += 1
        mend(new)
        old = new
    return counts


def _command(spec: Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "snnc", "build", str(spec), "-o", str(output)]


def _seconds(spec: Path, output: Path) -> float:
    """How long a build takes."""
    spec.write_text(SPEC.format(filters=2))
    started = time.perf_counter()
    subprocess.run(_command(spec, output), check=True, capture_output=True)
    return time.perf_counter() - started


def _until_written(target: Path) -> Callable[[], None]:
    def wait() -> None:
        deadline = time.monotonic() + 10
        while not (target / MARKER).exists() and time.monotonic() < deadline:
            pass

    return wait


def _kill(spec: Path, output: Path, wait: Callable[[], None], delay: float) -> None:
    process = subprocess.Popen(
        _command(spec, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait()
    time.sleep(delay)
    process.kill()
    process.wait()


FILE_EVENTS = ("open", "os.", "fcntl.", "shutil.")


def killed_at(call: int, act: Callable[[], object]) -> bool:
    """Act in a child that dies as by SIGKILL just before its n-th call on files.

    Returns
    -------
    bool
        Whether it lived to make that call; else it has done everything.
    """
    child = os.fork()
    if child == 0:
        _die_at(call)
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), f"the build failed with {code}"
    return code == 9


def _die_at(call: int) -> None:
    left = call

    def hook(event: str, arguments: object) -> None:
        nonlocal left
        if event.startswith(FILE_EVENTS):
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(hook)


def main() -> None:
    """Print how many kills left what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = killed_processes(Path(folder), options.kills, options.seed)
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"{options.kills} builds killed; left the package: {told}; all mended")


if __name__ == "__main__":
    main()
