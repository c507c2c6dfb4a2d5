"""The expected files of a package, and what its folder records about its build.

``snnc.lock`` lists the files that snnc owns.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from snnc import __version__
from snnc.diagnostics import Diagnostic
from snnc.emit.files import (
    CONFLICT_MARK,
    FORMAT,
    LIBRARY,
    GeneratedFile,
    Origin,
    build_command,
    has_conflict,
    is_generated,
)
from snnc.rules.packages import NewerFormat, OlderFormat
from snnc.runtime.files import PART
from snnc.source import whole_file

NAME = "snnc.lock"
LONGEST_NAME = 255
LONGEST_PATH = 4095


class LockError(ValueError):
    """Raised if a text is not a lock; the message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A package's origin, and the hash of every owned file.

    The lock contains the version of snnc, but comparisons ignore it. So another version
    that writes the same bytes leaves the lock unchanged.

    ``spec`` is the hash of the canonical spec, which excludes comments, and ``origin``
    is None if the lock lacks it. ``files`` contains the SHA-256 of each owned file
    outside the library, by path. A hash is empty if the file was edited and the
    previous lock is lost. ``library`` is the `library_hash`. It is empty during a
    build, and in locks of formats 1 and 2. ``files`` then includes the library's files.
    ``writing`` contains the SHA-256 of each file that an interrupted build was going to
    write. A file on disk may still have its hash in ``files`` instead. If the text has
    Git merge conflicts, ``is_merging`` is set, and ``files`` lists the files of both
    sides, without meaningful hashes.
    """

    spec: str
    origin: Origin | None
    files: Mapping[str, str] = field(default_factory=dict)
    writing: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT
    version: str = field(default=__version__, compare=False)
    is_merging: bool = False
    library: str = ""

    @classmethod
    def parse(cls, text: str) -> Lock:
        """Parse a lock; raise LockError if the text is not a lock."""
        if not has_conflict(text):
            return _parse(text)
        try:
            ours, theirs = map(_parse, _sides(text))
        except LockError:
            return cls("", None, is_merging=True)
        newest = max(ours, theirs, key=lambda lock: lock.format)
        return replace(
            newest,
            origin=ours.origin,
            files={**theirs.files, **ours.files},
            is_merging=True,
        )

    def text(self) -> str:
        """Return the JSON text, which is the same on every machine."""
        origin = self.origin or Origin("", "")
        optional = {
            "device": origin.device,
            "library": self.library,
            "writing": dict(self.writing),
        }
        data = {
            "files": dict(self.files),
            "format": self.format,
            "output": origin.output,
            "snnc": __version__,
            "source": origin.spec,
            "spec": self.spec,
            **{name: value for name, value in optional.items() if value},
        }
        return json.dumps(data, indent=2, sort_keys=True) + "\n"


NO_LOCK = Lock("", None)
"""Stands for a lock that is missing or can't be read."""


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def library_hash(hashes: Mapping[str, str]) -> str:
    """Return a hash for the whole library, from the hashes and names of its files."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return text_hash("".join(lines))


def is_of_library(name: str) -> bool:
    """Return whether a path in the package is in the library's folder."""
    return name.startswith(f"{LIBRARY}/")


@lru_cache(1024)  # the names of library files are the same in each package
def is_plain(name: str) -> bool:
    """Return whether an untrusted name is a valid path in the package."""
    path = PurePosixPath(name)
    stays = not path.is_absolute() and path.parts and ".." not in path.parts
    return bool(
        stays
        and path.as_posix() == name
        and "\\" not in name
        and not PureWindowsPath(name).drive
        and is_usable(name)
    )


_UNUSABLE = re.compile("[\0\ud800-\udfff]")
"""A zero byte, or a lone surrogate."""


def is_usable(path: str) -> bool:
    """Return whether the operating system accepts a path."""
    if len(path) > LONGEST_PATH or _UNUSABLE.search(path):
        return False
    return all(len(part.encode()) <= LONGEST_NAME for part in PurePosixPath(path).parts)


def _sides(text: str) -> tuple[str, str]:
    """Return the two sides of a failed merge, without their common ancestor."""
    first, *rest = CONFLICT_MARK.split(text)
    parts = list(zip(rest[::2], rest[1::2], strict=True))
    ours = "".join(part for mark, part in parts if mark in "<>")
    theirs = "".join(part for mark, part in parts if mark in "=>")
    return first + ours, first + theirs


def _parse(text: str) -> Lock:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LockError("it is not JSON") from error
    if not isinstance(data, dict):
        raise LockError("it is not a JSON object")
    data = {"writing": {}, "library": "", **data}
    number, version = data.get("format"), data.get("snnc")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise LockError("it has no `format`, a whole number")
    known = version if isinstance(version, str) else ""
    lock = Lock("", None, format=number, version=known)
    try:
        return replace(
            lock,
            spec=_text(data, "spec"),
            origin=_origin(data),
            files=_files(data, "files"),
            writing=_files(data, "writing"),
            library=_text(data, "library"),
        )
    except LockError:
        if number > FORMAT:  # don't read the content of a newer version
            return lock
        raise


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise LockError(f"it has no `{name}`, a text")
    return value


def _files(data: Mapping[str, object], name: str) -> dict[str, str]:
    files = data.get(name)
    if not isinstance(files, dict):
        raise LockError(f"it has no `{name}`, an object")
    if not all(map(is_plain, files)):
        raise LockError("it lists a file that can't belong to the package")
    if not all(isinstance(value, str) for value in files.values()):
        raise LockError("it lists a file without its hash")
    return files


def _origin(data: Mapping[str, Any]) -> Origin | None:
    source, output, device = (data.get(n) for n in ("source", "output", "device"))
    parts = [value for value in (source, output, device) if value is not None]
    if not all(isinstance(value, str) and is_usable(value) for value in parts):
        raise LockError("it contains an invalid path")
    return Origin(source, output, device) if source and output else None


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
    None for a missing file. Text that is not UTF-8 is decoded with `surrogateescape`.
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
        lock, flaw = NO_LOCK, ""
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

        A merge of two such texts counts too.
        """
        if (self.lock.is_merging or has_conflict(text)) and is_generated(text):
            return True
        known = self.files.get(name), self.lock.writing.get(name)
        return text_hash(text) in known


def origin_of(folder: Path) -> Origin | None:
    """Return a package's origin; None if its lock has none."""
    try:
        return PackageRecords.of(folder).lock.origin
    except OSError:  # the build itself reports files that can't be read
        return None


def other_format(folder: Path) -> Diagnostic | None:
    """Return the diagnostic for users of a package in another format.

    Return None if the format is the same, or if the lock is missing. Raises OSError if
    the lock can't be read.
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
    span, version = whole_file(folder), lock.version
    return rule(span=span, version=version, format=lock.format, known=FORMAT)


def rebuild_command(folder: Path) -> str:
    """Return the command that rebuilds a package, from the current folder."""
    output, origin = folder.parent, origin_of(folder)
    spec = None if origin is None else origin.spec_path(output)
    if origin is None or spec is None:
        return f"snnc build SPEC -o {output.as_posix()}"
    seen = Path(os.path.relpath(spec)).as_posix()
    return build_command(seen, output.as_posix(), origin.device)
