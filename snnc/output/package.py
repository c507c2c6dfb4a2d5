"""The expected files of a package, and what its folder records about its build."""

from __future__ import annotations

import enum
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from snnc.diagnostics import Diagnostic
from snnc.emit.files import (
    FORMAT,
    LIBRARY,
    GeneratedFile,
    Origin,
    build_command,
    has_conflict,
    is_generated,
)
from snnc.output.lock import (
    NAME,
    NO_LOCK,
    Lock,
    LockError,
    is_of_library,
    library_hash,
    text_hash,
)
from snnc.rules.packages import NewerFormat, OlderFormat
from snnc.runtime.files import PART
from snnc.source import whole_file


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """The expected files of a package; empty if the package should be removed.

    ``folder`` is relative to the path that the user typed. ``files`` are all files
    except the lock, and ``lock`` is for these files, or of the package to remove.
    """

    folder: Path
    files: tuple[GeneratedFile, ...]
    lock: Lock

    @classmethod
    def of(
        cls,
        folder: Path,
        files: Sequence[GeneratedFile],
        spec_hash: str,
        origin: Origin,
    ) -> PackageFiles:
        """Return the package of a spec."""
        hashes = {file.path: text_hash(file.text) for file in files}
        library = {name: hashes.pop(name) for name in filter(is_of_library, [*hashes])}
        known = library_hash(library) if library else ""
        lock = Lock(spec_hash, origin, hashes, library=known)
        return cls(folder, tuple(files), lock)

    def lock_text(self, kept: Mapping[str, str]) -> str | None:
        """Return the lock's text with additional files; None if it lists no files."""
        files = {**(self.lock.files if self.files else {}), **kept}
        return replace(self.lock, files=files).text() if files else None


class NotAFile(enum.Enum):
    """A marker for a folder, a link or another path that is not a regular file."""

    NOT_A_FILE = enum.auto()


def read(folder: Path, name: str) -> str | NotAFile | None:
    r"""Return the text of a file of a package, with ``\n`` line ends.

    Return `NotAFile` for a folder or a link, and for a path below a link or a file, and
    None for a missing file. Text that is not UTF-8 is decoded with `surrogateescape`,
    so that a file of another program has a hash, too. Git may have converted line ends.
    """
    path = folder / name
    if any((folder / part).is_symlink() for part in _folders(name)):
        return NotAFile.NOT_A_FILE
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return NotAFile.NOT_A_FILE
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        if not folder.is_dir():
            raise
        return NotAFile.NOT_A_FILE


def remove(folder: Path, name: str) -> None:
    """Remove a file, the byte code of a module, and folders that are then empty."""
    path = folder / name
    path.unlink(missing_ok=True)
    # Byte code would keep an empty folder from being removed.
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)
    for empty in (cache, *(folder / part for part in _folders(name))):
        with suppress(OSError):
            empty.rmdir()


def remove_parts(folder: Path) -> None:
    """Remove partial files of killed builds, while no other build is running."""
    for part in (*folder.glob(f".*{PART}"), *folder.glob(f"{LIBRARY}/**/.*{PART}")):
        part.unlink(missing_ok=True)
    for empty in (*folder.glob(f"{LIBRARY}/*/"), folder / LIBRARY):
        with suppress(OSError):
            empty.rmdir()


def _folders(name: str) -> tuple[PurePosixPath, ...]:
    """Return the folders of a file inside its package, innermost first."""
    return tuple(PurePosixPath(name).parents)[:-1]


MARKER = ".snnc-building"
"""A file that exists, and is locked, while a build writes the package."""


@dataclass(frozen=True)
class PackageRecords:
    """The lock, and whether a build is unfinished.

    ``found`` is the text, folder or link at the lock's path; None if there is nothing.
    ``lock`` is `NO_LOCK` if it is missing or can't be read; ``flaw`` then says why, as
    a sentence. An unfinished build was interrupted or is still running.
    """

    folder: Path
    found: str | NotAFile | None = None
    lock: Lock = NO_LOCK
    flaw: str = ""
    is_unfinished: bool = False

    @classmethod
    def of(cls, folder: Path) -> PackageRecords:
        """Read the records; raise OSError if a file can't be read."""
        text = read(folder, NAME)
        lock = NO_LOCK
        flaw = ""
        if isinstance(text, str) and text:  # a power failure can leave an empty file
            try:
                lock = Lock.parse(text)
            except LockError as error:
                flaw = str(error)
        is_unfinished = bool(lock.writing) or os.path.lexists(folder / MARKER)
        return cls(folder, text, lock, flaw, is_unfinished)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The hashes in the lock, and of the library's files.

        The hash of a library file is empty if not all of these files match the lock,
        because edited files can't be identified then.
        """
        library = {}
        for path in sorted(self.folder.glob(f"{LIBRARY}/**/*.py")):
            name = path.relative_to(self.folder).as_posix()
            text = read(self.folder, name) if self.lock.library else None
            if isinstance(text, str) and is_generated(text):
                library[name] = text_hash(text)
        for name in self.lock.files:
            library.pop(name, None)
        if library_hash(library) != self.lock.library:
            library = dict.fromkeys(library, "")
        return {**library, **self.lock.files}

    def vouch_for(self, name: str, text: str) -> bool:
        """Return whether snnc wrote a text, in this or another build.

        The header decides if Git is merging the lock, or this file.
        """
        # No lock contains the hash of a file that Git merges (decision 012).
        if self.lock.is_merging or has_conflict(text):
            return is_generated(text)
        known = self.files.get(name), self.lock.writing.get(name)
        return text_hash(text) in known


def origin_of(folder: Path) -> Origin | None:
    """Return a package's origin; None if its lock has none."""
    try:
        return PackageRecords.of(folder).lock.origin
    except OSError:  # the build itself reports files that can't be read
        return None


def other_format(folder: Path) -> Diagnostic | None:
    """Return the error of a command that can't read the format of a package.

    Return None if this version of snnc writes the same format, or if the lock is
    missing. Raises OSError if the lock can't be read.
    """
    lock = PackageRecords.of(folder).lock
    if lock.format == FORMAT:
        return None
    return report_format(folder, lock, rebuild_command(folder))


def report_format(folder: Path, lock: Lock, command: str = "") -> Diagnostic:
    """Return the diagnostic for another format; ``command`` upgrades an older one."""
    rule: Callable[..., Diagnostic] = NewerFormat
    if lock.format <= FORMAT:
        rule = partial(OlderFormat, command=command)
    span = whole_file(folder)
    version = lock.version
    return rule(span=span, version=version, format=lock.format, known=FORMAT)


def rebuild_command(folder: Path) -> str:
    """Return the command that rebuilds a package, from the current folder."""
    output = folder.parent
    origin = origin_of(folder)
    spec = None if origin is None else origin.spec_path(output)
    if origin is None or spec is None:
        return f"snnc build SPEC -o {output.as_posix()}"
    seen = Path(os.path.relpath(spec)).as_posix()
    return build_command(seen, output.as_posix(), origin.device)
