"""Compare a package on disk with the expected package."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from snnc.emit.files import FORMAT, LIBRARY, has_conflict, is_generated
from snnc.output.package import NAME, Lock, PackageFiles
from snnc.output.records import PackageRecords, read


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

    Attributes
    ----------
    records
        What the folder records about its build.
    merging
        Whether the lock or another file has merge conflicts.
    is_newer
        Whether a newer snnc wrote the package and ``force`` is off.
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
    def is_settled(self) -> bool:
        """Whether a build would change nothing."""
        due = self.names(FileState.STALE, FileState.MISSING, FileState.LEFT_OVER)
        return not (self.records.is_unfinished or due)

    @property
    def is_absent(self) -> bool:
        """Whether no file of the package exists."""
        return all(row.state is FileState.MISSING for row in self.rows)

    @property
    def format(self) -> int:
        """The format of the existing package, if its lock has one."""
        lock = self.records.lock
        return FORMAT if lock is None else lock.format


def compare(package: PackageFiles, force: bool = False) -> Comparison:
    """Compare a package with the disk, without changing anything.

    Parameters
    ----------
    force
        Treat files that were edited by hand as files that snnc wrote.

    Raises
    ------
    OSError
        If a file can't be read.
    """
    folder = package.folder
    if folder.is_symlink():
        link = ComparedFile("", FileState.FOREIGN, None, None)
        return Comparison(folder, (link,), PackageRecords(folder))
    records = PackageRecords.of(folder)
    if not package.files and records.lock != package.lock:  # the lock has changed
        return Comparison(folder, (), replace(records, lock=None))
    wanted = {file.path: file.text for file in package.files}
    owned = {*records.files, *records.writing}
    if records.lock is None or records.is_merging:  # snnc may have written any module
        modules = (*folder.glob("*.py"), *folder.glob(f"{LIBRARY}/**/*.py"))
        owned |= {path.relative_to(folder).as_posix() for path in modules}
    names = [*wanted, *sorted(owned - wanted.keys() - {NAME})]
    compared = (_compare_file(records, name, wanted.get(name)) for name in names)
    rows = [row for row in compared if row is not None]
    rows += _lock_row(package, records, [] if force else rows)
    if force:
        rows = [replace(row, state=_FORCED.get(row.state, row.state)) for row in rows]
    merging = records.is_merging or any(has_conflict(row.found or "") for row in rows)
    is_newer = records.is_newer and not force
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
