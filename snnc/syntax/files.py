"""Read spec files from disk or stdin, replace them, and format them."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from snnc import rules, source
from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.language.tree import Document
from snnc.runtime.files import write_file
from snnc.source import LARGEST, SourceFile, Span, TooLargeError, read_bytes, whole_file

Read = Callable[[], bytes]

_BOM = b"\xef\xbb\xbf"
_YAML = (".yaml", ".yml")
SUFFIXES = (".snn", *_YAML)
_MODELS = (".keras", ".h5", ".hdf5", ".nir")
_EDITION = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?snn[\"']?[ \t]*:", re.MULTILINE)


def read(path: str | Path, report: Diagnostics) -> SourceFile | None:
    r"""Read a spec file without a byte order mark, with line ends converted to ``\n``.

    Diagnostics show the path as the user typed it, with forward slashes. If the file
    can't be read, report SNN7xx, and return None.
    """
    name = Path(path).as_posix()
    if name.endswith(_MODELS) and Path(path).is_file():
        report.add(rules.files.FileIsModel(span=whole_file(name)))
        return None
    return _decode(name, partial(read_bytes, Path(path)), report)


def _decode(name: str, read: Read, report: Diagnostics) -> SourceFile | None:
    try:
        return decode(name, read(), report)
    except (OSError, ValueError) as error:
        report.add(_unreadable(name, error))
    return None


def _unreadable(name: str, error: Exception) -> Diagnostic:
    span = whole_file(name)
    match error:
        case FileNotFoundError() | NotADirectoryError():
            missing = rules.files.FileMissing(span=span, name=name)
            near = (f"{name}{suffix}" for suffix in SUFFIXES)
            known = next((path for path in near if Path(path).is_file()), "")
            return missing.but(advice=f"did you mean `{known}`?") if known else missing
        case IsADirectoryError():
            return rules.files.FileIsDirectory(span=span, is_package=is_package(name))
        case source.NotRegularError():
            return rules.files.FileNotRegular(span=span)
        case TooLargeError(size=size):
            return rules.files.FileTooLarge(span=span, size=size, limit=LARGEST)
    reason = getattr(error, "strerror", None) or str(error)
    return rules.files.FileUnreadable(span=span, name=name, reason=reason)


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
    after = _lines(data[offset:].decode("utf-8", "replace"))
    return rules.files.FileNotText(
        span=Span(SourceFile(name, before + after), len(before), len(before) + 1),
        byte=f"0x{data[offset]:02x}",
        offset=offset,
    )


STDIN = "-"
"""The path that means stdin."""

STDIN_NAME = "<stdin>"


def read_stdin(report: Diagnostics, name: str = STDIN_NAME) -> SourceFile | None:
    """Read a spec from stdin; the suffix of ``name`` determines the notation.

    If stdin is not text, is too long or can't be read, report SNN703 to SNN705, and
    return None.
    """
    return _decode(name, _read_stdin, report)


def _read_stdin() -> bytes:
    if sys.stdin is None:  # Python sets it to None if it is closed
        raise OSError(errno.EBADF, "it is closed")
    # One byte more than the limit is enough to know that stdin is too long.
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TooLargeError(Path(STDIN), len(data))
    return data


def replace_text(path: str | Path, text: str, report: Diagnostics) -> bool:
    """Replace the text of an existing file atomically, and keep its mode.

    For a link, its target is replaced. Line ends are written unchanged. If the file
    can't be written, report SNN723, and return False.
    """
    try:
        write_file(path, text)
    except OSError as error:
        span = whole_file(Path(path))
        reason = error.strerror or str(error)
        report.add(rules.files.CannotRewrite(span=span, reason=reason))
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
        # A folder that the user names is searched, even if it is an environment.
        if parent != str(folder) and "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in files if not name.startswith("."))
        yield from (p for p in paths if is_spec(p.name, partial(read_bytes, p)))


def is_spec(name: str, read: Read) -> bool:
    """Return whether a file is a spec, by its name and, for YAML, the key ``snn``."""
    suffix = PurePosixPath(name).suffix
    if suffix not in _YAML:
        return suffix == ".snn"
    try:
        return bool(_EDITION.search(read()))
    except OSError:
        return False


def can_format(name: str) -> bool:
    """Return whether a file with this name has a formatter."""
    return PurePosixPath(name).suffix in SUFFIXES


def format_document(document: Document) -> str:
    """Format a syntactically valid document in its own notation."""
    return print_document(document, document.span.source.notation)


def print_document(document: Document, notation: str) -> str:
    """Print a syntactically valid document as ``snn`` or ``yaml``."""
    # Import late: `snnc check` prints nothing.
    if notation == "yaml":
        from snnc.syntax.yaml.printer import print_yaml

        return print_yaml(document)
    from snnc.syntax.printer import print_snn

    return print_snn(document)
