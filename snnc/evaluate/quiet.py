"""Imports nengo-loihi without what it would import for training."""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.util import find_spec

UNUSED = ("tensorflow", "nengo_dl")  # take seconds, and most of a worker's memory


def import_nengo_loihi() -> None:
    """Import nengo-loihi if it is installed, and neither NengoDL nor TensorFlow by it.

    It looks for both, to teach NengoDL its neurons, and does without either.
    """
    if find_spec("nengo_loihi") is None:
        return
    hidden = [name for name in UNUSED if name not in sys.modules]
    # An entry of None makes an import fail as if nothing were installed.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that were not tested
            importlib.import_module("nengo_loihi")
    finally:
        for name in hidden:
            del sys.modules[name]
