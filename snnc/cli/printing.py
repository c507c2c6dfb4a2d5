"""Print data to stdout, diagnostics and messages to stderr, and add colours.

A full disk, a closed pipe or a closed stderr must not stop a run before all packages
are written, and must not go unnoticed. So the streams accept all output and remember
the first error.

For colours, https://no-color.org has priority, then https://force-color.org, then the
kind of stream.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import click

from snnc.cli.settings import repository_settings
from snnc.text.tables import printable

if TYPE_CHECKING:
    from snnc.diagnostics import Diagnostic
    from snnc.results.base import Result


_COMMAND = re.compile(r"##(?=\w*\[)")
"""The beginning of a command for a CI server, such as ``##vso[`` (decision 020)."""
Palette = Mapping[str, str]
"""Patterns and their colours; a line has the colour of the first pattern found."""

BOLD = "1"
RED = "31"
GREEN = "32"
YELLOW = "33"
BLUE = "34"
CYAN = "36"
PLAIN: Palette = {}
_LINES = {r"---|\+\+\+": BOLD, "@@": CYAN, "-": RED, r"\+": GREEN}
UNIFIED_DIFF = {f"^(?:{start}).*": colour for start, colour in _LINES.items()}
_SIGNS = {"-": RED, r"\+": GREEN, "~": YELLOW, ">": CYAN, "=": BLUE}
DIFFERENCE = {r"^[^ ].*": BOLD} | {
    rf"(?<=^  ){sign}(?= )": f"{BOLD};{colour}" for sign, colour in _SIGNS.items()
}
"""The titles and signs of `snnc diff`."""
REPORT = {
    r"^(?:layer |\w+: \d+ neurons?\b).*": BOLD,
    r"^note: .*": YELLOW,
    r"\b(?:9\d|100) %": YELLOW,
}
"""The headers, the total, the notes and the nearly full cores of `snnc report`."""


def print_result(result: Result, form: str, palette: Palette = PLAIN) -> None:
    """Print a result in the given format."""
    import snnc.views  # noqa: F401 - fills the table of the results' writers

    if form == "json":
        print_json(result.as_dict())
        return
    text = getattr(result, form)()
    if form == "html":
        print_data(text)
    else:
        print_lines(text, palette if form == "text" else PLAIN)


class Found(Protocol):
    """An object with diagnostics: a list, an error, or a tool's result."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...


def shown_diagnostics(found: Found) -> tuple[Diagnostic, ...]:
    """Return the diagnostics, without warnings that the settings allow."""
    everything = found.diagnostics
    if not everything:
        return ()
    allowed = repository_settings().allow
    return tuple(
        d for d in everything if d.severity == "error" or d.code not in allowed
    )


def print_diagnostics(found: Found) -> None:
    """Print all diagnostics to stderr, with colours if enabled."""
    shown = shown_diagnostics(found)
    if not shown:
        return
    from snnc.diagnostics.diagnostic_text import render  # most runs have no diagnostics

    colour = wants_colour(sys.stderr)
    text = render(shown, colour=colour)
    click.echo(text, err=True, nl=False, color=colour)


def has_option(option: str) -> bool:
    """Return whether a shared option is set: quiet or verbose."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.find_root().params.get(option))


def say(line: str) -> None:
    """Print one line of a message to stderr; with ``--quiet``, only errors."""
    if line.startswith("error") or not has_option("quiet"):
        click.echo(printable(line), err=True)


def say_lines(text: str) -> None:
    """Print the lines of a message to stderr."""
    for line in text.split("\n"):
        say(line)


def print_data(data: str) -> None:
    """Print data to stdout unchanged: a spec, a page or a schema."""
    click.echo(data, nl=False, color=True)  # this leaves escapes unchanged


def print_lines(text: str, palette: Palette = PLAIN) -> None:
    """Print text for people to stdout, with control characters except tabs escaped.

    The palette colours the lines if stdout supports colours.
    """
    cells = (line.split("\t") for line in text.removesuffix("\n").split("\n"))
    lines = ["\t".join(map(printable, row)) for row in cells]
    if wants_colour(sys.stdout):
        lines = [_paint(line, palette) for line in lines]
    print_data("\n".join(lines) + "\n")


def _paint(line: str, palette: Palette) -> str:
    for pattern, colour in palette.items():
        line, replacements = re.subn(pattern, f"\x1b[{colour}m\\g<0>\x1b[0m", line)
        if replacements:
            break
    return line


def print_json(document: Mapping[str, object]) -> None:
    """Print a document to stdout as JSON.

    NaN and infinity become null. In names, bytes that are not UTF-8 are escaped. The
    text is ASCII, and contains nothing that a CI server would run as a command.
    """
    text = json.dumps(_known_to_json(document), indent=2, allow_nan=False)
    print_data(_COMMAND.sub(r"#\\u0023", text) + "\n")


def _known_to_json(value: object) -> Any:
    if isinstance(value, Mapping):
        return {_known_to_json(key): _known_to_json(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_known_to_json, value))
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return None if isinstance(value, float) and not isfinite(value) else value


def wants_colour(stream: TextIO) -> bool:
    """Return whether to colour the output to a stream."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


class _File(io.FileIO):
    """A file that continues to accept bytes after a write error."""

    lost: OSError | None = None
    """The error; None without an error, or if the reader closed the file."""

    def write(self, data: Any, /) -> int:
        try:
            if self.lost is None:
                return super().write(data) or 0
        except BrokenPipeError:
            pass  # a reader such as `head` has read enough (decision 020)
        except OSError as error:
            self.lost = error
        return len(data)


@contextmanager
def lenient_streams() -> Iterator[_File | None]:
    """Replace stdout and stderr during a run; yield the file of the new stdout.

    The new streams accept any text; for example, they escape paths that are not UTF-8.
    Streams that are not files, as in tests and notebooks, are not replaced.
    """
    _occupy_closed()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _lenient(sys.stdout, 1), _lenient(sys.stderr, 2)
    new = sys.stdout, sys.stderr
    file = _file_of(sys.stdout)
    try:
        yield file if isinstance(file, _File) else None
    finally:
        for stream in new:
            with suppress(ValueError):  # if the user's code has closed it
                stream.flush()
        sys.stdout, sys.stderr = before


def _occupy_closed() -> None:
    """Open files for closed streams, so that no other file gets their numbers.

    Each file is opened in the wrong direction, so that using it still fails.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def _lenient(stream: TextIO | None, number: int) -> TextIO:
    encoding = "utf-8"
    if stream is not None:  # Python represents a closed stream by None
        if type(_file_of(stream)) is not io.FileIO:
            return stream
        stream.flush()
        number = stream.fileno()
        encoding = stream.encoding
    buffer = io.BufferedWriter(_File(number, "wb", closefd=False))
    return io.TextIOWrapper(
        buffer, encoding, errors="backslashreplace", write_through=True
    )


def _file_of(stream: TextIO) -> object:
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)  # `python -u` has no buffers
