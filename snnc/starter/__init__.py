"""The files that `snnc init` writes.

Their names here have no leading dot, so that no tool takes them for its own.
"""

from __future__ import annotations

import json
import re
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_FOLDER = Path(__file__).parent / "files"
UNPINNED = "snnc"
"""What a workflow installs where nothing tells which version can be had."""

SPEC = "specs/starter.snn"

WORKFLOW = ".github/workflows/snnc.yml"
AT_ROOT = (".pre-commit-config.yaml", WORKFLOW)

_NAMES = {
    SPEC: "starter.snn",
    ".gitattributes": "gitattributes",
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
