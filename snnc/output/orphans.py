"""Packages in an output folder whose network was renamed or removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnc.output.package import Lock, PackageFiles
from snnc.output.records import MARKER, PackageRecords
from snnc.runtime.files import PART


@dataclass(frozen=True, slots=True)
class Orphan:
    """A package that should be gone, and why, as a clause."""

    package: PackageFiles
    reason: str


def renamed(package: PackageFiles) -> Iterator[Orphan]:
    """Find the packages that the spec of a package wrote under other names.

    Parameters
    ----------
    package
        That of the spec as it is now; its neighbours are looked at.
    """
    origin, output = package.lock.origin, package.folder.parent
    for folder, lock in _packages(output):
        if origin is None or lock.origin is None:
            continue
        is_its = lock.origin.spec_path(output) == origin.spec_path(output)
        if is_its and not _is_same(folder, package.folder):
            reason = f"the network of `{origin.spec}` is `{package.folder.name}`"
            yield Orphan(PackageFiles.gone(folder, lock), reason)


def abandoned(output: Path) -> Iterator[Orphan]:
    """Find the packages in a folder whose specs are gone.

    A package that was built from elsewhere is no orphan: its lock then tells of
    another output, and its spec's path means nothing here.
    """
    for folder, lock in _packages(output):
        spec = None if lock.origin is None else lock.origin.spec_path(output)
        if lock.origin is None or spec is None:
            continue
        if not os.path.lexists(spec):
            yield Orphan(
                PackageFiles.gone(folder, lock), f"`{lock.origin.spec}` is gone"
            )


def remains(output: Path) -> Iterator[Orphan]:
    """Find the folders in which a killed build left nothing but its own traces."""
    for folder in _folders(output):
        if os.path.lexists(folder / MARKER) and all(map(_is_trace, _names(folder))):
            yield Orphan(
                PackageFiles.gone(folder, Lock("", None)), "its build was killed"
            )


def _packages(output: Path) -> Iterator[tuple[Path, Lock]]:
    for folder in _folders(output):
        try:
            lock = PackageRecords.of(folder).lock
        except OSError:  # not ours to read
            continue
        if lock is not None:
            yield folder, lock


def _folders(output: Path) -> list[Path]:
    inside = output.iterdir() if output.is_dir() else ()
    return sorted(path for path in inside if path.is_dir() and not path.is_symlink())


def _names(folder: Path) -> Iterator[str]:
    for _, _, names in os.walk(folder):
        yield from names


def _is_trace(name: str) -> bool:
    return name == MARKER or name.endswith(PART)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one folder, as names in other case are on some disks."""
    return one.name == other.name or (other.exists() and one.samefile(other))
