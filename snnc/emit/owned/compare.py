"""Compares a package on disk with what it should be."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from snnc.emit.files import GeneratedFile, is_generated, is_intact
from snnc.emit.origin import Origin
from snnc.emit.owned.disk import Obstacle, read
from snnc.emit.owned.exclusive import MARKER
from snnc.emit.owned.lock import NAME, Lock, text_hash
from snnc.emit.owned.package import Package


class State(enum.Enum):
    """How one file differs from what it should be."""

    UNCHANGED = enum.auto()
    STALE = enum.auto()
    MISSING = enum.auto()
    EDITED = enum.auto()
    FOREIGN = enum.auto()
    LEFT_OVER = enum.auto()
    EDITED_LEFT_OVER = enum.auto()


_FORCED = {
    State.EDITED: State.STALE,
    State.EDITED_LEFT_OVER: State.LEFT_OVER,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One file: its name, its state, its text and the text it should have."""

    name: str
    state: State
    found: str | None
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All files of a package, the lock last.

    Attributes
    ----------
    unfinished
        Whether a build began that has not ended.
    mixed
        Whether files are as snnc wrote them but not as the lock says: two builds
        each wrote a part of the package.
    origin
        Where the package that is there comes from; None if its lock does not tell.
    """

    folder: Path
    rows: tuple[Row, ...]
    unfinished: bool
    mixed: bool
    origin: Origin | None = None

    def names(self, *states: State) -> tuple[str, ...]:
        """Return the names of the files in any of these states."""
        return tuple(row.name for row in self.rows if row.state in states)

    @property
    def is_settled(self) -> bool:
        """Whether a build would have nothing to do."""
        due = self.names(State.STALE, State.MISSING, State.LEFT_OVER)
        return not (self.unfinished or due)

    @property
    def is_absent(self) -> bool:
        """Whether nothing of the package is there."""
        return all(row.state is State.MISSING for row in self.rows)


def compare(package: Package, force: bool = False) -> Comparison:
    """Compare without a change on disk.

    Parameters
    ----------
    force
        Take files that were edited by hand for files that snnc wrote.

    Raises
    ------
    OSError
        If something can't be read.
    """
    folder = package.folder
    if folder.is_symlink():
        return Comparison(folder, (Row("", State.FOREIGN, None, None),), False, False)
    found = read(folder / NAME)
    lock = Lock.parse(found) if isinstance(found, str) else None
    unfinished = (folder / MARKER).exists()
    if not package.files and lock != package.lock:
        return Comparison(folder, (), unfinished, False)  # no longer what was to go
    owned: Mapping[str, str] = lock.files if lock is not None else {}
    rows = [_generated(folder, file, owned.get(file.path)) for file in package.files]
    rows += _left_over(package, lock)
    was_lost = found is not None and lock is None
    mixed = not was_lost and any(_is_of_another_build(row, owned) for row in rows)
    if force:
        rows = [replace(row, state=_FORCED.get(row.state, row.state)) for row in rows]
    rows += _lock_row(package, found, lock, rows)
    origin = None if lock is None else lock.origin
    return Comparison(folder, tuple(rows), unfinished, mixed, origin)


def _generated(folder: Path, file: GeneratedFile, owned: str | None) -> Row:
    found = read(folder / file.path)
    text = found if isinstance(found, str) else None
    return Row(file.path, _state(found, file.text, owned), text, file.text)


def _state(found: str | Obstacle | None, wanted: str, owned: str | None) -> State:
    if found is None:
        return State.MISSING
    if isinstance(found, Obstacle):
        return State.FOREIGN
    if found == wanted:
        return State.UNCHANGED
    if found == "" or _is_ours(found, owned):
        return State.STALE
    if owned is None and not is_generated(found):
        return State.FOREIGN
    return State.EDITED


def _is_ours(text: str, owned: str | None) -> bool:
    """Whether a text is one that snnc wrote, in this or another build."""
    return is_intact(text) or text_hash(text) == owned


def _left_over(package: Package, lock: Lock | None) -> Iterator[Row]:
    """Files that snnc wrote once and does not write any more."""
    written = {file.path for file in package.files} | {NAME}
    owned = _unlisted(package.folder) if lock is None else lock.files
    for name in sorted(owned.keys() - written):
        found = read(package.folder / name) if _is_plain(name) else None
        if not isinstance(found, str):
            continue
        ours = _is_ours(found, owned[name])
        state = State.LEFT_OVER if ours else State.EDITED_LEFT_OVER
        yield Row(name, state, found, None)


def _unlisted(folder: Path) -> dict[str, str]:
    """Modules that snnc wrote, by their headers, for the lock was lost."""
    found = {path.name: read(path) for path in folder.glob("*.py")}
    return {
        name: text_hash(text)
        for name, text in found.items()
        if isinstance(text, str) and is_intact(text)
    }


def _is_plain(name: str) -> bool:
    """Whether a name in a lock, which anybody can edit, stays within its folder."""
    return PurePosixPath(name).name == name == PureWindowsPath(name).name


def _is_of_another_build(row: Row, owned: Mapping[str, str]) -> bool:
    if row.found is None or not is_intact(row.found):
        return False
    return text_hash(row.found) != owned.get(row.name)


def _lock_row(
    package: Package,
    found: str | Obstacle | None,
    lock: Lock | None,
    rows: Sequence[Row],
) -> Iterator[Row]:
    """The lock, which also lists what is kept because it was edited."""
    owned: Mapping[str, str] = lock.files if lock is not None else {}
    kept = [row.name for row in rows if row.state is State.EDITED_LEFT_OVER]
    wanted = package.lock_text({name: owned[name] for name in kept})
    text = found if isinstance(found, str) else None
    if wanted is not None:
        yield Row(NAME, _lock_state(found, lock, wanted), text, wanted)
    elif text is not None:
        yield Row(NAME, State.LEFT_OVER, text, None)


def _lock_state(found: str | Obstacle | None, lock: Lock | None, wanted: str) -> State:
    if found is None:
        return State.MISSING
    if isinstance(found, Obstacle):
        return State.FOREIGN
    return State.UNCHANGED if lock == Lock.parse(wanted) else State.STALE
