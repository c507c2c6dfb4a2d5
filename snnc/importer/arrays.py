"""What an array in a stranger's HDF5 file must be like before it is read."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

LARGEST = 2**30
"""Bytes: the largest array of VGG16 has 411 MB."""
EXPANSION = 100
"""An array of more than that many times its stored size is refused, above `SMALL`."""
SMALL = 16 * 1024 * 1024
KINDS = "biuf"
"""NumPy's letters of the dtypes that weights may have: no objects, no records."""
FILTERS = (1, 2, 3, 4, 5, 6, 32000)
"""Those of the HDF5 library itself, and LZF, which h5py has; others are plug-ins."""


def complaint(dataset: Any, path: str) -> str:
    """Return why an array is not safe to read, or nothing; nothing of it is read."""
    if dataset.is_virtual or dataset.external:
        return f"`{path}` takes its values from other files"
    size, stored = dataset.nbytes, dataset.id.get_storage_size()
    if size > LARGEST:
        return f"`{path}` has {size} bytes, at most {LARGEST} are read"
    if size > max(SMALL, EXPANSION * stored):
        return f"`{path}` has {size} bytes, of which {stored} are stored"
    if dataset.chunks and _chunk(dataset) > max(size, SMALL):
        return f"`{path}` is stored in pieces larger than itself"
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if any(number not in FILTERS for number in filters):
        return f"`{path}` is packed by a plug-in"
    return ""


def _chunk(dataset: Any) -> int:
    return int(dataset.dtype.itemsize) * prod(map(int, dataset.chunks))


def read_array(dataset: Any, path: str) -> Array:
    """Return the values of an array that there is no complaint about.

    Raises
    ------
    ValueError
        If it holds no plain numbers.
    """
    if dataset.dtype.kind not in KINDS:
        raise ValueError(f"`{path}` has the dtype {dataset.dtype}")
    if dataset.shape is None:  # HDF5 has arrays without values
        raise ValueError(f"`{path}` has no values")
    values: Array = dataset[()]
    return values
