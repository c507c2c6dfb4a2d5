"""Read spec files from disk or stdin, replace them, and format them."""

from __future__ import annotations

import errno
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.language.tree import Document
from snnc.runtime.files import write_file
from snnc.source import (
    LARGEST,
    NotRegularError,
    SourceFile,
    Span,
    TooLargeError,
    read_bytes,
    whole_file,
)

_BOM = b"\xef\xbb\xbf"
_YAML = (".yaml", ".yml")
_EDITION = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?snn[\"']?[ \t]*:", re.MULTILINE)


def read(path: str | Path, report: Diagnostics) -> SourceFile | None:
    r"""Read a spec file without a byte order mark, with line ends converted to ``\n``.

    Return None if the file can't be read.

    Parameters
    ----------
    path
        The path as the user typed it; diagnostics show it with forward slashes.
    report
        Receives an SNN7xx diagnostic if the file can't be read.

    Returns
    -------
    SourceFile or None
        None if the file can't be read.
    """
    name = Path(path).as_posix()
    try:
        data = read_bytes(Path(path))
    except (OSError, ValueError) as error:
        report.add(_unreadable(name, error))
        return None
    return decode(name, data, report)


def _unreadable(name: str, error: Exception) -> Diagnostic:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return rules.files.FileMissing(span=whole_file(name), name=name)
        case IsADirectoryError():
            return rules.files.FileIsDirectory(
                span=whole_file(name), is_package=is_package(name)
            )
        case NotRegularError():
            return rules.files.FileNotRegular(span=whole_file(name))
        case TooLargeError(size=size):
            return rules.files.FileTooLarge(
                span=whole_file(name), size=size, limit=LARGEST
            )
    reason = getattr(error, "strerror", None) or str(error)
    return rules.files.FileUnreadable(span=whole_file(name), name=name, reason=reason)


def decode(name: str, data: bytes, report: Diagnostics) -> SourceFile | None:
    """Decode the bytes of a file; report SNN703 if they are not UTF-8."""
    data = data.removeprefix(_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        report.add(_not_text(name, data, error.start))
        return None
    return SourceFile(name, _lines(text))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_text(name: str, data: bytes, offset: int) -> Diagnostic:
    """Describe the first byte that is not UTF-8, and show its line."""
    before = _lines(data[:offset].decode("utf-8"))
    source = SourceFile(name, before + _lines(data[offset:].decode("utf-8", "replace")))
    return rules.files.FileNotText(
        span=Span(source, len(before), len(before) + 1),
        byte=f"0x{data[offset]:02x}",
        offset=offset,
    )


STDIN = "-"
"""The path that means stdin."""

STDIN_NAME = "<stdin>"


def read_stdin(report: Diagnostics, name: str = STDIN_NAME) -> SourceFile | None:
    """Read a spec from stdin, or report why stdin can't be read.

    Return None if stdin can't be read.

    Parameters
    ----------
    report
        Receives SNN703 to SNN705 if stdin is not text, is too long or can't be read.
    name
        The name in diagnostics; its suffix determines the notation.
    """
    nowhere = whole_file(name)
    try:
        data = _beginning()
    except OSError as error:
        report.add(
            rules.files.FileUnreadable(
                span=nowhere, name=name, reason=error.strerror or str(error)
            )
        )
        return None
    if len(data) <= LARGEST:
        return decode(name, data, report)
    report.add(rules.files.FileTooLarge(span=nowhere, size=len(data), limit=LARGEST))
    return None


def _beginning() -> bytes:
    """Read stdin up to one byte beyond the limit."""
    if sys.stdin is None:  # Python sets it to None if it is closed
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read(LARGEST + 1)


def replace_text(path: str | Path, text: str, report: Diagnostics) -> bool:
    r"""Replace the text of an existing file atomically, and keep its mode.

    Return whether the file was written.

    Parameters
    ----------
    path
        The path as the user typed it; for a link, its target is replaced.
    text
        The new text with ``\n`` line ends, which are written unchanged.
    report
        Receives SNN723 if the file can't be written.

    Returns
    -------
    bool
        Whether the file was written.
    """
    try:
        write_file(path, text)
    except OSError as error:
        name = Path(path).as_posix()
        reason = error.strerror or str(error)
        nowhere = whole_file(name)
        report.add(rules.output.CannotRewrite(span=nowhere, reason=reason))
        return False
    return True


def is_package(folder: str) -> bool:
    """Return whether `snnc build` wrote a folder."""
    return Path(folder, "snnc.lock").is_file()


def specs_in(folder: Path) -> list[Path]:
    """Find the specs in a folder and the folders below it, sorted by path.

    A spec is any ``.snn`` file, and any YAML file with the key ``snn``. The search
    skips links, Python environments and folders whose names begin with a dot.
    """
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        if parent != str(folder) and "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in files if not name.startswith("."))
        yield from (p for p in paths if is_spec(p.name, partial(read_bytes, p)))


def is_spec(name: str, read: Callable[[], bytes]) -> bool:
    """Return whether a file is a spec, by its name and, for YAML, the key ``snn``."""
    suffix = PurePosixPath(name).suffix
    if suffix not in _YAML:
        return suffix == ".snn"
    try:
        return bool(_EDITION.search(read()))
    except OSError:
        return False


# The module and the function that print each notation.
_PRINTERS = {
    "snn": ("snnc.syntax.printer", "print_snn"),
    "yaml": ("snnc.syntax.yaml.printer", "print_yaml"),
}
SUFFIXES = (".snn", ".yaml", ".yml")


def can_format(name: str) -> bool:
    """Return whether a file with this name has a formatter."""
    return PurePosixPath(name).suffix in SUFFIXES


def format_document(document: Document) -> str:
    """Format a syntactically valid document in its own notation."""
    return print_document(document, document.span.source.notation)


def print_document(document: Document, notation: str) -> str:
    """Print a syntactically valid document as ``snn`` or ``yaml``."""
    module, function = _PRINTERS[notation]
    text: str = getattr(importlib.import_module(module), function)(document)
    return text
