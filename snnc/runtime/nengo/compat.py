# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""nengo-loihi, alone, and on NumPy 2 as well as on NumPy 1."""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import Any

import numpy as np

UNUSED = ("tensorflow", "nengo_dl")
"""What nengo-loihi imports besides: seconds, and most of the memory."""


class NumPy1:
    """NumPy, but ``array(copy=False)`` copies where it must, as in NumPy 1."""

    def __getattr__(self, name: str) -> Any:
        """Return what NumPy has by this name."""
        return getattr(np, name)

    def array(self, *args: Any, **settings: Any) -> Any:
        """Return an array: with ``copy=False``, the given one if it can."""
        if settings.get("copy") is False:
            settings["copy"] = None
        return np.array(*args, **settings)


def import_nengo_loihi() -> Any:
    """Return the module nengo_loihi.

    It looks for NengoDL and TensorFlow, to teach NengoDL neurons that no
    package has, and does without either. NengoDL would import TensorFlow
    in one more process, to look for GPUs.

    Its version 1.1.0 calls ``np.array(x, copy=False)`` where a copy may be
    needed, which is a ValueError since NumPy 2. The two modules that do so
    get a NumPy of their own; NumPy itself stays as it is.
    """
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in UNUSED if name not in modules]
    # None makes an import fail as if nothing were installed.
    modules.update(dict.fromkeys(hidden))
    try:
        with warnings.catch_warnings():
            # Of versions that were not tested together.
            warnings.simplefilter("ignore")
            nengo_loihi = importlib.import_module("nengo_loihi")
    finally:
        for name in hidden:
            del modules[name]
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        for name in ("block", "neurons"):
            module: Any = importlib.import_module(f"nengo_loihi.{name}")
            module.np = NumPy1()
    return nengo_loihi
