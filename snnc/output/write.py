"""Update a package: write files atomically, and only files that snnc owns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.emit.files import FORMAT, LIBRARY
from snnc.output import records
from snnc.output.compare import ComparedFile, Comparison, FileState, compare
from snnc.output.exclusive import exclusive
from snnc.output.package import (
    NAME,
    Lock,
    LockError,
    PackageFiles,
    is_of_library,
    text_hash,
)
from snnc.output.records import newer
from snnc.rules.output import CannotWrite, EditedByHand, EditedLibrary, ForeignFile
from snnc.rules.packages import EditedLeftOver, LockUnusable
from snnc.runtime.files import write_file
from snnc.source import whole_file


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files that a build wrote, removed and left unchanged, by name.

    ``before`` is the package's previous format, which may be older.
    """

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    before: int = FORMAT


def write_package(
    package: PackageFiles,
    force: bool,
    report: Diagnostics,
    waiting: Callable[[Path], None] = lambda folder: None,
) -> WrittenFiles | None:
    """Write changed files, remove obsolete files, then write the lock.

    Parameters
    ----------
    package
        The expected files.
    force
        Replace or remove generated files that were edited by hand.
    report
        Receives SNN720 to SNN722 and SNN733 to SNN735, and SNN729 for files that are
        kept.
    waiting
        Called with the folder if another build is writing the package.

    Returns
    -------
    Written or None
        None if the build was refused or failed. A refused build writes nothing. A
        failed build leaves only complete files, and a lock that lists the files to be
        written.
    """
    try:
        return _write(package, force, report, waiting)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None


def cannot_write(error: OSError, folder: Path) -> Diagnostic:
    """Return the diagnostic for an operating system error."""
    path = Path(error.filename or folder).as_posix()
    reason = error.strerror or str(error)
    return CannotWrite(span=whole_file(path), reason=reason)


def plan_changes(comparison: Comparison) -> WrittenFiles:
    """Return the changes of a build that is not refused."""
    return WrittenFiles(
        comparison.names(FileState.STALE, FileState.MISSING),
        comparison.names(FileState.LEFT_OVER),
        comparison.names(FileState.UNCHANGED),
        comparison.format,
    )


def refusals(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each reason to refuse a build."""
    if comparison.is_newer and comparison.lock is not None:
        yield newer(comparison.folder, comparison.lock)
        return
    for name in comparison.names(FileState.FOREIGN):
        path = (comparison.folder / name).as_posix()
        yield ForeignFile(span=whole_file(path))
    edited = comparison.names(FileState.EDITED)
    if edited and comparison.lock is None:
        yield _unusable(comparison)
    elif edited:
        yield from _report_edited(comparison.folder, edited)


def _unusable(comparison: Comparison) -> Diagnostic:
    path = (comparison.folder / NAME).as_posix()
    names = comparison.names(FileState.EDITED, FileState.EDITED_LEFT_OVER)
    return LockUnusable(
        span=whole_file(path),
        reason=comparison.flaw,
        names=", ".join(name for name in names if name != NAME),
    )


def _report_edited(folder: Path, names: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Report edited files in one diagnostic; name the library only once."""
    library = [name for name in names if name.startswith(f"{LIBRARY}/")]
    own = [name for name in names if name not in library]
    if own:
        path = (folder / own[0]).as_posix()
        yield EditedByHand(span=whole_file(path), names=", ".join(own[1:]))
    if library:
        path = (folder / LIBRARY).as_posix()
        listed = ", ".join(name.removeprefix(f"{LIBRARY}/") for name in library)
        yield EditedLibrary(span=whole_file(path), names=listed)


def report_kept(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each file that a build keeps because it was edited."""
    if comparison.is_newer:
        return
    for name in comparison.names(FileState.EDITED_LEFT_OVER):
        path = (comparison.folder / name).as_posix()
        yield EditedLeftOver(span=whole_file(path))


def _write(
    package: PackageFiles,
    force: bool,
    report: Diagnostics,
    waiting: Callable[[Path], None],
) -> WrittenFiles | None:
    comparison = compare(package, force)
    if not (comparison.is_settled or _is_refused(comparison)):
        comparison = _write_alone(package, force, waiting)
    report.add(*refusals(comparison), *report_kept(comparison))
    return None if _is_refused(comparison) else plan_changes(comparison)


def _write_alone(
    package: PackageFiles, force: bool, waiting: Callable[[Path], None]
) -> Comparison:
    """Compare again, because another build may have written meanwhile, and write."""
    try:
        with exclusive(package.folder, waiting):
            comparison = compare(package, force)
            if not _is_refused(comparison):
                _apply(comparison)
    except OSError:
        _remove_empty(package.folder)
        raise
    if not package.files:
        _remove_empty(package.folder)
    return comparison


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # fails if the folder is not empty
        folder.rmdir()


def _is_refused(comparison: Comparison) -> bool:
    return any(True for _ in refusals(comparison))


def _apply(comparison: Comparison) -> None:
    """Write files, then remove files; write the lock, which lists all files, last."""
    records.remove_parts(comparison.folder)
    lock = [row for row in comparison.rows if row.name == NAME]
    files = [row for row in comparison.rows if row.name != NAME]
    if lock and lock[0].wanted is not None and any(map(_is_due, files)):
        with suppress(LockError):  # the spec's name is not UTF-8
            interim = _interim(comparison, Lock.parse(lock[0].wanted), files)
            write_file(comparison.folder / NAME, interim.text())
            lock = [replace(lock[0], state=FileState.STALE)]
    elif comparison.lock is not None and comparison.lock.library:
        # One hash can't describe a library while parts of it are removed.
        leaving = [row for row in files if row.state is FileState.LEFT_OVER]
        if any(is_of_library(row.name) for row in leaving):
            hashes = {row.name: text_hash(row.found or "") for row in leaving}
            known = {**comparison.lock.files, **hashes}
            interim = replace(comparison.lock, files=known, library="")
            write_file(comparison.folder / NAME, interim.text())
    for row in (*files, *lock):
        _settle(comparison.folder, row)


def _interim(
    comparison: Comparison, wanted: Lock, files: Sequence[ComparedFile]
) -> Lock:
    """Return a lock with old and new files, from which another build can continue.

    The format is the previous format until no file in this format is left.
    """
    kept = comparison.names(FileState.EDITED_LEFT_OVER)
    hashes = {row.name: text_hash(row.found) for row in files if row.found is not None}
    hashes |= {name: wanted.files[name] for name in kept}
    writing = {row.name: text_hash(row.wanted or "") for row in files if _is_due(row)}
    return replace(
        wanted, files=hashes, writing=writing, format=comparison.format, library=""
    )


def _is_due(row: ComparedFile) -> bool:
    return row.state in (FileState.STALE, FileState.MISSING)


def _settle(folder: Path, row: ComparedFile) -> None:
    if row.state is FileState.LEFT_OVER:
        records.remove(folder, row.name)
    elif _is_due(row):
        (folder / row.name).parent.mkdir(exist_ok=True)
        write_file(folder / row.name, row.wanted or "")
