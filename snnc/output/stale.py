"""Find stale files of a package, files that are not in git, and orphaned packages."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.emit.files import FORMAT, LIBRARY, Origin
from snnc.output.compare import ComparedFile, Comparison, FileState
from snnc.output.package import NAME, Lock, PackageFiles
from snnc.output.records import PackageRecords, older
from snnc.output.write import refusals, report_kept
from snnc.rules.packages import (
    LeftOver,
    Missing,
    OtherOrigin,
    Stale,
    Unfinished,
    UnresolvedMerge,
    Untracked,
)
from snnc.source import whole_file
from snnc.text.tables import counted


@dataclass(frozen=True, slots=True)
class Orphan:
    """A package to remove, and the reason, as a clause."""

    package: PackageFiles
    reason: str


def find_renamed(package: PackageFiles) -> Iterator[Orphan]:
    """Find packages that were built from the same spec under different names.

    Parameters
    ----------
    package
        The package of the current spec; its sibling folders are searched.
    """
    origin, output = package.lock.origin, package.folder.parent
    for folder, lock in _packages(output):
        if origin is None or lock.origin is None:
            continue
        is_its = lock.origin.spec_path(output) == origin.spec_path(output)
        if is_its and not _is_same(folder, package.folder):
            reason = f"the network of `{origin.spec}` is `{package.folder.name}`"
            yield Orphan(PackageFiles.gone(folder, lock), reason)


def find_orphans(output: Path) -> Iterator[Orphan]:
    """Find packages in a folder whose specs no longer exist.

    A package that was built elsewhere is not an orphan: its lock has another output, so
    its spec's path is meaningless here.
    """
    for folder, lock in _packages(output):
        spec = None if lock.origin is None else lock.origin.spec_path(output)
        if lock.origin is None or spec is None:
            continue
        if not os.path.lexists(spec):
            yield Orphan(
                PackageFiles.gone(folder, lock),
                f"`{lock.origin.spec}` no longer exists",
            )


def _packages(output: Path) -> Iterator[tuple[Path, Lock]]:
    for folder in _folders(output):
        try:
            lock = PackageRecords.of(folder).lock
        except OSError:  # skip unreadable folders
            continue
        if lock is not None:
            yield folder, lock


def _folders(output: Path) -> list[Path]:
    inside = output.iterdir() if output.is_dir() else ()
    return sorted(path for path in inside if path.is_dir() and not path.is_symlink())


def _is_same(one: Path, other: Path) -> bool:
    """Return whether two paths are the same folder; some file systems ignore case."""
    return one.name == other.name or (other.exists() and one.samefile(other))


_SHOWN = (FileState.STALE, FileState.MISSING, FileState.EDITED, FileState.LEFT_OVER)


def problems(
    comparison: Comparison, spec: str, wanted: Lock, command: str
) -> Iterator[Diagnostic]:
    """Report why a package differs from its spec: one cause per package.

    If there are reasons to refuse a build, only these are reported, because they must
    be fixed first.

    Parameters
    ----------
    spec
        The path of the spec, as the user typed it.
    wanted
        The lock that the package should have.
    command
        The command that updates the package.
    """
    folder = comparison.folder.as_posix()
    refused = [*refusals(comparison), *report_kept(comparison)]
    if refused:
        yield from refused
    elif comparison.merging:
        yield UnresolvedMerge(span=whole_file(folder), command=command)
    elif comparison.lock is not None and comparison.format < FORMAT:
        yield older(comparison.folder, comparison.lock, command)
    elif comparison.unfinished:
        yield Unfinished(span=whole_file(folder), command=command)
    elif comparison.is_absent:
        yield Missing(span=whole_file(folder), command=command)
    else:
        yield from _of_files(comparison, spec, wanted, command)


def _of_files(
    comparison: Comparison, spec: str, wanted: Lock, command: str
) -> Iterator[Diagnostic]:
    changed = [row for row in comparison.rows if row.state is not FileState.UNCHANGED]
    if len(changed) > 1:  # because the lock then differs in any case
        changed = [row for row in changed if row.name != NAME]
    folder, built = comparison.folder, comparison.origin
    states = {row.state for row in changed}
    paths = [(folder / row.name).as_posix() for row in changed]
    names = ", ".join(row.name for row in changed[1:])
    if not changed:
        return
    if built is not None and built != wanted.origin and FileState.STALE in states:
        yield _of_origin(folder.as_posix(), built, wanted.origin, command)
    elif states == {FileState.MISSING}:
        span = whole_file(paths[0])
        yield Missing(span=span, command=command, names=names)
    elif states == {FileState.LEFT_OVER} and len(changed) == 1:
        yield LeftOver(
            span=whole_file(paths[0]),
            reason=f"`{spec}` no longer produces this file",
            command=command,
        )
    else:
        yield Stale(
            span=whole_file(folder.as_posix()),
            spec=spec,
            changed=comparison.lock is None or comparison.lock.spec != wanted.spec,
            names=_join_names(changed),
            command=command,
        )


def _join_names(rows: Sequence[ComparedFile]) -> str:
    """Return the names of the files that differ, with one name for the library."""
    library = f"{LIBRARY}/"
    names = (library if row.name.startswith(library) else row.name for row in rows)
    return ", ".join(dict.fromkeys(names))


def _of_origin(
    folder: str, built: Origin, wanted: Origin | None, command: str
) -> Diagnostic:
    spec, device = (None, None) if wanted is None else (wanted.spec, wanted.device)
    return OtherOrigin(
        span=whole_file(folder),
        built=built.spec,
        wanted=spec or "",
        device=built.device or "",
        chosen=device or "",
        command=command,
    )


def report_orphan(
    orphan: Orphan, comparison: Comparison, command: str
) -> Iterator[Diagnostic]:
    """Report a package that should be removed, and its edited files."""
    yield from refusals(comparison)
    yield from report_kept(comparison)
    path = orphan.package.folder.as_posix()
    if comparison.names(FileState.LEFT_OVER):
        yield LeftOver(span=whole_file(path), reason=orphan.reason, command=command)


def difference(comparison: Comparison) -> str:
    """Return a unified diff between the existing and the expected files.

    ``git apply -p0`` and ``patch -p0`` accept the diff. A new or removed file is shown
    as one line, because its text follows from the spec. The diff is empty for packages
    in another format or with merge conflicts.
    """
    if comparison.merging or comparison.format != FORMAT:
        return ""
    return "".join(
        text
        for row in comparison.rows
        if row.state in _SHOWN
        for text in _diff(comparison.folder / row.name, row)
    )


def _diff(path: Path, row: ComparedFile) -> Iterator[str]:
    name = path.as_posix()
    if row.found is None or row.wanted is None:
        word, text = ("add", row.wanted) if row.found is None else ("remove", row.found)
        yield f"{word} {name} ({counted(len((text or '').splitlines()), 'line')})\n"
        return
    lines = difflib.unified_diff(
        row.found.splitlines(keepends=True),
        row.wanted.splitlines(keepends=True),
        name,
        name,
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def report_untracked(package: PackageFiles) -> Iterator[Diagnostic]:
    """Report the files of a package that are not in git's index.

    These files are up to date on disk, but a commit would not include them.
    """
    folder = package.folder.as_posix()
    names = [*(file.path for file in package.files), NAME]
    try:
        done = _git_index(package.folder)
    except FileNotFoundError:
        yield _report(folder, names, names, "the program `git` is missing")
        return
    said = done.stderr.decode("utf-8", "replace").partition("\n")[0]
    tracked = set(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    missing = [name for name in names if name not in tracked]
    if missing:
        yield _report(folder, names, missing, said.removeprefix("fatal: "))


def _git_index(folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", "ls-files", "--cached", "-z"],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
    )


def _report(
    folder: str, names: Sequence[str], missing: Sequence[str], reason: str
) -> Diagnostic:
    listed = "" if len(missing) == len(names) else ", ".join(missing)
    return Untracked(span=whole_file(folder), names=listed, reason=reason)
