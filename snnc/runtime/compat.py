# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""nengo-loihi, written for NumPy 1, on NumPy 2 as well."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np


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

    Its version 1.1.0 calls ``np.array(x, copy=False)`` where a copy may be
    needed, which is a ValueError since NumPy 2. The two modules that do so
    get a NumPy of their own; NumPy itself stays as it is.
    """
    nengo_loihi = importlib.import_module("nengo_loihi")
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        for name in ("block", "neurons"):
            module: Any = importlib.import_module(f"nengo_loihi.{name}")
            module.np = NumPy1()
    return nengo_loihi
