"""The files that `snnc init` writes, and where they go.

Their names here have no leading dot, so that no tool takes them for its own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from snnc.runtime.files import write_file

_FOLDER = Path(__file__).parent / "files"
UNPINNED = "snnc"
"""What a workflow installs where nothing tells which version can be had."""

SPEC = "specs/starter.snn"

WORKFLOW = ".github/workflows/snnc.yml"
AT_ROOT = (".pre-commit-config.yaml", WORKFLOW)
EXTENDED = (".gitattributes", ".gitignore")
"""Files of independent lines, which are added to a file that exists."""

_NAMES = {
    SPEC: "starter.snn",
    ".gitattributes": "gitattributes",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    WORKFLOW: "workflow.yml",
}


def installed_from() -> str:
    """What pip installs to get this snnc: the commit that it was installed from.

    `UNPINNED` if it was installed otherwise: a version number tells nobody where that
    version is. https://packaging.python.org/en/latest/specifications/direct-url/
    """
    try:
        url = json.loads(distribution("snnc").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return UNPINNED
    vcs = url.get("vcs_info", {})
    if vcs.get("vcs") != "git" or "commit_id" not in vcs:
        return UNPINNED
    return f"snnc @ git+{url['url']}@{vcs['commit_id']}"


def starter_files(prefix: str = "", requirement: str = UNPINNED) -> dict[str, str]:
    """Return the text of each file, by its path (POSIX).

    Parameters
    ----------
    prefix
        The way from the git repo's root to the folder, empty or ending in ``/``.
        GitHub and pre-commit read what is at the root alone (`AT_ROOT`).
    requirement
        What the workflow installs with pip.
    """
    return {path: _text(name, prefix, requirement) for path, name in _NAMES.items()}


def _text(name: str, prefix: str, requirement: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    text = text.replace("@regex@", re.escape(prefix))
    text = text.replace("@folder@", shlex.quote(prefix) if prefix else "")
    return text.replace("@requirement@", shlex.quote(requirement))


@dataclass(frozen=True, slots=True)
class StarterPlan:
    """What is to be written.

    Attributes
    ----------
    root
        The git repo's, as one types it; the folder itself where there is none.
    files
        The texts by their paths.
    added
        The lines that files lack which exist, by their paths.
    kept
        Those that a repo has for others already, which it keeps: the texts that it
        may take something of.
    is_inside
        Whether the folder is within a git repo, and not its root.
    """

    root: Path
    files: dict[Path, str]
    added: dict[Path, list[str]]
    kept: dict[Path, str]
    is_inside: bool

    @classmethod
    def of(cls, place: Path, requirement: str) -> StarterPlan:
        """Return the plan for a folder; a workflow there installs ``requirement``."""
        root, prefix = _root_of(place)
        files = {
            (root if name in AT_ROOT else place) / name: text
            for name, text in starter_files(prefix, requirement).items()
        }
        kept = [root / name for name in AT_ROOT if (root / name).exists()]
        texts = {path: files.pop(path) for path in kept}
        there = [place / name for name in EXTENDED if (place / name).is_file()]
        added = {path: _missing(path, files.pop(path)) for path in there}
        return cls(root, files, added, texts, bool(prefix))

    @property
    def at_root(self) -> tuple[Path, ...]:
        """Those of the files that tools read at the root of a repo alone."""
        paths = (self.root / name for name in AT_ROOT)
        return tuple(path for path in paths if path in self.files)

    @property
    def existing_files(self) -> tuple[Path, ...]:
        """The files that are there, if only as a link that leads nowhere."""
        return tuple(path for path in self.files if os.path.lexists(path))

    def write(self) -> Iterator[Path]:
        """Write the files, and yield the path of each."""
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text)
            yield path
        for path, lines in self.added.items():
            if not lines:
                continue
            before = path.read_bytes()
            with path.open("ab") as file:  # keeps line ends and encoding
                gap = b"\n" if before and not before.endswith(b"\n") else b""
                file.write(gap + "".join(f"{line}\n" for line in lines).encode())
            yield path


def _missing(path: Path, text: str) -> list[str]:
    """Return the lines of a text that a file does not have."""
    known = set(path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [line for line in text.splitlines() if line not in known]


def _root_of(place: Path) -> tuple[Path, str]:
    """The git repo's root, as one types it, and the way from it to a folder."""
    real = Path(os.path.realpath(place))
    root = next((f for f in (real, *real.parents) if (f / ".git").exists()), real)
    prefix = "" if root == real else f"{real.relative_to(root).as_posix()}/"
    return (Path(os.path.relpath(root)) if prefix else place), prefix
