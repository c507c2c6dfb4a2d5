"""The spec that a package was built from, as its lock tells."""

from __future__ import annotations

from pathlib import Path

from snnc.emit.origin import repo_around
from snnc.emit.owned.lock import NAME, Lock


def spec_of(folder: Path) -> Path | None:
    """Return the path of a package's spec; None if it is not where it was."""
    try:
        lock = Lock.parse((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    if lock is None or lock.origin is None:
        return None
    spec = repo_around(folder.parent) / lock.origin.spec
    return spec if spec.is_file() else None
