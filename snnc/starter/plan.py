"""Where the files of `snnc init` go, and which of them are there already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from snnc.dataclass import dataclass
from snnc.runtime.files import write_file
from snnc.starter import AT_ROOT, starter_files


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written.

    Attributes
    ----------
    root
        The git repo's, as one types it; the folder itself where there is none.
    files
        The texts by their paths.
    kept
        Those that a repo has for others already, which it keeps: the texts that it
        may take something of.
    is_inside
        Whether the folder is within a git repo, and not its root.
    """

    root: Path
    files: dict[Path, str]
    kept: dict[Path, str]
    is_inside: bool

    @classmethod
    def of(cls, place: Path, requirement: str) -> Plan:
        """Return the plan for a folder; a workflow there installs ``requirement``."""
        root, prefix = _root_of(place)
        files = {
            (root if name in AT_ROOT else place) / name: text
            for name, text in starter_files(prefix, requirement).items()
        }
        kept = [root / name for name in AT_ROOT if prefix and (root / name).exists()]
        texts = {path: files.pop(path) for path in kept}
        return cls(root, files, texts, bool(prefix))

    @property
    def at_root(self) -> tuple[Path, ...]:
        """Those of the files that tools read at the root of a repo alone."""
        paths = (self.root / name for name in AT_ROOT)
        return tuple(path for path in paths if path in self.files)

    @property
    def taken(self) -> tuple[Path, ...]:
        """The files that are there, if only as a link that leads nowhere."""
        return tuple(path for path in self.files if os.path.lexists(path))

    def write(self) -> Iterator[Path]:
        """Write the files, and yield the path of each."""
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text)
            yield path


def _root_of(place: Path) -> tuple[Path, str]:
    """The git repo's root, as one types it, and the way from it to a folder."""
    real = Path(os.path.realpath(place))
    root = next((f for f in (real, *real.parents) if (f / ".git").exists()), real)
    prefix = "" if root == real else f"{real.relative_to(root).as_posix()}/"
    return (Path(os.path.relpath(root)) if prefix else place), prefix
