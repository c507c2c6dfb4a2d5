"""The files that `snnc init` writes.

Their names here have no leading dot, so that no tool takes them for its own.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from snnc import __version__

_FOLDER = Path(__file__).parent / "files"
_VERSION = "@version@"

SPEC = "specs/starter.snn"

WORKFLOW = ".github/workflows/snnc.yml"
AT_ROOT = (".pre-commit-config.yaml", WORKFLOW)

_NAMES = {
    SPEC: "starter.snn",
    ".gitattributes": "gitattributes",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    WORKFLOW: "workflow.yml",
}


def starter_files(prefix: str = "") -> dict[str, str]:
    """Return the text of each file, by its path (POSIX).

    Parameters
    ----------
    prefix
        The way from the git repo's root to the folder, empty or ending in ``/``.
        GitHub and pre-commit read what is at the root alone (`AT_ROOT`).
    """
    return {path: _text(name, prefix) for path, name in _NAMES.items()}


def _text(name: str, prefix: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    text = text.replace("@regex@", re.escape(prefix))
    text = text.replace("@folder@", shlex.quote(prefix) if prefix else "")
    return text.replace(_VERSION, __version__)
