"""Reads the IDX files in which MNIST and its likes are kept."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTES = 0x08  # the code of unsigned bytes, which all of these files hold


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of a gzipped IDX file of unsigned bytes.

    Two zero bytes, the type's code, the number of axes, each axis' size as a big-endian
    32-bit integer, then the values (http://yann.lecun.com/exdb/mnist/).

    Raises
    ------
    ValueError
        If the file is of another kind, or too short or long for its shape.
    """
    data = gzip.decompress(path.read_bytes())
    if len(data) < 4 or data[:3] != bytes((0, 0, BYTES)):
        raise ValueError(f"{path} is no IDX file of unsigned bytes")
    start = 4 + 4 * data[3]
    shape = tuple(int(size) for size in np.frombuffer(data[4:start], ">u4"))
    values: NDArray[Any] = np.frombuffer(data, np.uint8, offset=start)
    if len(shape) != data[3] or values.size != np.prod(shape, dtype=np.int64):
        raise ValueError(f"{path} holds {values.size} values, not {shape}")
    return values.reshape(shape)
