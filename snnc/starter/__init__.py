"""Write the files of `snnc init`.

The names of the templates have no leading dot, so that no tool reads the templates.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from snnc.runtime.files import write_file
from snnc.text.version import __version__

_FOLDER = Path(__file__).parent / "files"
UNPINNED = f"./snnc-{__version__}-py3-none-any.whl"
"""The requirement in a workflow if the installed version has no known source: a wheel
in the repo, as no index is known to have snnc."""

NOTE = """\
# Fill in: commit this wheel of snnc at the root of the repo. In a clone of snnc,
          # `python -m pip wheel --no-deps .` makes it. Or name another requirement.
          """
"""The comment above a wheel in the workflow, with the indentation of the lines."""

SPEC = "specs/starter.snn"

WORKFLOW = ".github/workflows/snnc.yml"
AT_ROOT = (".pre-commit-config.yaml", WORKFLOW)
EXTENDED = (".gitattributes", ".gitignore")
"""Files of independent lines: missing lines are added to an existing file."""


def installed_from() -> str:
    """Return the requirement for this snnc: the git commit that it was installed from.

    Return `UNPINNED` for other installs, because a version number does not say where
    pip finds it. https://packaging.python.org/en/latest/specifications/direct-url/
    """
    try:
        url = json.loads(distribution("snnc").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return UNPINNED
    match url.get("vcs_info"):
        case {"vcs": "git", "commit_id": commit}:
            return f"snnc @ git+{url['url']}@{commit}"
    return UNPINNED


def starter_files(prefix: str = "", requirement: str = UNPINNED) -> dict[str, str]:
    """Return the text of each file, by its path (POSIX).

    ``prefix`` is the path from the git repo's root to the folder, empty or ending in
    ``/``. GitHub and pre-commit read the files in `AT_ROOT` only at the root.
    """
    files = {}
    for path in (SPEC, *EXTENDED, *AT_ROOT):
        name = Path(path).name.removeprefix(".")
        text = (_FOLDER / name).read_text(encoding="utf-8")
        text = text.replace("@regex@", re.escape(prefix))
        text = text.replace("@folder@", shlex.quote(prefix) if prefix else "")
        text = text.replace("@note@", NOTE if requirement == UNPINNED else "")
        files[path] = text.replace("@requirement@", shlex.quote(requirement))
    return files


@dataclass(frozen=True, slots=True)
class StarterPlan:
    """The new ``files``, and the lines ``added`` to existing files, by path.

    ``root`` is that of the git repo, relative to the current folder; without a repo,
    the folder itself. ``at_root`` are the new files at the root of a repo around the
    folder, because tools read them only there. ``kept`` are the texts of `AT_ROOT`
    whose files exist and don't change, so that users may copy the texts.
    """

    root: Path
    files: dict[Path, str]
    added: dict[Path, list[str]]
    kept: dict[Path, str]
    at_root: tuple[Path, ...]

    @classmethod
    def of(cls, place: Path, requirement: str) -> StarterPlan:
        """Return the plan for a folder; a workflow there installs ``requirement``."""
        root, prefix = _root_of(place)
        texts = {
            (root if name in AT_ROOT else place) / name: text
            for name, text in starter_files(prefix, requirement).items()
        }
        at_root = [root / name for name in AT_ROOT]
        kept = {path: texts.pop(path) for path in at_root if path.exists()}
        extended = [place / name for name in EXTENDED if (place / name).is_file()]
        added = _additions({path: texts.pop(path) for path in extended})
        return cls(
            root=root,
            files=texts,
            added=added,
            kept=kept,
            at_root=tuple(path for path in at_root if prefix and path in texts),
        )

    @property
    def existing_files(self) -> tuple[Path, ...]:
        """The new files whose paths exist, including broken links."""
        return tuple(path for path in self.files if os.path.lexists(path))

    def write(self) -> Iterator[Path]:
        """Write the files, and yield the path of each."""
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text)
            yield path
        for path, lines in self.added.items():
            before = path.read_bytes()
            with path.open("ab") as file:  # keeps line ends and encoding
                gap = b"\n" if before and not before.endswith(b"\n") else b""
                file.write(gap + "".join(f"{line}\n" for line in lines).encode())
            yield path


def _additions(texts: Mapping[Path, str]) -> dict[Path, list[str]]:
    """Return the lines that existing files lack, by path."""
    additions = {}
    for path, text in texts.items():
        known = path.read_text(encoding="utf-8", errors="replace").splitlines()
        lines = [line for line in text.splitlines() if line not in known]
        if lines:
            additions[path] = lines
    return additions


def _root_of(place: Path) -> tuple[Path, str]:
    """Return the git repo's root, and the path from it to a folder."""
    real = Path(os.path.realpath(place))
    repos = (folder for folder in (real, *real.parents) if (folder / ".git").exists())
    root = next(repos, real)
    if root == real:
        return place, ""
    return Path(os.path.relpath(root)), f"{real.relative_to(root).as_posix()}/"
