"""Reads and removes single files of a package."""

from __future__ import annotations

import enum
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath

from snnc.emit.files import LIBRARY
from snnc.runtime.files import PART


class Obstacle(enum.Enum):
    """What stands for anything that is not a regular file."""

    OBSTACLE = enum.auto()


def read(folder: Path, name: str) -> str | Obstacle | None:
    r"""Return a file's text, with ``\n`` line ends as in every checkout.

    Parameters
    ----------
    folder
        That of the package.
    name
        The file's path within it, POSIX.

    Returns
    -------
    str, Obstacle or None
        An obstacle for a folder or a link, and for what lies behind a link or a file;
        None for no file. What is not UTF-8 is read as `surrogateescape` has it.
    """
    path = folder / name
    if any((folder / part).is_symlink() for part in _folders(name)):
        return Obstacle.OBSTACLE
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Obstacle.OBSTACLE
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        if not folder.is_dir():
            raise
        return Obstacle.OBSTACLE


def remove(folder: Path, name: str) -> None:
    """Remove a file and, if it is a module, its byte code; then folders left empty."""
    path = folder / name
    path.unlink(missing_ok=True)
    cache = path.parent / "__pycache__"
    for compiled in cache.glob(f"{path.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)
    for empty in (cache, *(folder / part for part in _folders(name))):
        with suppress(OSError):
            empty.rmdir()


def remove_parts(folder: Path) -> None:
    """Remove what killed builds left half written; nobody else may be building."""
    for place in (folder, folder / LIBRARY):
        for part in place.glob(f".*{PART}"):
            part.unlink(missing_ok=True)
    with suppress(OSError):
        (folder / LIBRARY).rmdir()


def _folders(name: str) -> tuple[PurePosixPath, ...]:
    """The folders of a file within its package, the innermost first."""
    return tuple(PurePosixPath(name).parents)[:-1]
