"""What is known of variants, in a folder: a JSON file each."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from snnc.dataclass import dataclass
from snnc.runtime.files import write_file

VERSION = 1
DIGITS = 16


def name_of(identity: dict[str, Any]) -> str:
    """Return a name that no other variant, or other data, has."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True, slots=True)
class SweepRecords:
    """A folder of records; each is whole or not there."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the file of a variant; what it makes is in the folder of its name."""
        return self.folder / f"{name}.json"

    def read(self, name: str) -> dict[str, Any] | None:
        """Return what is known of a variant.

        None if that is nothing, of another version, or not what snnc wrote: it is run
        again then.
        """
        try:
            found = json.loads(self.path(name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        is_known = isinstance(found, dict) and found.get("version") == VERSION
        return found if is_known else None

    def write(self, name: str, record: dict[str, Any]) -> None:
        """Keep what is known of a variant."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, **record}, indent=2, sort_keys=True)
        write_file(self.path(name), text + "\n")
