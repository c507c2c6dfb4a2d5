"""``snnc.lock``: which files of a package snnc owns, and what it wrote there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from snnc import __version__
from snnc.emit.files import FORMAT, GeneratedFile

NAME = "snnc.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """The hashes of the canonical spec and of every owned file, by its path."""

    spec: str
    files: Mapping[str, str]

    @classmethod
    def of(cls, spec_hash: str, files: Iterable[GeneratedFile]) -> Lock:
        """Return the lock of a package as it is about to be written."""
        return cls(spec_hash, {file.path: text_hash(file.text) for file in files})

    @classmethod
    def parse(cls, text: str) -> Lock | None:
        """Read a lock; None if it is not one, as after a bad merge."""
        try:
            data = json.loads(text)
            files = {str(path): str(value) for path, value in data["files"].items()}
            return cls(str(data["spec"]), files)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def text(self) -> str:
        """Return the JSON text, the same for the same lock on every machine."""
        data = {
            "files": dict(sorted(self.files.items())),
            "format": FORMAT,
            "snnc": __version__,
            "spec": self.spec,
        }
        return json.dumps(data, indent=2) + "\n"


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
