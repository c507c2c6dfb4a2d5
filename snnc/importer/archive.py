"""Zip archives of strangers: members by name alone, never unpacked by their paths."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.models import DamagedModel, UnsafeModel

MOST_MEMBERS = 10_000
EXPANSION = 100
"""A member of more than that many times its packed size is refused, above `SMALL`."""
SMALL = 16 * 1024 * 1024
LARGEST = 4 * 2**30
PIECE = 2**20


class Archive:
    """An archive that is open for reading.

    Raises
    ------
    RefusedError
        By every method too: if it is damaged, or has members that no program should
        unpack: paths that lead out of it, links, names twice, encrypted ones, bombs.
    """

    def __init__(self, file: Path, path: str) -> None:
        self.path = path
        with self._sound():
            self._zip = zipfile.ZipFile(file)
            members = self._zip.infolist()
            if len(members) > MOST_MEMBERS:
                raise self._unsafe(f"the archive has {len(members)} members")
            for member in members:
                if reason := _complaint(member):
                    raise self._unsafe(reason)
            counts = Counter(member.filename for member in members)
            if twice := [name for name, count in counts.items() if count > 1]:
                raise self._unsafe(f"`{twice[0]}` is in the archive twice")

    def close(self) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        return self._zip.namelist()

    def read(self, name: str, most: int) -> bytes:
        """Return a member, or at least ``most + 1`` bytes of a longer one."""
        with self._sound(), self._zip.open(name) as member:
            return member.read(most + 1)

    def copy(self, name: str, target: IO[bytes]) -> None:
        """Write a member to a file, in pieces.

        Raises
        ------
        OSError
            If the file can't be written.
        """
        for piece in self._pieces(name):
            target.write(piece)
        target.flush()

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Give a member in pieces, and no more of it than it claims."""
        left = self._zip.getinfo(name).file_size
        with self._sound(), self._zip.open(name) as member:
            while piece := member.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise self._unsafe(f"`{name}` is longer than it claims")
                yield piece

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Turn whatever zipfile raises on a damaged archive into a refusal."""
        try:
            yield
        except (
            EOFError, IndexError, KeyError, NotImplementedError, OSError, RuntimeError,
            ValueError, zipfile.BadZipFile, zlib.error,
        ) as error:  # fmt: skip
            reason = str(error) or type(error).__name__
            raise RefusedError(
                DamagedModel(span=NOWHERE, path=self.path, reason=reason)
            ) from error

    def _unsafe(self, reason: str) -> RefusedError:
        return RefusedError(UnsafeModel(span=NOWHERE, path=self.path, reason=reason))


def _complaint(member: zipfile.ZipInfo) -> str:
    name = member.filename
    steps = name.replace("\\", "/").split("/")
    if ".." in steps or name.startswith(("/", "\\")) or ":" in steps[0]:
        return f"the path of `{name}` leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return f"`{name}` is a link"
    if member.flag_bits & 1:
        return f"`{name}` is encrypted"
    if member.file_size > LARGEST:
        return f"`{name}` has {member.file_size} bytes, at most {LARGEST} are unpacked"
    if member.file_size > max(SMALL, EXPANSION * member.compress_size):
        return (
            f"`{name}` unpacks to {member.file_size} from {member.compress_size} bytes"
        )
    return ""
