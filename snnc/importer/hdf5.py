"""HDF5 of strangers, through h5py: nothing outside the file, and nothing too large.

Every step follows hard links alone, so that no soft or external link leads elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from snnc.importer.model import NOWHERE, RefusedModelError
from snnc.importer.untrusted import EXPANSION, LARGEST_TEXT, SMALL
from snnc.rules.models import (
    DamagedModel,
    ModelTooLarge,
    PackageMissing,
    UnsafeModel,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]


MOST_NAMES = 100_000
INSTALL = "pip install 'snnc[import]'"
LARGEST_ARRAY = 2**30
"""Bytes: the largest array of VGG16 has 411 MB."""
KINDS = "biuf"
"""NumPy's letters of the dtypes that weights may have: no objects, no records."""
FILTERS = (1, 2, 3, 4, 5, 6, 32000)
"""Those of the HDF5 library itself, and LZF, which h5py has; others are plug-ins."""


class Store:
    """An HDF5 file that is open for reading.

    Parameters
    ----------
    file :
        On disk, or open for reading.
    path :
        How messages call it.

    Raises
    ------
    RefusedModelError
        By every method too: if the file is damaged or not safe to read, or h5py is not
        installed.
    """

    def __init__(self, file: Path | IO[bytes], path: str) -> None:
        self.path = path
        try:
            import h5py
        except ImportError as error:
            raise RefusedModelError(
                PackageMissing(span=NOWHERE, path=path, package="h5py", command=INSTALL)
            ) from error
        self._h5py = h5py
        with self._sound():
            self._file = h5py.File(file, "r", locking=False)

    def close(self) -> None:
        self._file.close()

    def texts(self, group: str, name: str) -> tuple[str, ...] | None:
        """Return an attribute of texts, a single one as a tuple; None if there is none.

        Keras cuts lists of more than 64 kB into ``name0``, ``name1`` ...
        """
        with self._sound():
            item = self._group(group)
            if item is None:
                return None
            if name in item.attrs:
                return self._attribute(item, name)
            if f"{name}0" not in item.attrs:
                return None
            texts: list[str] = []
            number = 0
            while f"{name}{number}" in item.attrs:
                texts += self._attribute(item, f"{name}{number}")
                number += 1
            return tuple(texts)

    def text(self, group: str, name: str) -> str | None:
        """Return an attribute of one text; None if there is none."""
        texts = self.texts(group, name)
        return texts[0] if texts else None

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's members, none if there is no such group."""
        with self._sound():
            item = self._group(group)
            if item is None:
                return ()
            if len(item) > MOST_NAMES:
                raise self._unsafe(f"`{group}` has {len(item)} members")
            names = tuple(item)
            if not all(isinstance(name, str) for name in names):
                raise ValueError(f"a name in `{group}` is not UTF-8")
            return names

    def array(self, path: str) -> Array | None:
        """Return an array; None if there is none of this path."""
        with self._sound():
            item = self._at(path)
            if not isinstance(item, self._h5py.Dataset):
                return None
            if reason := _complaint(item, path):
                raise self._unsafe(reason)
            return _read_array(item, path)

    def is_words(self, path: str) -> bool:
        """Whether there is a dataset of texts of this path."""
        with self._sound():
            item = self._at(path)
            return isinstance(item, self._h5py.Dataset) and item.dtype.kind in "OS"

    def words(self, path: str) -> tuple[str, ...] | None:
        """Return a dataset of texts, row by row; None if there is none of this path."""
        with self._sound():
            item = self._at(path)
            if not isinstance(item, self._h5py.Dataset):
                return None
            if item.dtype.kind not in "OS" or item.shape is None:
                raise ValueError(f"`{path}` holds no texts")
            if item.size > MOST_NAMES:
                raise self._unsafe(f"`{path}` has {item.size} texts")
            if reason := _complaint(item, path):
                raise self._unsafe(reason)
            values = [item[()]] if item.shape == () else item[()].reshape(-1)
            return tuple(map(_text, values))

    def shape(self, path: str) -> tuple[int, ...] | None:
        """Return the shape of an array; None if there is none of this path."""
        with self._sound():
            item = self._at(path)
            if not isinstance(item, self._h5py.Dataset) or item.shape is None:
                return None
            return tuple(map(int, item.shape))

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Turn whatever h5py raises on a damaged file into a refusal."""
        try:
            yield
        except (RefusedModelError, MemoryError):
            raise
        except Exception as error:  # HDF5 reports damage as errors of many classes
            if "allocat" in str(error):
                raise MemoryError from error
            reason = " ".join(str(error).split()) or type(error).__name__
            raise RefusedModelError(
                DamagedModel(span=NOWHERE, path=self.path, reason=reason)
            ) from error

    def _group(self, path: str) -> Any:
        item = self._at(path)
        return item if isinstance(item, self._h5py.Group) else None

    def _at(self, path: str) -> Any:
        item: Any = self._file
        for name in filter(None, path.split("/")):
            if not isinstance(item, self._h5py.Group):
                return None
            link = item.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, self._h5py.HardLink):
                raise self._unsafe(f"`{path}` is a link to another place")
            item = item[name]
        return item

    def _attribute(self, owner: Any, name: str) -> tuple[str, ...]:
        attribute = owner.attrs.get_id(name)
        if attribute.shape is None or 0 in attribute.shape:
            return ()
        letters = isinstance(attribute.get_type(), self._h5py.h5t.TypeStringID)
        if not letters or len(attribute.shape) > 1:
            raise ValueError(f"its attribute `{name}` is no text")
        if attribute.shape and attribute.shape[0] > MOST_NAMES:
            raise self._unsafe(f"`{name}` lists {attribute.shape[0]} names")
        size = attribute.get_storage_size()  # of texts of any length, their addresses
        if size > LARGEST_TEXT:
            raise self._too_large(name, size)
        value = owner.attrs[name]
        values: Sequence[Any] = value if attribute.shape else [value]
        return tuple(_text(item) for item in values)

    def _too_large(self, name: str, size: int) -> RefusedModelError:
        return RefusedModelError(
            ModelTooLarge(
                span=NOWHERE,
                path=self.path,
                what=f"the attribute `{name}`",
                size=size,
                limit=LARGEST_TEXT,
            )
        )

    def _unsafe(self, reason: str) -> RefusedModelError:
        return RefusedModelError(
            UnsafeModel(span=NOWHERE, path=self.path, reason=reason)
        )


def _text(value: Any) -> str:
    text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
    text.encode()  # h5py leaves bytes that are no UTF-8 as halves of surrogate pairs
    return text


def _complaint(dataset: Any, path: str) -> str:
    """Return why an array is not safe to read, or nothing; nothing of it is read."""
    if dataset.is_virtual or dataset.external:
        return f"`{path}` takes its values from other files"
    size, stored = dataset.nbytes, dataset.id.get_storage_size()
    if size > LARGEST_ARRAY:
        return f"`{path}` has {size} bytes, at most {LARGEST_ARRAY} are read"
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


def _read_array(dataset: Any, path: str) -> Array:
    """Return the values of an array that there is no _complaint about.

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
