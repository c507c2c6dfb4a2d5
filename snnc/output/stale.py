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
from snnc.output.write import (
    ComparedFile,
    Comparison,
    FileState,
    refusals,
    report_kept,
)
from snnc.rules import packages as rules
from snnc.source import whole_file
from snnc.text.display import unified_diff
from snnc.text.tables import counted

Orphan = tuple[PackageFiles, str]
"""A package to remove, and the reason, as a clause."""


def find_renamed(package: PackageFiles) -> Iterator[Orphan]:
    """Find siblings of a package that its spec built under different names."""
    origin = package.lock.origin
    output = package.folder.parent
    for other, spec, path in _packages(output):
        if origin is None or path != origin.spec_path(output):
            continue
        folder = package.folder
        is_same = other.folder.name == folder.name
        # Some file systems ignore case.
        if not (is_same or (folder.exists() and other.folder.samefile(folder))):
            yield other, f"the network of `{spec}` is `{folder.name}`"


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
) -> list[Diagnostic]:
    """Report why a package differs from its spec: one cause per package.

    If there are reasons to refuse a build, only these are reported, because they must
    be fixed first. ``spec`` is the path that the user typed, ``wanted`` the lock that
    the package should have, and ``command`` updates the package.
    """
    refused = [*refusals(comparison), *report_kept(comparison)]
    if refused:
        return refused
    # A changed spec makes every file stale, so report only the cause (decision 017).
    problem = (
        _problem_of_package(comparison, command)
        or _other_origin(comparison, wanted, command)
        or _problem_of_files(comparison, spec, wanted, command)
    )
    return [] if problem is None else [problem]


def _changed_rows(comparison: Comparison) -> list[ComparedFile]:
    """Return the files that differ; the lock only if no other file does."""
    changed = [row for row in comparison.rows if row.state is not FileState.UNCHANGED]
    if len(changed) > 1:  # the lock then differs in any case
        changed = [row for row in changed if row.name != NAME]
    return changed


def _problem_of_package(comparison: Comparison, command: str) -> Diagnostic | None:
    """Return the problem that concerns all files, if any."""
    folder = comparison.folder
    records = comparison.records
    span = whole_file(folder)
    if comparison.is_merging:
        return rules.UnresolvedMerge(span=span, command=command)
    if records.lock.format < FORMAT:
        return report_format(folder, records.lock, command)
    if records.is_unfinished:
        return rules.Unfinished(span=span, command=command)
    if comparison.is_absent:
        return rules.Missing(span=span, command=command)
    return None


def _other_origin(
    comparison: Comparison, wanted: Lock, command: str
) -> Diagnostic | None:
    """Return a problem if files differ because another spec or device produced them."""
    built = comparison.records.lock.origin
    if built is None or built == wanted.origin:
        return None
    # Missing or left-over files have another cause.
    if all(row.state is not FileState.STALE for row in _changed_rows(comparison)):
        return None
    chosen = wanted.origin or Origin("", "")
    return rules.OtherOrigin(
        span=whole_file(comparison.folder),
        built=built.spec,
        wanted=chosen.spec,
        device=built.device or "",
        chosen=chosen.device or "",
        command=command,
    )


def _problem_of_files(
    comparison: Comparison, spec: str, wanted: Lock, command: str
) -> Diagnostic | None:
    """Return the problem of some files: missing, left over, or stale, if any."""
    folder = comparison.folder
    changed = _changed_rows(comparison)
    if not changed:
        return None
    names = [row.name for row in changed]
    states = {row.state for row in changed}
    if states == {FileState.MISSING}:
        missing = ", ".join(names[1:])
        span = whole_file(folder / names[0])
        return rules.Missing(span=span, command=command, names=missing)
    if states == {FileState.LEFT_OVER} and len(changed) == 1:
        reason = f"`{spec}` no longer produces this file"
        span = whole_file(folder / names[0])
        return rules.LeftOver(span=span, reason=reason, command=command)
    files = [f"{LIBRARY}/" if is_of_library(name) else name for name in names]
    return rules.Stale(
        span=whole_file(folder),
        spec=spec,
        changed=comparison.records.lock.spec != wanted.spec,
        names=", ".join(dict.fromkeys(files)),
        command=command,
    )


def report_orphan(
    comparison: Comparison, reason: str, command: str
) -> Iterator[Diagnostic]:
    """Report a package that should be removed, and its edited files."""
    yield from refusals(comparison)
    yield from report_kept(comparison)
    names = comparison.names(FileState.LEFT_OVER)
    if names:
        yield rules.LeftOver(
            span=whole_file(comparison.folder),
            reason=reason,
            command=command,
            what=f"the package ({counted(len(names), 'file')})",
        )


def difference(comparison: Comparison) -> str:
    """Return a unified diff between the existing and the expected files.

    ``git apply -p0`` and ``patch -p0`` accept the diff. A new or removed file is shown
    as one line, because its text follows from the spec. The diff is empty for packages
    in another format or with merge conflicts.
    """
    if comparison.is_merging or comparison.records.lock.format != FORMAT:
        return ""
    changes = []
    for row in comparison.rows:
        name = (comparison.folder / row.name).as_posix()
        if row.state not in _SHOWN:
            continue
        if row.found is None:
            changes.append(f"add {name} ({_count_lines(row.wanted)})\n")
        elif row.wanted is None:
            changes.append(f"remove {name} ({_count_lines(row.found)})\n")
        else:
            changes.append(unified_diff(row.found, row.wanted, name, name))
    return "".join(changes)


def _count_lines(text: str | None) -> str:
    return counted(len((text or "").splitlines()), "line")


def report_untracked(package: PackageFiles) -> Iterator[Diagnostic]:
    """Report the files of a package that are not in git's index.

    These files are up to date on disk, but a commit would not include them (decision
    016).
    """
    names = [*(file.path for file in package.files), NAME]
    try:
        process = subprocess.run(
            ["git", "ls-files", "--cached", "-z"],
            capture_output=True,
            check=False,
            cwd=package.folder,
            # git translates its messages, but the diagnostic quotes one in English.
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        missing = names
        reason = "the program `git` is missing"
    else:
        tracked = process.stdout.decode("utf-8", "surrogateescape").split("\0")
        missing = [name for name in names if name not in tracked]
        message = process.stderr.decode("utf-8", "replace").partition("\n")[0]
        reason = message.removeprefix("fatal: ")
    if missing:
        listed = "" if missing == names else ", ".join(missing)
        yield rules.Untracked(
            span=whole_file(package.folder), names=listed, reason=reason
        )
