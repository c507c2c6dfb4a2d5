"""Update a package: write files atomically, and only files that snnc owns."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.emit.files import FORMAT, LIBRARY
from snnc.output import records
from snnc.output.compare import ComparedFile, Comparison, FileState, compare
from snnc.output.package import (
    NAME,
    NO_LOCK,
    Lock,
    LockError,
    PackageFiles,
    is_of_library,
    text_hash,
)
from snnc.output.records import MARKER, report_format
from snnc.rules.files import CannotWrite, EditedByHand, EditedLibrary, ForeignFile
from snnc.rules.packages import EditedLeftOver, LockUnusable
from snnc.runtime.files import write_file
from snnc.source import whole_file

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL = 0.02  # seconds
_DUE = (FileState.STALE, FileState.MISSING)
_CHANGING = (*_DUE, FileState.LEFT_OVER)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


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
        comparison = compare(package, force)
        if not (comparison.is_settled or _is_refused(comparison)):
            comparison = _write_alone(package, force, waiting)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None
    report.add(*refusals(comparison), *report_kept(comparison))
    return None if _is_refused(comparison) else plan_changes(comparison)


def cannot_write(error: OSError, folder: Path) -> Diagnostic:
    """Return the diagnostic for an operating system error."""
    reason = error.strerror or str(error)
    return CannotWrite(span=whole_file(Path(error.filename or folder)), reason=reason)


def plan_changes(comparison: Comparison) -> WrittenFiles:
    """Return the changes of a build that is not refused."""
    return WrittenFiles(
        comparison.names(*_DUE),
        comparison.names(FileState.LEFT_OVER),
        comparison.names(FileState.UNCHANGED),
        comparison.records.lock.format,
    )


def refusals(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each reason to refuse a build."""
    folder, lock = comparison.folder, comparison.records.lock
    if comparison.is_newer:
        yield report_format(folder, lock)
        return
    for name in comparison.names(FileState.FOREIGN):
        yield ForeignFile(span=whole_file(folder / name))
    edited = comparison.names(FileState.EDITED)
    if edited and lock is NO_LOCK:
        names = comparison.names(FileState.EDITED, FileState.EDITED_LEFT_OVER)
        yield LockUnusable(
            span=whole_file(folder / NAME),
            reason=comparison.records.flaw,
            names=", ".join(name for name in names if name != NAME),
        )
    elif edited:
        yield from _report_edited(folder, edited)


def _report_edited(folder: Path, names: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Report edited files in one diagnostic; name the library only once."""
    library = [name for name in names if is_of_library(name)]
    own = [name for name in names if name not in library]
    if own:
        yield EditedByHand(span=whole_file(folder / own[0]), names=", ".join(own[1:]))
    if library:
        listed = ", ".join(name.removeprefix(f"{LIBRARY}/") for name in library)
        yield EditedLibrary(span=whole_file(folder / LIBRARY), names=listed)


def report_kept(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each file that a build keeps because it was edited."""
    if not comparison.is_newer:
        for name in comparison.names(FileState.EDITED_LEFT_OVER):
            yield EditedLeftOver(span=whole_file(comparison.folder / name))


def _write_alone(
    package: PackageFiles, force: bool, waiting: Callable[[Path], None]
) -> Comparison:
    """Compare again, because another build may have written meanwhile, and write."""
    try:
        with exclusive(package.folder, waiting):
            comparison = compare(package, force)
            if not _is_refused(comparison):
                _apply(comparison)
    finally:
        with suppress(OSError):  # fails if the folder is not empty
            package.folder.rmdir()
    return comparison


@contextmanager
def exclusive(folder: Path, waiting: Callable[[Path], None]) -> Iterator[None]:
    """Lock a package's folder, and create it if it does not exist.

    Parameters
    ----------
    folder
        The folder of the package.
    waiting
        Called once with the folder if another build has locked it.

    Raises
    ------
    OSError
        If the folder or the lock file can't be created.
    """
    lock = _acquire(folder, waiting)
    try:
        yield
    finally:
        # A waiting build then finds that its file was removed, and creates another
        # file. Windows can't remove open files; there, the library removes the file
        # after the release.
        with suppress(OSError):
            (folder / MARKER).unlink()
        lock.release()


def _acquire(folder: Path, waiting: Callable[[Path], None]) -> BaseFileLock:
    # Import late: builds without changes save a tenth of a second.
    from filelock import FileLock, Timeout

    lock, told = FileLock(folder / MARKER), False
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=-1 if told else 0, poll_interval=POLL)
        except Timeout:
            waiting(folder)
            told = True
        except FileNotFoundError:  # another build has just removed the empty folder
            continue
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return lock  # the file system has no locks, so build without
        else:
            return lock


def _is_refused(comparison: Comparison) -> bool:
    return any(True for _ in refusals(comparison))


def _apply(comparison: Comparison) -> None:
    """Write files, then remove files; write the lock, which lists all files, last."""
    folder, before = comparison.folder, comparison.records.lock
    records.remove_parts(folder)
    lock = [row for row in comparison.rows if row.name == NAME]
    files = [row for row in comparison.rows if row.name != NAME]
    if lock and any(row.state in _CHANGING for row in files):
        with suppress(LockError):  # the spec's name is not UTF-8
            wanted = lock[0].wanted
            after = before if wanted is None else Lock.parse(wanted)
            if after is not NO_LOCK:
                interim = _interim(comparison, after, files)
                write_file(folder / NAME, interim.text())
            if wanted is not None:
                lock = [replace(lock[0], state=FileState.STALE)]
    for row in (*files, *lock):
        if row.state is FileState.LEFT_OVER:
            records.remove(folder, row.name)
        elif row.state in _DUE:
            (folder / row.name).parent.mkdir(exist_ok=True)
            write_file(folder / row.name, row.wanted or "")


def _interim(
    comparison: Comparison, after: Lock, files: Sequence[ComparedFile]
) -> Lock:
    """Return a lock with old and new files, from which another build can continue.

    The format is the previous format until no file in this format is left. One hash
    can't describe a library while parts of it are written or removed.
    """
    kept = comparison.names(FileState.EDITED_LEFT_OVER)
    hashes = {row.name: text_hash(row.found) for row in files if row.found is not None}
    hashes |= {name: after.files[name] for name in kept}
    due = [row for row in files if row.state in _DUE]
    writing = {row.name: text_hash(row.wanted or "") for row in due}
    number = comparison.records.lock.format
    return replace(after, files=hashes, writing=writing, format=number, library="")
