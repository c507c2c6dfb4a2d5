"""The expected files of a package, and ``snnc.lock``, which lists these files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from snnc import __version__
from snnc.emit.files import FORMAT, LIBRARY, GeneratedFile, Origin, has_conflict

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

    Attributes
    ----------
    spec
        The hash of the canonical spec, which excludes comments.
    origin
        The spec, the output and the device, relative to the user's repository; None if
        the lock lacks them.
    files
        The SHA-256 of each owned file outside the library, by path. The hash is empty
        if the file was edited and the previous lock is lost.
    library
        The `library_hash` of the run-time library. The hash is empty during a build,
        and in locks of formats 1 and 2. ``files`` then includes the library's files.
    writing
        The SHA-256 of each file that an interrupted build was going to write. A file on
        disk may still have its hash in ``files`` instead.
    is_merging
        Whether the text has Git merge conflicts. ``files`` then lists the files of both
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
        """Parse a lock.

        Raise LockError if the text is not a lock.
        """
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
        data: dict[str, object] = {
            "files": dict(sorted(self.files.items())),
            "format": self.format,
            "output": origin.output,
            "snnc": __version__,
            "source": origin.spec,
            "spec": self.spec,
        }
        if origin.device is not None:
            data["device"] = origin.device
        if self.library:
            data["library"] = self.library
        if self.writing:
            data["writing"] = dict(sorted(self.writing.items()))
        return json.dumps(dict(sorted(data.items())), indent=2) + "\n"


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


def is_usable(path: str) -> bool:
    """Return whether the operating system accepts a path."""
    if "\0" in path or len(path) > LONGEST_PATH:
        return False
    try:
        parts = [part.encode("utf-8") for part in PurePosixPath(path).parts]
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return all(len(part) <= LONGEST_NAME for part in parts)


def _sides(text: str) -> tuple[str, str]:
    """Return the two sides of a failed merge, without their common ancestor."""
    sides: tuple[list[str], list[str]] = ([], [])
    now = sides
    for line in text.splitlines(keepends=True):
        if line.startswith("<<<<<<<"):
            now = (sides[0], [])
        elif line.startswith("|||||||"):
            now = ([], [])
        elif line.startswith("======="):
            now = ([], sides[1])
        elif line.startswith(">>>>>>>"):
            now = sides
        else:
            for side in now:
                side.append(line)
    return "".join(sides[0]), "".join(sides[1])


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

    Attributes
    ----------
    folder
        The folder of the package, relative to the path that the user typed.
    files
        Every file except the lock.
    lock
        The lock for these files, or of the package to remove.
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
