"""Data on stdout, diagnostics and messages on stderr, and what is painted on them.

A full disk, a reader that has gone or a closed stderr must neither end a run halfway,
with packages unwritten, nor pass unnoticed: the streams take whatever is written and
remember what got lost.

Of colours, https://no-color.org comes first, then https://force-color.org, then what
the stream is.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, TextIO

import click

from snnc.text.tables import printable

if TYPE_CHECKING:
    from snnc.diagnostics import Report


_COMMAND = re.compile(r"##(?=\w*\[)")
ESCAPES = re.compile(r"\x1b\[[\d;]*m")
Paint = Callable[[str], str]
"""Colours one line, which is printable already."""

BOLD, RED, GREEN, YELLOW, BLUE, CYAN = "1", "31", "32", "33", "34", "36"
_TOTAL = re.compile(r"\w+: \d+ neurons?\b")
_FULL = re.compile(r"\b(?:9\d|100) %")
_SIGN = re.compile(r"  ([-+~>=]) ")
_SIGNS = {"-": RED, "+": GREEN, "~": YELLOW, ">": CYAN, "=": BLUE}
_UNIFIED = {"---": BOLD, "+++": BOLD, "@@": CYAN, "-": RED, "+": GREEN}


def print_diagnostics(report: Report) -> None:
    """Print all diagnostics to stderr, in colour where that is wanted."""
    if not report.diagnostics:
        return
    from snnc.diagnostics.diagnostic_text import render

    colour = wants_colour(sys.stderr)
    text = render(report.diagnostics, colour=colour)
    click.echo(text, err=True, nl=False, color=colour)


def say(line: str) -> None:
    """Print one line of talk to stderr."""
    click.echo(printable(line), err=True)


def print_data(data: str) -> None:
    """Print data to stdout, to the letter: a spec, a page, a schema."""
    click.echo(data, nl=False, color=True)  # which leaves escapes as they are


def print_lines(text: str, paint: Paint | None = None) -> None:
    """Print to stdout what people read: tables, differences; each line printable.

    ``paint`` colours the lines where stdout gets colours.
    """
    lines = map(_line, text.removesuffix("\n").split("\n"))
    if paint is not None and wants_colour(sys.stdout):
        lines = map(paint, lines)
    print_data("\n".join(lines) + "\n")


def _line(text: str) -> str:
    """A printable line; a difference shows the tabs of a file."""
    return "\t".join(map(printable, text.split("\t")))


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document to stdout as JSON.

    What JSON does not know becomes null, as NaN and infinity, or an escape, as bytes of
    a name that are no UTF-8. The text is ASCII and commands no CI server.
    """
    text = json.dumps(_known_to_json(document), indent=2, allow_nan=False)
    print_data(_COMMAND.sub(r"#\\u0023", text) + "\n")


def _known_to_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_known_to_json(key): _known_to_json(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_known_to_json, value))
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return None if isinstance(value, float) and not isfinite(value) else value


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream of the command line gets colours."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else text


def paint_unified_diff(line: str) -> str:
    """Colour a line of a unified diff."""
    for start, code in _UNIFIED.items():
        if line.startswith(start):
            return painted(line, code)
    return line


def paint_difference(line: str) -> str:
    """Colour a line of `snnc diff`: titles, and the signs of what changed."""
    if line and not line.startswith(" "):
        return painted(line, BOLD)
    match = _SIGN.match(line)
    if match is None:
        return line
    return f"  {painted(match[1], f'{BOLD};{_SIGNS[match[1]]}')} {line[match.end() :]}"


def paint_report(line: str) -> str:
    """Colour a line of `snnc report`: heads, the total, what is nearly full."""
    if line.startswith("layer ") or _TOTAL.match(line):
        return painted(line, BOLD)
    if line.startswith("note: "):
        return painted(line, YELLOW)
    return _FULL.sub(lambda match: painted(match[0], YELLOW), line)


class _Raw(io.RawIOBase):
    """A file that goes on taking bytes when it can't be written any more."""

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, data: Any, /) -> int:
        if self.error is None:
            try:
                return self._file.write(data) or 0
            except OSError as error:
                self.error = error
        return len(data)


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of a run."""

    stdout: _Raw | None

    @property
    def lost(self) -> OSError | None:
        """Why data did not reach stdout; None if all did, or nobody wants more."""
        error = self.stdout.error if self.stdout is not None else None
        return None if isinstance(error, BrokenPipeError) else error


@contextmanager
def lenient_streams() -> Iterator[Streams]:
    """Replace stdout and stderr for the time of a run.

    They take any text, such as paths that are no UTF-8, by escapes. What is not a
    file, as in tests and notebooks, stays as it is.
    """
    _occupy_closed()
    before = sys.stdout, sys.stderr
    stdout, out = _lenient(sys.stdout, 1)
    stderr, _ = _lenient(sys.stderr, 2)
    sys.stdout, sys.stderr = stdout, stderr
    try:
        yield Streams(out)
    finally:
        for stream in (stdout, stderr):
            with suppress(ValueError):  # the user's code may have closed it
                stream.flush()
        sys.stdout, sys.stderr = before


def _occupy_closed() -> None:
    """Give closed streams a file, lest the next that is opened gets their number.

    Each is opened the wrong way round, so that using it still fails.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def _lenient(stream: TextIO | None, number: int) -> tuple[TextIO, _Raw | None]:
    if stream is None:  # so Python shows a closed one
        raw = _Raw(io.FileIO(number, "wb", closefd=False))
        return _text(raw, "utf-8"), raw
    if not isinstance(stream, io.TextIOWrapper):
        return stream, None
    file = getattr(stream.buffer, "raw", stream.buffer)  # itself with `python -u`
    if not isinstance(file, io.RawIOBase):
        return stream, None
    stream.flush()
    raw = _Raw(file)
    return _text(raw, stream.encoding), raw


def _text(raw: _Raw, encoding: str) -> TextIO:
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer, encoding, errors="backslashreplace", write_through=True
    )
