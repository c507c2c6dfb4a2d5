"""Keeps what was measured, so that an interrupted study goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = dict[str, Any]


def remember(
    folder: Path, name: str, inputs: list[Path | str], measure: Callable[[], Found]
) -> Found:
    """Return what was measured before of the same inputs, or measure it.

    ``inputs`` are files and texts, and folders of packages.
    """
    key = hash_of(inputs)
    path = folder / f"{name}.json"
    if path.exists():
        kept: Found = json.loads(path.read_text(encoding="utf-8"))
        if kept["key"] == key:
            found: Found = kept["found"]
            return found
    found = measure()
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")  # renamed once it is whole
    part.write_text(json.dumps({"key": key, "found": found}), encoding="utf-8")
    part.replace(path)
    return found


def hash_of(inputs: list[Path | str]) -> str:
    """Return a hash of texts, of files and of the modules in folders."""
    found = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            found.update(item.encode())
            continue
        files = sorted(item.rglob("*.py")) if item.is_dir() else [item]
        for file in files:
            found.update(file.read_bytes())
    return found.hexdigest()
