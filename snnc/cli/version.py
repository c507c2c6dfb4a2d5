"""The version that `snnc --version` prints, with the commit of this source."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

import snnc

_WRITTEN = Path(snnc.__file__).with_name("_commit")
"""The file that `tools/commit_hook.py` writes into wheels and source archives."""

_CLONE = Path(snnc.__file__).parents[1]


def commit() -> str | None:
    """Return the commit that this snnc was built from, shortened; None if unknown.

    An archive names its commit in a file. An editable install runs from a clone, and
    git knows its commit.
    """
    if _WRITTEN.is_file():
        return _WRITTEN.read_text(encoding="utf-8").strip()
    if not (_CLONE / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(_CLONE), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
    except FileNotFoundError:  # a machine without git
        return None
    return done.stdout.strip() or None


def print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the version and exit, as click's own option does, but with the commit."""
    if not wanted or context.resilient_parsing:
        return
    source = commit()
    suffix = f" (commit {source})" if source else ""
    click.echo(f"snnc, version {snnc.__version__}{suffix}")
    context.exit()
