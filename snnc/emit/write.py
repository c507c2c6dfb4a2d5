"""Writes a package: whole files only, and none that somebody else owns."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from snnc.diagnostics import Diagnostic, Report
from snnc.emit.files import GeneratedFile, is_generated, is_intact
from snnc.emit.lock import NAME, Lock, text_hash
from snnc.rules.output import CannotWrite, EditedByHand, ForeignFile
from snnc.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Written:
    """The files that a build wrote and those that it left alone, by path."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]


def write_package(
    folder: Path,
    files: Sequence[GeneratedFile],
    spec_hash: str,
    force: bool,
    report: Report,
) -> Written | None:
    """Write the files that differ, then the lock.

    Parameters
    ----------
    folder
        The package's folder; it is made if it does not exist.
    spec_hash
        The hash of the canonical spec, for the lock.
    force
        Replace generated files that were edited by hand.
    report
        Gets SNN720 to SNN722.

    Returns
    -------
    Written or None
        None if something was reported. A refused build writes nothing; one that
        fails on the way leaves whole files and the old lock.
    """
    try:
        return _write(folder, files, spec_hash, force, report)
    except OSError as error:
        path = Path(error.filename or folder).as_posix()
        reason = error.strerror or str(error)
        report.add(CannotWrite(span=_nowhere(path), path=path, reason=reason))
        return None


def _write(
    folder: Path,
    files: Sequence[GeneratedFile],
    spec_hash: str,
    force: bool,
    report: Report,
) -> Written | None:
    found = {file.path: _read(folder / file.path) for file in files}
    lock_text = _read(folder / NAME)
    lock = Lock.parse(lock_text) if isinstance(lock_text, str) else None
    refusals = list(_refusals(folder, found, lock, force))
    for refusal in refusals:
        report.add(refusal)
    if refusals:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    lock_file = GeneratedFile(NAME, Lock.of(spec_hash, files).text())
    changed = [file for file in files if found[file.path] != file.text]
    if lock_text != lock_file.text:
        changed.append(lock_file)
    for file in changed:
        _replace(folder / file.path, file.text)
    written = tuple(file.path for file in changed)
    everything = (*(file.path for file in files), NAME)
    return Written(written, tuple(p for p in everything if p not in written))


class _NotText:
    """What stands for anything that is not a readable text file."""


def _read(path: Path) -> str | _NotText | None:
    r"""Return a file's text, with ``\n`` line ends as in every checkout."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return _NotText()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return _NotText()


def _refusals(
    folder: Path,
    found: dict[str, str | _NotText | None],
    lock: Lock | None,
    force: bool,
) -> Iterator[Diagnostic]:
    owned = lock.files if lock is not None else {}
    for name, text in found.items():
        path = (folder / name).as_posix()
        if text is None or text == "" or (isinstance(text, str) and is_intact(text)):
            continue
        if isinstance(text, _NotText) or not (name in owned or is_generated(text)):
            yield ForeignFile(span=_nowhere(path), path=path)
        elif text_hash(text) != owned.get(name) and not force:
            yield EditedByHand(span=_nowhere(path), path=path)


def _replace(path: Path, text: str) -> None:
    """Write beside the path and rename, so that no reader sees half a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _nowhere(path: str) -> Span:
    return Span(SourceFile(path, ""), 0, 0)
