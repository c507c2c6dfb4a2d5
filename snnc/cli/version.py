"""The version that `snnc --version` prints, with the commit of this source."""

from __future__ import annotations

import os

import click

import snnc

_PACKAGE = os.path.dirname(snnc.__file__)
_WRITTEN = os.path.join(_PACKAGE, "_commit")
"""The file that `tools/commit_hook.py` writes into wheels and source archives."""

_CLONE = os.path.dirname(_PACKAGE)


def commit() -> str | None:
    """Return the commit that this snnc was built from, shortened; None if unknown.

    An archive names its commit in a file. An editable install runs from a clone, and
    git knows its commit.
    """
    if os.path.isfile(_WRITTEN):
        with open(_WRITTEN, encoding="utf-8") as file:
            return file.read().strip()
    if not os.path.exists(os.path.join(_CLONE, ".git")):
        return None
    import subprocess  # other commands start faster without it

    try:
        process = subprocess.run(
            ["git", "-C", _CLONE, "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
    except FileNotFoundError:  # a machine without git
        return None
    return process.stdout.strip() or None


def print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the version and exit, as click's own option does, but with the commit."""
    if not wanted or context.resilient_parsing:
        return
    source = commit()
    suffix = f" (commit {source})" if source else ""
    click.echo(f"snnc, version {snnc.__version__}{suffix}")
    context.exit()
