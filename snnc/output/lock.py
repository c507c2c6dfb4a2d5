"""Read and write ``snnc.lock``, which lists the files of a package that snnc owns."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from snnc.emit.files import FORMAT, LIBRARY, Origin, has_conflict
from snnc.text.version import __version__

NAME = "snnc.lock"
LONGEST_NAME = 255
LONGEST_PATH = 4095


class LockError(ValueError):
    """Raised if a text is not a lock; the message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A package's origin, and the hash of every owned file.

    The lock contains the version of snnc, but comparisons ignore it. So another version
    that writes the same bytes leaves the lock unchanged (decision 011).

    ``spec`` is the hash of the canonical spec, which excludes comments, and ``origin``
    is None if the lock lacks it. ``files`` contains the SHA-256 of each owned file
    outside the library, by path. A hash is empty if the file was edited and the
    previous lock is lost. ``library`` is the `library_hash`. It is empty during a
    build, and in locks of formats 1 and 2. ``files`` then includes the library's files.
    ``writing`` contains the SHA-256 of each file that an interrupted build was going to
    write. A file on disk may still have its hash in ``files`` instead. If the text has
    Git merge conflicts, ``is_merging`` is set, and the lock lists no files.
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
        if has_conflict(text):
            return cls("", None, is_merging=True)
        return _parse(text)

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
    # Anybody can edit a lock, but a build must not write outside its folder. A name
    # that is harmless on Linux may be a path on Windows (decision 012).
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


def _parse(text: str) -> Lock:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LockError("it is not JSON") from error
    if not isinstance(data, dict):
        raise LockError("it is not a JSON object")
    # A lock omits these if they are empty, and older formats lack them.
    data = {"writing": {}, "library": "", **data}
    number = data.get("format")
    version = data.get("snnc")
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
    source = data.get("source")
    output = data.get("output")
    device = data.get("device")
    parts = [value for value in (source, output, device) if value is not None]
    if not all(isinstance(value, str) and is_usable(value) for value in parts):
        raise LockError("it contains an invalid path")
    return Origin(source, output, device) if source and output else None
