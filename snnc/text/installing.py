"""Return the commands that install optional parts of snnc, as in `docs/install.md`."""

from __future__ import annotations

import sys

WITH_TENSORFLOW = {"all", "dl", "keras"}


def installation(extras: str) -> str:
    """Return the command to install extras, such as ``keras,nengo``, from a clone."""
    command = f"`python -m pip install '.[{extras}]'` in a clone of snnc"
    if sys.version_info >= (3, 14) and WITH_TENSORFLOW & set(extras.split(",")):
        return f"{command}, with Python 3.10 to 3.13, as TensorFlow needs"
    return command
