"""The files that `snnc init` writes.

Their names here have no leading dot, so that no tool takes them for its own.
"""

from __future__ import annotations

from pathlib import Path

from snnc import __version__

_FOLDER = Path(__file__).parent / "files"
_VERSION = "@version@"

SPEC = "specs/starter.snn"

_NAMES = {
    SPEC: "starter.snn",
    ".gitattributes": "gitattributes",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".github/workflows/snnc.yml": "workflow.yml",
}


def starter_files() -> dict[str, str]:
    """Return the text of each file, by its path in the new repo (POSIX)."""
    return {path: _text(name) for path, name in _NAMES.items()}


def _text(name: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return text.replace(_VERSION, __version__)
