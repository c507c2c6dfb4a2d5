"""Zip archives and JSON of strangers, read within bounds.

Members of an archive are taken by name alone, never unpacked by their paths.
"""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from snnc.importer.model import NOWHERE, RefusedModelError
from snnc.rules.models import DamagedModel, ModelTooLarge, UnsafeModel
from snnc.weights.header import RepeatedNameError, without_repeats

MOST_MEMBERS = 10_000
EXPANSION = 100
"""What has more than that many times its stored size is refused, above `SMALL`."""
SMALL = 16 * 1024 * 1024
LARGEST_MEMBER = 4 * 2**30
PIECE = 2**20
LARGEST_TEXT = 16 * 1024 * 1024
"""Bytes: fifteen times the text of the largest Keras application."""
DEEPEST = 100
"""Levels: a submodel adds five, and Keras itself fails long before."""


class Archive:
    """An archive that is open for reading.

    Raises
    ------
    RefusedModelError
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
            raise RefusedModelError(
                DamagedModel(span=NOWHERE, path=self.path, reason=reason)
            ) from error

    def _unsafe(self, reason: str) -> RefusedModelError:
        return RefusedModelError(
            UnsafeModel(span=NOWHERE, path=self.path, reason=reason)
        )


def _complaint(member: zipfile.ZipInfo) -> str:
    name = member.filename
    steps = name.replace("\\", "/").split("/")
    if ".." in steps or name.startswith(("/", "\\")) or ":" in steps[0]:
        return f"the path of `{name}` leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return f"`{name}` is a link"
    if member.flag_bits & 1:
        return f"`{name}` is encrypted"
    if member.file_size > LARGEST_MEMBER:
        size = member.file_size
        return f"`{name}` has {size} bytes, at most {LARGEST_MEMBER} are unpacked"
    if member.file_size > max(SMALL, EXPANSION * member.compress_size):
        return (
            f"`{name}` unpacks to {member.file_size} from {member.compress_size} bytes"
        )
    return ""


def parse(text: bytes | str, path: str, what: str) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    RefusedModelError
        If it is too long, nested too deeply, no JSON, has a key twice in one object or
        text that is no Unicode. ``what`` says which text it is.
    """
    size = len(text)
    if size > LARGEST_TEXT:
        raise RefusedModelError(
            ModelTooLarge(
                span=NOWHERE, path=path, what=what, size=size, limit=LARGEST_TEXT
            )
        )
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=without_repeats)
    except RecursionError as error:
        raise _deep(path, what) from error
    except RepeatedNameError as error:
        reason = f"{what} has the key {str(error)!r} twice in one object"
        raise RefusedModelError(_damaged(path, reason)) from error
    except ValueError as error:
        raise RefusedModelError(
            _damaged(path, f"{what} is no JSON ({error})")
        ) from error
    _check_depth(value, path, what)
    return value


def _check_depth(value: Any, path: str, what: str) -> None:
    """Refuse deep nesting, and halves of surrogate pairs, which can't be printed."""
    level = [value]
    for _ in range(DEEPEST):
        for text in (item for item in level if isinstance(item, str)):
            _check_text(text, path, what)
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise _deep(path, what)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str, path: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        reason = f"{what} has half of a surrogate pair in a text"
        raise RefusedModelError(_damaged(path, reason)) from error


def _damaged(path: str, reason: str) -> DamagedModel:
    return DamagedModel(span=NOWHERE, path=path, reason=reason)


def _deep(path: str, what: str) -> RefusedModelError:
    reason = f"{what} is nested more than {DEEPEST} levels deep"
    return RefusedModelError(UnsafeModel(span=NOWHERE, path=path, reason=reason))
