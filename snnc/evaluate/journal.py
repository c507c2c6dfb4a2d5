"""A run's parts on disk, one line of JSON each, as they come.

The first line says which run it is. Each ends with the digest of all up to it, so
that a line that was changed is noticed. The file is that of the results when the run
has ended, and what an interrupted run goes on with.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from snnc.evaluate.part import ExactPart, Scope, record, restore, span
from snnc.evaluate.refusals import (
    DamagedJournalError,
    NoJournalError,
    OtherRunError,
    OtherVersionError,
    UnfinishedError,
)
from snnc.runtime.files import write_file

# What tells a run from others: ``examples`` are presented as ``presentation`` says, a
# ``sample`` of them in the other way too.
Run = dict[str, Any]
HEAD = {"examples": int, "sample": int, "presentation": str}
MARK = {"snnc": "evaluation", "version": 7}
DIGITS = 16
_SEAL = re.compile(r', "sha256": "[0-9a-f]*"\}$')


class Journal:
    """A file that takes parts; ``done`` are those that it had."""

    def __init__(self, file: IO[str], done: list[ExactPart], digest: str) -> None:
        self.done = done
        self._file = file
        self._digest = digest

    def add(self, part: ExactPart) -> None:
        """Write a part; what is written outlives the process."""
        self.write(record(part))

    def write(self, content: dict[str, Any]) -> None:
        """Write a line with its digest.

        Raises
        ------
        OSError
            Naming the file, if it can't be written.
        """
        line, self._digest = _line(content, self._digest)
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._file.name) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what could not be written is told
            self._file.close()


def _line(content: dict[str, Any], before: str) -> tuple[str, str]:
    """Return a line with its digest, and that."""
    body = json.dumps(content)
    digest = _digest(before, body)
    return _sealed(body, digest) + "\n", digest


def _sealed(body: str, digest: str) -> str:
    return f'{body[:-1]}, "sha256": "{digest}"}}'


def _digest(before: str, body: str) -> str:
    return hashlib.sha256((before + body).encode()).hexdigest()[:DIGITS]


def open_journal(path: Path, run: Run, resume: bool, scope: Scope) -> Journal:
    """Begin a file for a run, or go on with it.

    Raises
    ------
    NoJournalError
        If the file is another program's.
    OtherVersionError
        If another version of snnc wrote it.
    DamagedJournalError
        If it was changed since.
    UnfinishedError
        If it would overwrite a run that was interrupted.
    OtherRunError
        If the run to resume is another.
    """
    content = _read(path) if path.is_file() else None
    if content is None:
        return _begin(path, run)
    if not resume:
        _refuse_unfinished(path, content)
        return _begin(path, run)
    others = [name for name, value in run.items() if content.head.get(name) != value]
    if others:
        raise OtherRunError(path, others)
    return _go_on(path, _parts(path, content, scope), content.digest)


@dataclass(frozen=True, slots=True)
class _Content:
    """The run of a file, its parts in JSON, and the digest of all of it."""

    head: Run
    parts: list[str]
    digest: str


def _read(path: Path) -> _Content | None:
    """Return what a file holds but for a half line at its end; None if it is empty."""
    data = path.read_bytes()
    if not data:
        return None
    lines = data[: data.rfind(b"\n") + 1].decode("utf-8", "replace").split("\n")[:-1]
    head = _head(path, lines)
    bodies, digest = [], ""
    for number, line in enumerate(lines, 1):
        body = _SEAL.sub("}", line)
        digest = _digest(digest, body)
        if line != _sealed(body, digest):
            raise DamagedJournalError(path, number)
        bodies.append(body)
    return _Content(head, bodies[1:], digest)


def _head(path: Path, lines: list[str]) -> Run:
    try:
        head = json.loads(lines[0])
        marks = {name: head[name] for name in MARK}
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise NoJournalError(path) from error
    if marks["snnc"] != MARK["snnc"]:
        raise NoJournalError(path)
    if marks != MARK:
        raise OtherVersionError(path)
    try:
        known = {name: kind(head[name]) for name, kind in HEAD.items()}
    except (LookupError, TypeError, ValueError) as error:
        raise NoJournalError(path) from error
    return {**head, **known}


def _refuse_unfinished(path: Path, content: _Content) -> None:
    examples, sample = content.head["examples"], content.head["sample"]
    done: Counter[str] = Counter()
    for number, body in enumerate(content.parts, 2):
        with _blaming(path, number):
            way, (start, stop) = span(body, examples)
        done[way] += stop - start
    if 0 < done.total() < examples + sample:
        raise UnfinishedError(path, done[content.head["presentation"]], examples)


def _parts(path: Path, content: _Content, scope: Scope) -> list[ExactPart]:
    """Return the parts, none of which has examples of another."""
    parts: list[ExactPart] = []
    taken = {way: np.zeros(count, bool) for way, count in scope.counts.items()}
    for number, body in enumerate(content.parts, 2):
        with _blaming(path, number):
            part = restore(body, scope)
            place = taken[part.presentation][part.start : part.stop]
            if place.any():
                raise ValueError("examples that another line has")
        place[:] = True
        parts.append(part)
    return parts


@contextmanager
def _blaming(path: Path, number: int) -> Iterator[None]:
    """Name the line in which something is wrong."""
    try:
        yield
    except (LookupError, ValueError) as error:
        raise DamagedJournalError(path, number) from error


def _begin(path: Path, run: Run) -> Journal:
    line, digest = _line({**MARK, **run}, "")
    write_file(path, line)
    return _appending(path, [], digest)


def _go_on(path: Path, done: list[ExactPart], digest: str) -> Journal:
    """Append behind the last whole line: a kill may have left half of one."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        write_file(path, data[: data.rfind(b"\n") + 1])
    return _appending(path, done, digest)


def _appending(path: Path, done: list[ExactPart], digest: str) -> Journal:
    return Journal(path.open("a", encoding="utf-8", newline="\n"), done, digest)
