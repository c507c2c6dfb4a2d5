"""Write the commit into wheels and source archives, for `snnc --version`."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface):  # type: ignore[misc]
    """Add the file `snnc/_commit`.

    A wheel that is built from a source archive has no git, but the file is there.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the file to an archive; an editable install asks git instead."""
        if version == "editable" or not Path(self.root, ".git").exists():
            return
        commit = subprocess.run(
            ["git", "-C", self.root, "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        with tempfile.NamedTemporaryFile("w", suffix=".commit", delete=False) as file:
            file.write(commit)
        self.written = Path(file.name)
        build_data["force_include"][file.name] = "snnc/_commit"

    def finalize(self, version: str, build_data: dict[str, Any], path: str) -> None:
        """Remove the temporary file."""
        written = getattr(self, "written", None)
        if written is not None:
            written.unlink()
