"""What code lenses do: build a spec's package, show its report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from snnc.language_server.analysis import Analysis
from snnc.language_server.buffers import Buffer
from snnc.language_server.settings import Settings
from snnc.report import markdown
from snnc.runtime.files import write_file

LONGEST = 120
"""Seconds that a build may take."""


def is_saved(buffer: Buffer) -> bool:
    """Whether the file has the text of the buffer, line ends aside."""
    try:
        text = Path(buffer.source.name).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return text == buffer.source.text


def build(buffer: Buffer, settings: Settings) -> tuple[bool, str]:
    """Do what `snnc build` does, in a process of its own.

    Returns
    -------
    bool
        Whether the package is written.
    str
        What the command says.
    """
    if not is_saved(buffer):
        return False, "save the spec first: packages are built from files"
    command = [sys.executable, "-m", "snnc", "--device", settings.device_path]
    command += ["build", buffer.source.name, "-o", str(settings.root / settings.output)]
    try:
        done = subprocess.run(
            command,
            cwd=settings.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"the build did not end: {error}"
    lines = done.stderr.strip().splitlines()
    return done.returncode == 0, next(iter(lines[:: 1 if done.returncode else -1]), "")


def report(analysis: Analysis, folder: Path) -> Path | None:
    """Write the report of a network as Markdown; None where there is none."""
    summary = analysis.summary
    if summary is None:
        return None
    path = folder / f"{summary.network.name}.report.md"
    write_file(path, markdown.render(summary, why=True))
    return path
