"""Compare two folders of specs, with one row per network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from snnc.diagnostics import Diagnostics
from snnc.ir.device import Profile
from snnc.results.diff import CoresRefused, CoresTaken, FolderDiff, SpecChange
from snnc.syntax.files import specs_in
from snnc.syntax.revisions import PREFIX, git_specs
from snnc.verbs.diff.compare import compare
from snnc.verbs.diff.cores import fit_of
from snnc.verbs.diff.properties import Version, read_version


def is_folder(name: str) -> bool:
    """Return whether a name is a folder or ``git:REV:FOLDER``."""
    return (
        git_specs(name) is not None if name.startswith(PREFIX) else Path(name).is_dir()
    )


def compare_folders(
    old: str, new: str, report: Diagnostics, device: Profile
) -> FolderDiff:
    """Compare the specs in two folders by path.

    ``report`` receives the problems of broken specs.
    """
    before = _paths(old)
    after = _paths(new)
    specs = tuple(
        _compare(path, before.get(path), after.get(path), report, device)
        for path in sorted({*before, *after})
    )
    is_same = all(spec.change == "same" for spec in specs)
    return FolderDiff(old, new, is_same, specs)


def _paths(folder: str) -> dict[str, str]:
    """Return the name to read for each path inside a folder."""
    if folder.startswith(PREFIX):
        return git_specs(folder) or {}
    root = Path(folder)
    return {path.relative_to(root).as_posix(): str(path) for path in specs_in(root)}


def _fit(version: Version | None) -> CoresTaken | CoresRefused | None:
    return None if version is None else fit_of(version)


def _compare(
    path: str,
    old: str | None,
    new: str | None,
    report: Diagnostics,
    device: Profile,
) -> SpecChange:
    """Return the change of the spec at a path; ``old`` or ``new`` may be missing."""
    before = None if old is None else read_version(old, report, device)
    after = None if new is None else read_version(new, report, device)
    old_fit = _fit(before)
    new_fit = _fit(after)
    if (old is not None and before is None) or (new is not None and after is None):
        return SpecChange(path, "broken", old_fit, new_fit)
    if after is None:
        return SpecChange(path, "removed", old_fit, new_fit)
    if before is None:
        return SpecChange(path, "added", old_fit, new_fit)
    difference = compare(before, after)
    change: Literal["same", "changed"] = "same" if difference.same else "changed"
    return SpecChange(path, change, old_fit, new_fit, difference.weights)
