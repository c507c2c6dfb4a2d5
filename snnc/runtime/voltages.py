# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The voltages that the neurons of an encoder begin with."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from .network import Layer


def first_voltages(layer: Layer, name: str) -> NDArray[np.float64] | None:
    """Return the initial voltages of an encoder, in its shape; None for 0.

    They are drawn for the layer as a whole, so that no cut of it changes a
    spike, and by its name alone, so that no seed of training does either.
    """
    if layer.start == "rest":
        return None
    # NumPy's newer generators may draw other numbers in each version.
    draws = np.random.RandomState(zlib.crc32(name.encode()))
    return draws.uniform(size=layer.shape)
