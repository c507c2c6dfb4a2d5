"""What a folder should hold of snnc's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from snnc.emit.files import GeneratedFile
from snnc.emit.origin import Origin
from snnc.output.lock import Lock, text_hash


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it should be; one that should be gone has no files.

    Attributes
    ----------
    folder
        The folder of the package, as the user typed its beginning.
    files
        Every file but the lock.
    lock
        The lock of these files, or that of a package that should be gone.
    """

    folder: Path
    files: tuple[GeneratedFile, ...]
    lock: Lock

    @classmethod
    def of(
        cls,
        folder: Path,
        files: Sequence[GeneratedFile],
        spec_hash: str,
        origin: Origin,
    ) -> Package:
        """Return the package of a spec."""
        hashes = {file.path: text_hash(file.text) for file in files}
        return cls(folder, tuple(files), Lock(spec_hash, origin, hashes))

    @classmethod
    def gone(cls, folder: Path, lock: Lock) -> Package:
        """Return what an orphaned package, of this lock, should be: nothing."""
        return cls(folder, (), lock)

    def lock_text(self, kept: Mapping[str, str]) -> str | None:
        """Return the lock's text with further files in it; None if it has no file."""
        files = {**(self.lock.files if self.files else {}), **kept}
        return replace(self.lock, files=files).text() if files else None
