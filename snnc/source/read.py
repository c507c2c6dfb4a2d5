"""Spec files from disk."""

from __future__ import annotations

import stat
from pathlib import Path

from snnc import rules
from snnc.diagnostics import Diagnostic, Report
from snnc.source import SourceFile, Span

LARGEST = 256 * 1024
_BOM = b"\xef\xbb\xbf"


def read(path: str | Path, report: Report) -> SourceFile | None:
    r"""Read a spec file, without a byte order mark and with ``\n`` line ends.

    Parameters
    ----------
    path
        As the user typed it; diagnostics show it with forward slashes.
    report
        Gets a diagnostic of the family SNN7xx if the file can't be read.

    Returns
    -------
    SourceFile or None
        None if the file can't be read.
    """
    name = Path(path).as_posix()
    try:
        data = _bytes(Path(path), name)
    except (OSError, ValueError) as error:
        data = _unreadable(name, error)
    if isinstance(data, Diagnostic):
        report.add(data)
        return None
    return _decode(name, data, report)


def _nowhere(name: str) -> Span:
    return Span(SourceFile(name, ""), 0, 0)


def _bytes(path: Path, name: str) -> bytes | Diagnostic:
    """The content of a file, if it is one; a pipe is not even opened."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        return rules.files.FileIsDirectory(span=_nowhere(name), name=name)
    if not stat.S_ISREG(status.st_mode):
        return rules.files.FileNotRegular(span=_nowhere(name), name=name)
    if status.st_size > LARGEST:
        return rules.files.FileTooLarge(
            span=_nowhere(name), size=status.st_size, limit=LARGEST
        )
    return path.read_bytes()


def _unreadable(name: str, error: Exception) -> Diagnostic:
    missing = (FileNotFoundError, NotADirectoryError)
    if isinstance(error, missing):
        return rules.files.FileMissing(span=_nowhere(name), name=name)
    reason = getattr(error, "strerror", None) or str(error)
    return rules.files.FileUnreadable(span=_nowhere(name), name=name, reason=reason)


def _decode(name: str, data: bytes, report: Report) -> SourceFile | None:
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
    """Point at the first byte that is not UTF-8, in what can be read of the file."""
    before = _lines(data[:offset].decode("utf-8"))
    source = SourceFile(name, before + _lines(data[offset:].decode("utf-8", "replace")))
    return rules.files.FileNotText(
        span=Span(source, len(before), len(before) + 1),
        byte=f"0x{data[offset]:02x}",
        offset=offset,
    )
