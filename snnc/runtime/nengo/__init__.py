# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Builds and runs the Nengo network; imports nengo-loihi without NengoDL."""

from __future__ import annotations

import importlib
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np

UNUSED = ("tensorflow", "nengo_dl")
"""Imports of nengo-loihi that take seconds, and most of the memory."""


def array(*args: Any, **settings: Any) -> Any:
    """Return NumPy's array; with ``copy=False``, it may copy as in NumPy 1."""
    if settings.get("copy") is False:
        settings["copy"] = None
    return np.array(*args, **settings)


def import_nengo_loihi() -> Any:
    """Return the module nengo_loihi.

    nengo-loihi imports NengoDL and TensorFlow if they are installed, to add
    NengoDL neurons that no package uses. NengoDL would also import TensorFlow
    in another process, to look for GPUs. Hiding both saves that.

    nengo-loihi 1.1.0 calls ``np.array(x, copy=False)`` where a copy may be
    needed, which is a ValueError since NumPy 2. The two modules that do this
    get a NumPy of their own, so that NumPy itself stays unchanged.
    """
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in UNUSED if name not in modules]
    # None makes an import fail as if nothing were installed.
    modules.update(dict.fromkeys(hidden))
    try:
        with warnings.catch_warnings():
            # They are about versions that were not tested together.
            warnings.simplefilter("ignore")
            nengo_loihi = importlib.import_module("nengo_loihi")
    finally:
        for name in hidden:
            del modules[name]
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        for name in ("block", "neurons"):
            module: Any = importlib.import_module(f"nengo_loihi.{name}")
            module.np = SimpleNamespace(**{**vars(np), "array": array})
    return nengo_loihi
