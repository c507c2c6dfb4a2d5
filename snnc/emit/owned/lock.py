"""``snnc.lock``: which files of a package snnc owns, and what it wrote there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from snnc import __version__
from snnc.emit.files import FORMAT
from snnc.emit.origin import Origin

NAME = "snnc.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """Where a package comes from, and the hash of every owned file.

    The version of snnc is written but is no part of the value, so that another
    version that writes the same bytes leaves the lock as it is.

    Attributes
    ----------
    spec
        The hash of the canonical spec, which has no comments.
    origin
        The spec, the output and the device as the consumer's repo sees them; None
        in locks that do not tell.
    files
        SHA-256 of each owned file, by its name.
    """

    spec: str
    origin: Origin | None
    files: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def parse(cls, text: str) -> Lock | None:
        """Read a lock; None if it is not one, as after a bad merge."""
        try:
            data = json.loads(text)
            files = {str(name): str(value) for name, value in data["files"].items()}
            return cls(str(data["spec"]), _origin(data), files, int(data["format"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def text(self) -> str:
        """Return the JSON text, the same for the same lock on every machine."""
        origin = self.origin or Origin("", "")
        data: dict[str, object] = {
            "files": dict(sorted(self.files.items())),
            "format": self.format,
            "output": origin.output,
            "snnc": __version__,
            "source": origin.spec,
            "spec": self.spec,
        }
        if origin.device is not None:
            data["device"] = origin.device
        return json.dumps(dict(sorted(data.items())), indent=2) + "\n"


def _origin(data: Mapping[str, object]) -> Origin | None:
    source, output = data.get("source"), data.get("output")
    if isinstance(source, str) and isinstance(output, str) and source:
        device = data.get("device")
        return Origin(source, output, device if isinstance(device, str) else None)
    return None


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
