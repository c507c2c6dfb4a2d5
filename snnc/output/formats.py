"""Says that a package is in the format of an older or a newer snnc."""

from __future__ import annotations

import os
from pathlib import Path

from snnc.diagnostics import Diagnostic
from snnc.emit.files import FORMAT
from snnc.emit.origin import build_command
from snnc.output.package import Lock
from snnc.output.records import PackageRecords
from snnc.rules.packages import NewerFormat, OlderFormat
from snnc.source import SourceFile, Span


def other_format(folder: Path) -> Diagnostic | None:
    """Return what to tell who uses a package of another format than this snnc's.

    Returns
    -------
    Diagnostic or None
        None as well for a package whose lock is lost.

    Raises
    ------
    OSError
        If the lock can't be read.
    """
    lock = PackageRecords.of(folder).lock
    if lock is None or lock.format == FORMAT:
        return None
    if lock.format > FORMAT:
        return newer(folder, lock)
    return older(folder, lock, _command(folder, lock))


def newer(folder: Path, lock: Lock) -> Diagnostic:
    """Return what to report of a package that a newer snnc wrote."""
    path = folder.as_posix()
    return NewerFormat(
        span=Span(SourceFile(path, ""), 0, 0),
        path=path,
        version=lock.version,
        format=lock.format,
        known=FORMAT,
    )


def older(folder: Path, lock: Lock, command: str) -> Diagnostic:
    """Return what to report of a package of an older format.

    Parameters
    ----------
    command
        What to type to upgrade it.
    """
    path = folder.as_posix()
    return OlderFormat(
        span=Span(SourceFile(path, ""), 0, 0),
        path=path,
        version=lock.version,
        format=lock.format,
        known=FORMAT,
        command=command,
    )


def _command(folder: Path, lock: Lock) -> str:
    """What builds a package anew, seen from the current folder."""
    output = folder.parent
    spec = None if lock.origin is None else lock.origin.spec_path(output)
    if lock.origin is None or spec is None:
        return f"snnc build SPEC -o {output.as_posix()}"
    seen = Path(os.path.relpath(spec)).as_posix()
    return build_command(seen, output.as_posix(), lock.origin.device)
