"""Find stale files of a package, files that are not in git, and orphaned packages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.emit.files import FORMAT, LIBRARY, Origin
from snnc.output.lock import NAME, Lock, is_of_library
from snnc.output.package import PackageFiles, PackageRecords, report_format
from snnc.output.write import Comparison, FileState, refusals, report_kept
from snnc.rules import packages as rules
from snnc.source import whole_file
from snnc.text.display import unified_diff
from snnc.text.tables import counted

Orphan = tuple[PackageFiles, str]
"""A package to remove, and the reason, as a clause."""


def find_renamed(package: PackageFiles) -> Iterator[Orphan]:
    """Find siblings of a package that its spec built under different names."""
    origin, output = package.lock.origin, package.folder.parent
    for other, spec, path in _packages(output):
        if origin is None or path != origin.spec_path(output):
            continue
        one, own = other.folder, package.folder
        # Some file systems ignore case.
        if one.name != own.name and not (own.exists() and one.samefile(own)):
            reason = f"the network of `{spec}` is `{package.folder.name}`"
            yield other, reason


def find_orphans(output: Path) -> Iterator[Orphan]:
    """Find packages in a folder whose specs no longer exist.

    A package that was built elsewhere is not an orphan: its lock has another output, so
    its spec's path is meaningless here.
    """
    for package, spec, path in _packages(output):
        if path is not None and not os.path.lexists(path):
            yield package, f"`{spec}` no longer exists"


def _packages(output: Path) -> Iterator[tuple[PackageFiles, str, Path | None]]:
    """Yield the packages in a folder without their files, and their specs."""
    for folder in sorted(output.iterdir()) if output.is_dir() else ():
        if folder.is_symlink() or not folder.is_dir():
            continue
        with suppress(OSError):  # skip unreadable folders
            lock = PackageRecords.of(folder).lock
            if lock.origin is not None:
                spec = lock.origin.spec_path(output)
                yield PackageFiles(folder, (), lock), lock.origin.spec, spec


_SHOWN = (FileState.STALE, FileState.MISSING, FileState.EDITED, FileState.LEFT_OVER)


def problems(
    comparison: Comparison, spec: str, wanted: Lock, command: str
) -> Iterator[Diagnostic]:
    """Report why a package differs from its spec: one cause per package.

    If there are reasons to refuse a build, only these are reported, because they must
    be fixed first. ``spec`` is the path that the user typed, ``wanted`` the lock that
    the package should have, and ``command`` updates the package.
    """
    folder, lock = comparison.folder, comparison.records.lock
    built, chosen = lock.origin, wanted.origin or Origin("", "")
    changed = [row for row in comparison.rows if row.state is not FileState.UNCHANGED]
    if len(changed) > 1:  # because the lock then differs in any case
        changed = [row for row in changed if row.name != NAME]
    states, names = {row.state for row in changed}, [row.name for row in changed]
    refused = [*refusals(comparison), *report_kept(comparison)]
    if refused:
        yield from refused
    elif comparison.merging:
        yield rules.UnresolvedMerge(span=whole_file(folder), command=command)
    elif lock.format < FORMAT:
        yield report_format(folder, lock, command)
    elif comparison.records.is_unfinished:
        yield rules.Unfinished(span=whole_file(folder), command=command)
    elif comparison.is_absent:
        yield rules.Missing(span=whole_file(folder), command=command)
    elif built and built != wanted.origin and FileState.STALE in states:
        yield rules.OtherOrigin(
            span=whole_file(folder),
            built=built.spec,
            wanted=chosen.spec,
            device=built.device or "",
            chosen=chosen.device or "",
            command=command,
        )
    elif states == {FileState.MISSING}:
        span, others = whole_file(folder / names[0]), ", ".join(names[1:])
        yield rules.Missing(span=span, command=command, names=others)
    elif states == {FileState.LEFT_OVER} and len(changed) == 1:
        span = whole_file(folder / names[0])
        reason = f"`{spec}` no longer produces this file"
        yield rules.LeftOver(span=span, reason=reason, command=command)
    elif changed:
        files = (f"{LIBRARY}/" if is_of_library(name) else name for name in names)
        yield rules.Stale(
            span=whole_file(folder),
            spec=spec,
            changed=lock.spec != wanted.spec,
            names=", ".join(dict.fromkeys(files)),
            command=command,
        )


def report_orphan(
    comparison: Comparison, reason: str, command: str
) -> Iterator[Diagnostic]:
    """Report a package that should be removed, and its edited files."""
    yield from refusals(comparison)
    yield from report_kept(comparison)
    if names := comparison.names(FileState.LEFT_OVER):
        span, what = whole_file(comparison.folder), counted(len(names), "file")
        what = f"the package ({what})"
        yield rules.LeftOver(span=span, reason=reason, command=command, what=what)


def difference(comparison: Comparison) -> str:
    """Return a unified diff between the existing and the expected files.

    ``git apply -p0`` and ``patch -p0`` accept the diff. A new or removed file is shown
    as one line, because its text follows from the spec. The diff is empty for packages
    in another format or with merge conflicts.
    """
    if comparison.merging or comparison.records.lock.format != FORMAT:
        return ""
    changes = []
    for row in comparison.rows:
        name = (comparison.folder / row.name).as_posix()
        if row.state not in _SHOWN:
            continue
        if row.found is not None and row.wanted is not None:
            changes.append(unified_diff(row.found, row.wanted, name, name))
            continue
        word, text = ("add", row.wanted) if row.found is None else ("remove", row.found)
        lines = counted(len((text or "").splitlines()), "line")
        changes.append(f"{word} {name} ({lines})\n")
    return "".join(changes)


def report_untracked(package: PackageFiles) -> Iterator[Diagnostic]:
    """Report the files of a package that are not in git's index.

    These files are up to date on disk, but a commit would not include them.
    """
    names = [*(file.path for file in package.files), NAME]
    try:
        done = subprocess.run(
            ["git", "ls-files", "--cached", "-z"],
            capture_output=True,
            check=False,
            cwd=package.folder,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        missing, reason = names, "the program `git` is missing"
    else:
        tracked = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        missing = [name for name in names if name not in tracked]
        said = done.stderr.decode("utf-8", "replace").partition("\n")[0]
        reason = said.removeprefix("fatal: ")
    if missing:
        listed = "" if missing == names else ", ".join(missing)
        yield rules.Untracked(
            span=whole_file(package.folder), names=listed, reason=reason
        )
