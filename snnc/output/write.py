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

    ``merging`` is set if the lock or another file has merge conflicts, and ``is_newer``
    if a newer snnc wrote the package and ``force`` is off.
    """

    folder: Path
    rows: tuple[ComparedFile, ...]
    records: PackageRecords
    merging: bool = False
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
    def is_absent(self) -> bool:
        """Whether no file of the package exists."""
        return all(row.state is FileState.MISSING for row in self.rows)


def compare(package: PackageFiles, force: bool = False) -> Comparison:
    """Compare a package with the disk, without changing anything.

    With ``force``, files that were edited by hand count as files that snnc wrote.
    Raises OSError if a file can't be read.
    """
    folder = package.folder
    if folder.is_symlink():
        link = ComparedFile("", FileState.FOREIGN, None, None)
        return Comparison(folder, (link,), PackageRecords(folder))
    records = PackageRecords.of(folder)
    if not package.files and records.lock != package.lock:  # the lock has changed
        return Comparison(folder, (), replace(records, lock=NO_LOCK))
    wanted = {file.path: file.text for file in package.files}
    owned = {*records.files, *records.lock.writing}
    is_merging = records.lock.is_merging
    if records.lock is NO_LOCK or is_merging:  # snnc may have written any module
        modules = (*folder.glob("*.py"), *folder.glob(f"{LIBRARY}/**/*.py"))
        owned |= {path.relative_to(folder).as_posix() for path in modules}
    names = [*wanted, *sorted(owned - wanted.keys() - {NAME})]
    compared = (_compare_file(records, name, wanted.get(name)) for name in names)
    rows = [row for row in compared if row is not None]
    rows += _lock_row(package, records, [] if force else rows)
    if force:
        rows = [replace(row, state=_FORCED.get(row.state, row.state)) for row in rows]
    merging = is_merging or any(has_conflict(row.found or "") for row in rows)
    is_newer = records.lock.format > FORMAT and not force
    return Comparison(folder, tuple(rows), records, merging, is_newer)


def _compare_file(
    records: PackageRecords, name: str, wanted: str | None
) -> ComparedFile | None:
    """Compare a file; return None if it is not wanted, and not of this package."""
    text = read(records.folder, name)
    if not isinstance(text, str):
        state = FileState.MISSING if text is None else FileState.FOREIGN
        return None if wanted is None else ComparedFile(name, state, None, wanted)
    if text == wanted:
        return ComparedFile(name, FileState.UNCHANGED, text, wanted)
    is_ours = records.vouch_for(name, text)
    if wanted is None:
        if not is_ours and not is_generated(text):
            return None
        state = FileState.LEFT_OVER if is_ours else FileState.EDITED_LEFT_OVER
    elif text == "" or is_ours:
        state = FileState.STALE
    else:
        is_known = name in records.files or is_generated(text)
        state = FileState.EDITED if is_known else FileState.FOREIGN
    return ComparedFile(name, state, text, wanted)


def _lock_row(
    package: PackageFiles, records: PackageRecords, rows: Sequence[ComparedFile]
) -> Iterator[ComparedFile]:
    """Yield the lock, which also lists files that are kept because they were edited."""
    kept = [row.name for row in rows if row.state is FileState.EDITED_LEFT_OVER]
    wanted = package.lock_text({name: records.files.get(name, "") for name in kept})
    text = records.found if isinstance(records.found, str) else None
    if wanted is None:
        state = FileState.LEFT_OVER
    elif records.found is None:
        state = FileState.MISSING
    elif text is None:
        state = FileState.FOREIGN
    elif records.flaw:
        state = FileState.EDITED
    else:
        is_same = records.lock == Lock.parse(wanted)
        state = FileState.UNCHANGED if is_same else FileState.STALE
    if wanted is not None or text is not None:
        yield ComparedFile(NAME, state, text, wanted)


POLL = 0.02  # seconds
_DUE = (FileState.STALE, FileState.MISSING)
_CHANGING = (*_DUE, FileState.LEFT_OVER)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def write_package(
    package: PackageFiles,
    force: bool,
    report: Diagnostics,
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
        comparison = compare(package, force)
        if not (comparison.is_settled or any(refusals(comparison))):
            comparison = _write_alone(package, force, waiting)
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
    folder, lock = comparison.folder, comparison.records.lock
    if comparison.is_newer:
        yield report_format(folder, lock)
        return
    for name in comparison.names(FileState.FOREIGN):
        yield rules.ForeignFile(span=whole_file(folder / name))
    edited = comparison.names(FileState.EDITED)
    if edited and lock is NO_LOCK:
        names = comparison.names(FileState.EDITED, FileState.EDITED_LEFT_OVER)
        yield packages.LockUnusable(
            span=whole_file(folder / NAME),
            reason=comparison.records.flaw,
            names=", ".join(name for name in names if name != NAME),
        )
        return
    library = [name for name in edited if is_of_library(name)]
    if own := [name for name in edited if name not in library]:
        yield rules.EditedByHand(
            span=whole_file(folder / own[0]), names=", ".join(own[1:])
        )
    if library:
        listed = ", ".join(name.removeprefix(f"{LIBRARY}/") for name in library)
        yield rules.EditedLibrary(span=whole_file(folder / LIBRARY), names=listed)


def report_kept(comparison: Comparison) -> Iterator[Diagnostic]:
    """Report each file that a build keeps because it was edited."""
    if not comparison.is_newer:
        for name in comparison.names(FileState.EDITED_LEFT_OVER):
            yield packages.EditedLeftOver(span=whole_file(comparison.folder / name))


def _write_alone(
    package: PackageFiles, force: bool, waiting: Callable[[Path], None]
) -> Comparison:
    """Compare again, because another build may have written meanwhile, and write."""
    try:
        with exclusive(package.folder, waiting):
            comparison = compare(package, force)
            if not any(refusals(comparison)):
                _apply(comparison)
    finally:
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

    lock, told = FileLock(folder / MARKER), False
    while not lock.is_locked:
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
    folder, before = comparison.folder, comparison.records.lock
    remove_parts(folder)
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
            remove(folder, row.name)
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
