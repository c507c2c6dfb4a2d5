"""Packages in an output folder whose network was renamed or removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnc.emit.origin import Origin, repo_around
from snnc.emit.owned.disk import read
from snnc.emit.owned.exclusive import MARKER
from snnc.emit.owned.lock import NAME, Lock
from snnc.emit.owned.package import Package
from snnc.runtime.files import PART


@dataclass(frozen=True, slots=True)
class Orphan:
    """A package that should be gone, and why, as a clause."""

    package: Package
    reason: str


def renamed(package: Package) -> Iterator[Orphan]:
    """Find the packages that the spec of a package wrote under other names.

    Parameters
    ----------
    package
        That of the spec as it is now; its neighbours are looked at.
    """
    origin = package.lock.origin
    for folder, lock in _packages(package.folder.parent):
        if origin is None or lock.origin is None:
            continue
        is_its = lock.origin.place == origin.place
        if is_its and not _is_same(folder, package.folder):
            reason = f"the network of `{origin.spec}` is `{package.folder.name}`"
            yield Orphan(Package.gone(folder, lock), reason)


def abandoned(output: Path) -> Iterator[Orphan]:
    """Find the packages in a folder whose specs are gone.

    A package that was built from elsewhere is no orphan: its lock then tells of
    another output, and its spec's path means nothing here.
    """
    repo = repo_around(output)
    here = Origin.of(output, output).output
    for folder, lock in _packages(output):
        origin = lock.origin
        if origin is None or origin.output != here:
            continue
        if not os.path.lexists(repo / origin.spec):
            yield Orphan(Package.gone(folder, lock), f"`{origin.spec}` is gone")


def remains(output: Path) -> Iterator[Orphan]:
    """Find the folders in which a killed build left nothing but its own traces."""
    for folder in _folders(output):
        names = _names(folder)
        if MARKER in names and all(n == MARKER or n.endswith(PART) for n in names):
            yield Orphan(Package.gone(folder, Lock("", None)), "its build was killed")


def _packages(output: Path) -> Iterator[tuple[Path, Lock]]:
    for folder in _folders(output):
        text = _lock_text(folder)
        lock = Lock.parse(text) if text is not None else None
        if lock is not None:
            yield folder, lock


def _folders(output: Path) -> list[Path]:
    found = output.iterdir() if output.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # gone since, or not ours to read
        return []


def _lock_text(folder: Path) -> str | None:
    try:
        found = read(folder / NAME)
    except OSError:  # not ours to read
        return None
    return found if isinstance(found, str) else None


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one folder, as names in other case are on some disks."""
    return one.name == other.name or (other.exists() and one.samefile(other))
