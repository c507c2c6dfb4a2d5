"""The specs in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from snnc.source.small import read_bytes

_YAML = (".yaml", ".yml")
_EDITION = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?snn[\"']?[ \t]*:", re.MULTILINE)


def specs_in(folder: Path) -> list[Path]:
    """Find the specs in a folder and the folders below it, sorted by path.

    Any ``.snn`` file is one, and a YAML file that has the key ``snn``. Folders whose
    names begin with a dot, environments of Python, and links are not entered.
    """
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        if parent != str(folder) and "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in files if not name.startswith("."))
        yield from (path for path in paths if _is_spec(path))


def _is_spec(path: Path) -> bool:
    if path.suffix not in _YAML:
        return path.suffix == ".snn"
    try:
        return bool(_EDITION.search(read_bytes(path)))
    except OSError:
        return False
