"""The spec that a package was built from, as its lock tells."""

from __future__ import annotations

from pathlib import Path

from snnc.emit.owned.records import Records


def spec_of(folder: Path) -> Path | None:
    """Return the path of a package's spec; None if it is not where it was."""
    lock = Records.of(folder).lock
    if lock is None or lock.origin is None:
        return None
    spec = lock.origin.spec_path(folder.parent)
    return spec if spec is not None and spec.is_file() else None
