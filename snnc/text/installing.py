"""The command that installs optional parts of snnc, as in `docs/install.md`."""

from __future__ import annotations


def installation(extras: str) -> str:
    """Return how to install extras, such as ``keras,nengo``, from a clone."""
    return f"`python -m pip install '.[{extras}]'` in a clone of snnc"
