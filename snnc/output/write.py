"""Compare a package with its expected files, and update it.

Files are written atomically, and only if snnc owns them.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.emit.files import FORMAT, LIBRARY, has_conflict, is_generated
from snnc.output.lock import NAME, NO_LOCK, Lock, LockError, is_of_library, text_hash
from snnc.output.package import (
    MARKER,
    PackageFiles,
    PackageRecords,
    read,
    remove,
    remove_parts,
    report_format,
)
from snnc.rules import files as rules
from snnc.rules import packages
from snnc.runtime.files import write_file
from snnc.source import whole_file


class FileState(enum.Enum):
    """The difference between a file and its expected text."""

    UNCHANGED = enum.auto()
    STALE = enum.auto()
    MISSING = enum.auto()
    EDITED = enum.auto()
    FOREIGN = enum.auto()
    LEFT_OVER = enum.auto()
    EDITED_LEFT_OVER = enum.auto()


_FORCED = {
    FileState.EDITED: FileState.STALE,
    FileState.EDITED_LEFT_OVER: FileState.LEFT_OVER,
}


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """A file: its name, its state, its text and the expected text."""

    name: str
    state: FileState
    found: str | None
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All files of a package; the lock is the last.

    ``is_newer`` is set if a newer snnc wrote the package and ``force`` is off.
    """

    folder: Path
    rows: tuple[ComparedFile, ...]
    records: PackageRecords
    is_newer: bool = False

    def names(self, *states: FileState) -> tuple[str, ...]:
        """Return the names of files in any of these states."""
        return tuple(row.name for row in self.rows if row.state in states)

    @property
    def written(self) -> tuple[str, ...]:
        """The files that a build writes."""
        return self.names(FileState.STALE, FileState.MISSING)

    @property
    def removed(self) -> tuple[str, ...]:
        """The files that a build removes."""
        return self.names(FileState.LEFT_OVER)

    @property
    def is_settled(self) -> bool:
        """Whether a build would change nothing."""
        return not (self.records.is_unfinished or self.written or self.removed)

    @property
    def is_merging(self) -> bool:
        """Whether the lock or another file has the conflict markers of a merge."""
        return any(has_conflict(row.found or "") for row in self.rows)

    @property
    def is_absent(self) -> bool:
        """Whether no file of the package exists."""
        return all(row.state is FileState.MISSING for row in self.rows)


def compare(package: PackageFiles, *, force: bool = False) -> Comparison:
    """Compare a package with the disk, without changing anything.

    With ``force``, files that were edited by hand count as files that snnc wrote.
    Raises OSError if a file can't be read.
    """
    folder = package.folder
    # A build never replaces a link, and doesn't write through it (decision 012).
    if folder.is_symlink():
        link = ComparedFile("", FileState.FOREIGN, None, None)
        return Comparison(folder, (link,), PackageRecords(folder))
    records = PackageRecords.of(folder)
    # A package to remove has no files. If its lock has changed since the package was
    # found, another build has written it again, so it stays.
    if not package.files and records.lock != package.lock:
        return Comparison(folder, (), replace(records, lock=NO_LOCK))
    wanted = {file.path: file.text for file in package.files}
    unwanted = sorted(_possibly_owned(records) - wanted.keys() - {NAME})
    rows: list[ComparedFile] = []
    for name in (*wanted, *unwanted):
        rows += _compare_file(records, name, wanted.get(name))
    # With `force`, no edited file is kept, so the lock has to list none.
    rows += _lock_row(package, records, [] if force else rows)
    if force:
        rows = [replace(row, state=_FORCED.get(row.state, row.state)) for row in rows]
    is_newer = records.lock.format > FORMAT and not force
    return Comparison(folder, tuple(rows), records, is_newer)


def _possibly_owned(records: PackageRecords) -> set[str]:
    """Return the names of files that snnc may have written."""
    owned = {*records.files, *records.lock.writing}
    if records.lock is NO_LOCK or records.lock.is_merging:  # any module may be snnc's
        folder = records.folder
        modules = (*folder.glob("*.py"), *folder.glob(f"{LIBRARY}/**/*.py"))
        owned |= {path.relative_to(folder).as_posix() for path in modules}
    return owned


def _compare_file(
    records: PackageRecords, name: str, wanted: str | None
) -> Iterator[ComparedFile]:
    """Yield the comparison of a file; nothing if the file is not of this package."""
    text = read(records.folder, name)
    if isinstance(text, str):
        if wanted is None:
            state = _state_of_unwanted(records, name, text)
        else:
            state = _state_of_wanted(records, name, text, wanted)
        if state is not None:
            yield ComparedFile(name, state, text, wanted)
    elif wanted is not None:
        state = FileState.MISSING if text is None else FileState.FOREIGN
        yield ComparedFile(name, state, None, wanted)


def _state_of_wanted(
    records: PackageRecords, name: str, text: str, wanted: str
) -> FileState:
    if text == wanted:
        return FileState.UNCHANGED
    if records.vouch_for(name, text):
        return FileState.STALE
    is_known = name in records.files or is_generated(text)
    return FileState.EDITED if is_known else FileState.FOREIGN


def _state_of_unwanted(
    records: PackageRecords, name: str, text: str
) -> FileState | None:
    """Return the state of an unwanted file; None if snnc did not write it."""
    if records.vouch_for(name, text):
        return FileState.LEFT_OVER
    return FileState.EDITED_LEFT_OVER if is_generated(text) else None


def _lock_row(
    package: PackageFiles, records: PackageRecords, rows: Sequence[ComparedFile]
) -> Iterator[ComparedFile]:
    """Yield the lock, which also lists files that are kept because they were edited."""
    edited = [row.name for row in rows if row.state is FileState.EDITED_LEFT_OVER]
    wanted = package.lock_text({name: records.files.get(name, "") for name in edited})
    text = records.found if isinstance(records.found, str) else None
    if wanted is not None:
        yield ComparedFile(NAME, _state_of_lock(records, wanted), text, wanted)
    elif text is not None:
        yield ComparedFile(NAME, FileState.LEFT_OVER, text, None)


def _state_of_lock(records: PackageRecords, wanted: str) -> FileState:
    """Return the state of the lock; its version of snnc is ignored."""
    if records.found is None:
        return FileState.MISSING
    if not isinstance(records.found, str):
        return FileState.FOREIGN
    if records.flaw:
        return FileState.EDITED
    is_same = records.lock == Lock.parse(wanted)
    return FileState.UNCHANGED if is_same else FileState.STALE


POLL = 0.02  # seconds
_DUE = (FileState.STALE, FileState.MISSING)
_CHANGING = (*_DUE, FileState.LEFT_OVER)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def write_package(
    package: PackageFiles,
    report: Diagnostics,
    *,
    force: bool = False,
    waiting: Callable[[Path], None] = lambda folder: None,
) -> Comparison | None:
    """Write changed files, remove obsolete files, then write the lock.

    With ``force``, replace or remove generated files that were edited by hand.
    ``report`` receives SNN720 to SNN722 and SNN733 to SNN735, and SNN729 for files that
    are kept. If another build is writing the package, call ``waiting`` with the folder.

    Return the package before the build; None if the build was refused or failed. A
    refused build writes nothing. A failed build leaves only complete files, and a lock
    that lists the files to be written.
    """
    try:
        comparison = compare(package, force=force)
        if not (comparison.is_settled or any(refusals(comparison))):
            comparison = _write_alone(package, waiting, force=force)
    except OSError as error:
        report.add(cannot_write(error, package.folder))
        return None
    report.add(*refusals(comparison), *report_kept(comparison))
    return None if any(refusals(comparison)) else comparison


def cannot_write(error: OSError, folder: Path) -> Diagnostic:
    """Return the diagnostic for an operating system error."""
    reason = error.strerror or str(error)
    return rules.CannotWrite(
        span=whole_file(Path(error.filename or folder)), reason=reason
    )


def refusals(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each reason to refuse a build."""
    folder = comparison.folder
    records = comparison.records
    # In a newer format, the lock may have another meaning (decision 012).
    if comparison.is_newer:
        yield report_format(folder, records.lock)
        return
    for name in comparison.names(FileState.FOREIGN):
        yield rules.ForeignFile(span=whole_file(folder / name))
    edited = comparison.names(FileState.EDITED)
    # Without a lock, all files that differ count as edited, so one problem names them.
    if edited and records.lock is NO_LOCK:
        names = comparison.names(FileState.EDITED, FileState.EDITED_LEFT_OVER)
        yield packages.LockUnusable(
            span=whole_file(folder / NAME),
            reason=records.flaw,
            names=", ".join(name for name in names if name != NAME),
        )
        return
    yield from _refuse_edited(folder, edited)


def _refuse_edited(folder: Path, edited: Sequence[str]) -> Iterator[Diagnostic]:
    """Report edited files; one diagnostic names all files of the library."""
    modules = [name for name in edited if not is_of_library(name)]
    if modules:
        yield rules.EditedByHand(
            span=whole_file(folder / modules[0]), names=", ".join(modules[1:])
        )
    library = [name for name in edited if is_of_library(name)]
    if library:
        listed = ", ".join(name.removeprefix(f"{LIBRARY}/") for name in library)
        yield rules.EditedLibrary(span=whole_file(folder / LIBRARY), names=listed)


def report_kept(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each file that a build keeps because it was edited."""
    if not comparison.is_newer:
        for name in comparison.names(FileState.EDITED_LEFT_OVER):
            yield packages.EditedLeftOver(span=whole_file(comparison.folder / name))


def _write_alone(
    package: PackageFiles, waiting: Callable[[Path], None], *, force: bool
) -> Comparison:
    """Compare again, because another build may have written meanwhile, and write."""
    try:
        with exclusive(package.folder, waiting):
            comparison = compare(package, force=force)
            if not any(refusals(comparison)):
                _apply(comparison)
    finally:
        # A build that is refused may have created the folder to lock it.
        with suppress(OSError):  # fails if the folder is not empty
            package.folder.rmdir()
    return comparison


@contextmanager
def exclusive(folder: Path, waiting: Callable[[Path], None]) -> Iterator[None]:
    """Lock a package's folder, and create it if it does not exist.

    If another build has locked it, call ``waiting`` once with the folder. Raises
    OSError if the folder or the lock file can't be created.
    """
    # Import late: builds without changes save a tenth of a second.
    from filelock import FileLock, Timeout

    lock = FileLock(folder / MARKER)
    has_called = False
    while not lock.is_locked:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=-1 if has_called else 0, poll_interval=POLL)
        except Timeout:
            waiting(folder)
            has_called = True
        except FileNotFoundError:  # another build has just removed the empty folder
            continue
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            break  # the file system has no locks, so build without
    try:
        yield
    finally:
        # A waiting build then finds that its file was removed, and creates another
        # file. Windows can't remove open files; there, the library removes the file
        # after the release.
        with suppress(OSError):
            (folder / MARKER).unlink()
        lock.release()


def _apply(comparison: Comparison) -> None:
    """Write files, then remove files; write the lock, which lists all files, last."""
    folder = comparison.folder
    remove_parts(folder)
    files = [row for row in comparison.rows if row.name != NAME]
    lock = list(comparison.rows[len(files) :])
    # If the build is killed, one of the two locks lists each file (decision 012).
    if lock and any(row.state in _CHANGING for row in files):
        lock = _write_interim(comparison, lock[0], files)
    for row in (*files, *lock):
        if row.state is FileState.LEFT_OVER:
            remove(folder, row.name)
        elif row.state in _DUE:
            (folder / row.name).parent.mkdir(exist_ok=True)
            write_file(folder / row.name, row.wanted or "")


def _write_interim(
    comparison: Comparison, lock: ComparedFile, files: Sequence[ComparedFile]
) -> list[ComparedFile]:
    """Write a lock with old and new files, and return the lock to write at the end.

    From this lock, another build can continue. One hash can't describe a library while
    parts of it are written or removed.
    """
    after = comparison.records.lock
    if lock.wanted is not None:
        try:
            after = Lock.parse(lock.wanted)
        except LockError:  # the spec's name is not UTF-8
            return [lock]
        lock = replace(lock, state=FileState.STALE)
    if after is NO_LOCK:
        return [lock]
    kept = comparison.names(FileState.EDITED_LEFT_OVER)
    hashes = {row.name: text_hash(row.found) for row in files if row.found is not None}
    hashes |= {name: after.files[name] for name in kept}
    writing = {r.name: text_hash(r.wanted or "") for r in files if r.state in _DUE}
    interim = replace(after, files=hashes, writing=writing, library="")
    write_file(comparison.folder / NAME, interim.text())
    return [lock]
