"""Paths of specs as a code host sees them."""

from __future__ import annotations

import os
from pathlib import Path

MARKERS = (".git", "pyproject.toml")


def repository_path(name: str) -> str:
    """Return a path relative to the repository that holds it, POSIX.

    That is the nearest folder around the file that holds ``.git`` or
    ``pyproject.toml``. Outside any the path is relative to the current folder; where
    that would lead upwards, it stays as it is.
    """
    path = Path(os.path.abspath(name))
    around = path.parents
    here = Path.cwd()
    repository = next((f for f in around if _is_repository(f)), here)
    if repository not in around:
        return name
    return path.relative_to(repository).as_posix()


def _is_repository(folder: Path) -> bool:
    return any((folder / marker).exists() for marker in MARKERS)
