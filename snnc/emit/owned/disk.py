"""Reads and replaces single files."""

from __future__ import annotations

import enum
import stat
from contextlib import suppress
from pathlib import Path

from snnc.runtime.files import PART


class Obstacle(enum.Enum):
    """What stands for anything that is not a readable text file."""

    OBSTACLE = enum.auto()


def read(path: Path) -> str | Obstacle | None:
    r"""Return a file's text, with ``\n`` line ends as in every checkout.

    Returns
    -------
    str, Obstacle or None
        An obstacle for a folder, a link or what is not UTF-8; None for no file.
    """
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            return Obstacle.OBSTACLE
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return Obstacle.OBSTACLE


def remove(path: Path) -> None:
    """Remove a file and, if it is a module, its byte code."""
    path.unlink(missing_ok=True)
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)
    with suppress(OSError):
        cache.rmdir()


def remove_parts(folder: Path) -> None:
    """Remove what killed builds left half written; nobody else may be building."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)
