"""What a package's folder tells of what snnc wrote there: its lock and its format."""

from __future__ import annotations

import enum
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from snnc.diagnostics import Diagnostic
from snnc.emit.files import (
    FORMAT,
    LIBRARY,
    Origin,
    build_command,
    has_conflict,
    is_generated,
)
from snnc.output.package import NAME, Lock, LockError, library_hash, text_hash
from snnc.rules.packages import NewerFormat, OlderFormat
from snnc.runtime.files import PART
from snnc.source import whole_file


class Obstacle(enum.Enum):
    """What stands for anything that is not a regular file."""

    OBSTACLE = enum.auto()


def read(folder: Path, name: str) -> str | Obstacle | None:
    r"""Return a file's text, with ``\n`` line ends as in every checkout.

    Parameters
    ----------
    folder
        That of the package.
    name
        The file's path within it, POSIX.

    Returns
    -------
    str, Obstacle or None
        An obstacle for a folder or a link, and for what lies behind a link or a file;
        None for no file. What is not UTF-8 is read as `surrogateescape` has it.
    """
    path = folder / name
    if any((folder / part).is_symlink() for part in _folders(name)):
        return Obstacle.OBSTACLE
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Obstacle.OBSTACLE
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        if not folder.is_dir():
            raise
        return Obstacle.OBSTACLE


def remove(folder: Path, name: str) -> None:
    """Remove a file and, if it is a module, its byte code; then folders left empty."""
    path = folder / name
    path.unlink(missing_ok=True)
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)
    for empty in (cache, *(folder / part for part in _folders(name))):
        with suppress(OSError):
            empty.rmdir()


def remove_parts(folder: Path) -> None:
    """Remove what killed builds left half written; nobody else may be building."""
    for part in (*folder.glob(f".*{PART}"), *folder.glob(f"{LIBRARY}/**/.*{PART}")):
        part.unlink(missing_ok=True)
    for empty in (*folder.glob(f"{LIBRARY}/*/"), folder / LIBRARY):
        with suppress(OSError):
            empty.rmdir()


def _folders(name: str) -> tuple[PurePosixPath, ...]:
    """The folders of a file within its package, the innermost first."""
    return tuple(PurePosixPath(name).parents)[:-1]


MARKER = ".snnc-building"
"""A file that is there, and locked, while a build writes the package."""


@dataclass(frozen=True, slots=True)
class PackageRecords:
    """The lock, and whether a build has begun that has not ended.

    Attributes
    ----------
    found
        What stands in place of the lock.
    lock
        None if there is none, or none that can be read.
    flaw
        Why what stands there can't be read, as a sentence.
    is_unfinished
        Whether a build began that has not ended.
    library
        The hashes of the library's files that are there: with ``is_library_whole`` they
        are those that the lock tells.
    """

    found: str | Obstacle | None
    lock: Lock | None
    flaw: str = ""
    is_unfinished: bool = False
    library: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> PackageRecords:
        """Read them.

        Raises
        ------
        OSError
            If one can't be read.
        """
        text = read(folder, NAME)
        lock, flaw = None, ""
        if isinstance(text, str) and text:  # an empty file is what a power cut leaves
            try:
                lock = Lock.parse(text)
            except LockError as error:
                flaw = str(error)
        is_writing = lock is not None and bool(lock.writing)
        return cls(text, lock, flaw, is_writing or os.path.lexists(folder / MARKER))

    def with_library(self, folder: Path) -> PackageRecords:
        """Return them with what is there of the library that the lock tells of."""
        if self.lock is None or not self.lock.library:
            return self
        library = {}
        for path in sorted(folder.glob(f"{LIBRARY}/**/*.py")):
            name = path.relative_to(folder).as_posix()
            text = read(folder, name)
            if name in self.lock.files or not isinstance(text, str):
                continue
            if is_generated(text):
                library[name] = text_hash(text)
        return replace(self, library=library)

    @property
    def is_library_whole(self) -> bool:
        """Whether all files of the library are as the lock says."""
        lock = self.lock
        return lock is not None and library_hash(self.library) == lock.library

    @property
    def files(self) -> Mapping[str, str]:
        """The hashes that the lock tells, of each file of a library that is whole.

        Of one that is not, no file can be told from those that were edited.
        """
        if self.lock is None:
            return {}
        kept = (
            self.library if self.is_library_whole else dict.fromkeys(self.library, "")
        )
        return {**kept, **self.lock.files}

    @property
    def writing(self) -> Mapping[str, str]:
        """The hashes that files may have since, of which a build has not ended."""
        return {} if self.lock is None else self.lock.writing

    @property
    def is_merging(self) -> bool:
        """Whether the lock holds what a merge could not join."""
        return self.lock is not None and self.lock.is_merging

    @property
    def is_newer(self) -> bool:
        """Whether a newer snnc wrote the lock."""
        return self.lock is not None and self.lock.format > FORMAT

    def vouch_for(self, name: str, text: str) -> bool:
        """Whether a text is one that snnc wrote, in this or another build.

        What a merge made of two such texts counts as one, too.
        """
        if (self.is_merging or has_conflict(text)) and is_generated(text):
            return True
        return text_hash(text) in (self.files.get(name), self.writing.get(name))


def origin_of(folder: Path) -> Origin | None:
    """Return where a package comes from; None if its lock does not tell."""
    try:
        lock = PackageRecords.of(folder).lock
    except OSError:  # the build itself reports what can't be read
        return None
    return None if lock is None else lock.origin


def other_format(folder: Path) -> Diagnostic | None:
    """Return what to tell who uses a package of another format than this snnc's.

    Returns
    -------
    Diagnostic or None
        None as well for a package whose lock is lost.

    Raises
    ------
    OSError
        If the lock can't be read.
    """
    lock = PackageRecords.of(folder).lock
    if lock is None or lock.format == FORMAT:
        return None
    if lock.format > FORMAT:
        return newer(folder, lock)
    return older(folder, lock, rebuild_command(folder))


def newer(folder: Path, lock: Lock) -> Diagnostic:
    """Return what to report of a package that a newer snnc wrote."""
    path = folder.as_posix()
    return NewerFormat(
        span=whole_file(path),
        path=path,
        version=lock.version,
        format=lock.format,
        known=FORMAT,
    )


def older(folder: Path, lock: Lock, command: str) -> Diagnostic:
    """Return what to report of a package of an older format.

    Parameters
    ----------
    command
        What to type to upgrade it.
    """
    path = folder.as_posix()
    return OlderFormat(
        span=whole_file(path),
        path=path,
        version=lock.version,
        format=lock.format,
        known=FORMAT,
        command=command,
    )


def rebuild_command(folder: Path) -> str:
    """Return what builds a package anew, seen from the current folder."""
    output, origin = folder.parent, origin_of(folder)
    spec = None if origin is None else origin.spec_path(output)
    if origin is None or spec is None:
        return f"snnc build SPEC -o {output.as_posix()}"
    seen = Path(os.path.relpath(spec)).as_posix()
    return build_command(seen, output.as_posix(), origin.device)
