"""Read source files, JSON and snnc's data files, and locate spans in source text."""

from __future__ import annotations

import errno
import json
import os
import stat
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple

from snnc.text.near import nearest_spelling


@dataclass(frozen=True, eq=False)
class SourceFile:
    r"""The text of one spec, which all of its spans share.

    ``name`` is the path as the user typed it, with forward slashes. ``text`` has
    ``\n`` line ends, so that offsets are equal on every checkout.
    """

    name: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = (0, *(i + 1 for i, c in enumerate(self.text) if c == "\n"))
        object.__setattr__(self, "_starts", starts)

    def line_column(self, offset: int) -> Position:
        """Return the line and column of a character offset."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line_start(self, line: int) -> int:
        """Return the offset of a line's first character; lines count from 1."""
        return self._starts[line - 1]

    def line_text(self, line: int) -> str:
        """Return the text of a line (counted from 1) without its line end."""
        start = self._starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def is_apart(self, offset: int) -> bool:
        """Return whether the text starts its line and is preceded by a blank line.

        The dash of a list item and a quote before the text are ignored.
        """
        line, column = self.line_column(offset)
        before = self.text[offset - column + 1 : offset]
        if line == 1 or before.strip(" \t-\"'"):
            return False
        return not self.line_text(line - 1).strip()

    @property
    def notation(self) -> Literal["snn", "yaml"]:
        """The notation, by the suffix of the name."""
        return "yaml" if self.name.endswith((".yaml", ".yml")) else "snn"

    @property
    def is_yaml(self) -> bool:
        return self.notation == "yaml"

    @property
    def whole(self) -> Span:
        """The span of the whole text."""
        return Span(self, 0, len(self.text))

    @property
    def end(self) -> Span:
        """The empty span after the last character that is not blank."""
        end = len(self.text.rstrip())
        return Span(self, end, end)

    @property
    def line_count(self) -> int:
        return len(self._starts)


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` up to, but not including, ``end`` of a file."""

    source: SourceFile
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= len(self.source.text):
            raise ValueError(f"span {self.start}:{self.end} is outside its file")

    @property
    def first(self) -> Position:
        """The position of the span's first character."""
        return self.source.line_column(self.start)

    @property
    def last(self) -> Position:
        """The position after the span's last character."""
        return self.source.line_column(self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def before(self) -> Span:
        """The empty span before the first character."""
        return Span(self.source, self.start, self.start)

    @property
    def after(self) -> Span:
        """The empty span after the last character."""
        return Span(self.source, self.end, self.end)

    def to(self, other: Span) -> Span:
        """Return the smallest span that includes this and another span of the file."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __repr__(self) -> str:
        return f"Span({self.source.name!r}, {self.start}, {self.end})"


def whole_file(name: str | PurePath) -> Span:
    """Return the span of an error about a whole file, which may be unread."""
    path = name if isinstance(name, str) else name.as_posix()
    return Span(SourceFile(path, ""), 0, 0)


LARGEST = 256 * 1024
"""The maximum size of a spec or a device file, in bytes."""


class NotRegularError(OSError):
    """Raised for a pipe, a socket or a device."""


class TooLargeError(OSError):
    """Raised for a file larger than ``LARGEST``; it has at least ``size`` bytes."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(errno.EFBIG, f"more than {LARGEST} bytes", str(path))
        self.size = size


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file, without opening pipes.

    Raise ValueError for an invalid path, otherwise `IsADirectoryError`,
    `NotRegularError`, `TooLargeError`, or an error of the operating system.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, "not a regular file", str(path))
    if status.st_size > LARGEST:
        raise TooLargeError(path, status.st_size)
    with open(path, "rb", opener=_open_at_once) as file:
        data = file.read(LARGEST + 1) or b""  # some files have no size or end
    if len(data) > LARGEST:
        raise TooLargeError(path, len(data))
    return data


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without blocking, in case a pipe has replaced the file."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class RepeatedNameError(Exception):
    """Raised if a JSON object has a name twice; the message is the name."""


def parse_json(text: bytes | str) -> Any:
    """Return the value of a JSON text.

    Raise RepeatedNameError if a name occurs twice in an object.
    """
    return json.loads(text, object_pairs_hook=_without_repeats)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedNameError(next(n for n in names if names.count(n) > 1))
    return unique


DOCUMENTATION = "https://snnc.readthedocs.io/en/stable/"
"""The address of the documentation, ending with a slash."""

_ROOT = Path(__file__).parent
_CHECKOUT = {"specs": "specs", "grammar": "grammar", "rules": "docs/rules"}


def spec_path(name: str) -> Path:
    """Return the path of an example spec, such as ``drift.snn``."""
    return _folder("specs") / name


def grammar_path() -> Path:
    """Return the path of the grammar of ``.snn`` files."""
    return _folder("grammar") / "snn.lark"


@cache
def rule_pages() -> dict[str, Path]:
    """Return the documentation page of each diagnostic, by code."""
    return {path.stem: path for path in sorted(_folder("rules").glob("SNN*.md"))}


def rule_page(code: str | int) -> str:
    """Return the page of a code or its number, or raise ValueError with a near code."""
    pages = rule_pages()
    code = str(code)
    code = f"SNN{code}" if code.isdecimal() else code
    page = pages.get(code.upper())
    if page is not None:
        return page.read_text(encoding="utf-8")
    near = nearest_spelling(code.upper(), pages)
    usual = "`snnc check` prints them, as in error[SNN301]"
    hint = f"did you mean {near}?" if near else usual
    raise ValueError(f"there is no code {code}; {hint}")


def _folder(name: str) -> Path:
    packaged = _ROOT / f"_{name}"
    return packaged if packaged.is_dir() else _ROOT.parent / _CHECKOUT[name]


def repository_around(folder: Path) -> Path | None:
    """Return the innermost repository that contains a folder, or None.

    A repository contains ``.git`` or ``pyproject.toml``.
    """
    marks = (".git", "pyproject.toml")
    folders = (folder, *folder.parents)
    return next((f for f in folders if any((f / m).exists() for m in marks)), None)
