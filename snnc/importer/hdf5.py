"""Read untrusted HDF5 with h5py: nothing outside the file, and nothing too large.

The module follows only hard links: soft and external links may lead elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from snnc.importer.model import RefusedModelError, refused, too_large
from snnc.rules.models import DamagedModel, PackageMissing, UnsafeModel
from snnc.text.installing import installation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]


LARGEST = 2**30
"""The most bytes of all arrays together; VGG16 has 553 MB of weights."""
KINDS = "biuf"
"""NumPy's letters for the dtypes of weights: no objects, no records."""


class Store:
    """An HDF5 file, which is opened on first use.

    Parameters
    ----------
    file :
        A file on disk, or a function that returns a temporary file.
    path :
        The file's name in messages.

    Raises
    ------
    RefusedModelError
        Raised by every method if the file is damaged, links to other places or declares
        arrays that are too large, or if h5py is not installed.
    """

    def __init__(self, file: Path | Callable[[], IO[bytes]], path: str) -> None:
        self.path = path
        self._source = file
        self._opened = ExitStack()
        self._declared: set[str] = set()
        self._size = 0

    @cached_property
    def _h5py(self) -> Any:
        try:
            import h5py
        except ImportError as error:
            command = installation("import")
            raise refused(
                PackageMissing, path=self.path, package="h5py", command=command
            ) from error
        return h5py

    @cached_property
    def _file(self) -> Any:
        opened: Any = self._source
        if callable(opened):
            opened = self._opened.enter_context(opened())
        file = self._h5py.File(opened, "r", locking=False)
        return self._opened.enter_context(file)

    def close(self) -> None:
        """Close the file and its temporary file."""
        self._opened.close()

    def texts(self, group: str, name: str) -> tuple[str, ...] | None:
        """Return the texts in an attribute, or None if the attribute is missing.

        Keras splits lists of more than 64 kB into ``name0``, ``name1`` and so on.
        """
        with self._item(group, "Group") as item:
            if item is None:
                return None
            names = [name]
            if name not in item.attrs:
                names = []
                while f"{name}{len(names)}" in item.attrs:
                    names.append(f"{name}{len(names)}")
            what = f"its attribute `{name}`"
            values = [_texts(item.attrs[name], what) for name in names]
            return tuple(chain.from_iterable(values)) if names else None

    def has(self, path: str) -> bool:
        """Whether there is an array at a path."""
        with self._item(path) as item:
            return item is not None

    def text(self, group: str, name: str) -> str | None:
        """Return the text in an attribute, or None if the attribute is missing."""
        texts = self.texts(group, name)
        return texts[0] if texts else None

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's members; empty if the group is missing."""
        with self._item(group, "Group") as item:
            if item is None:
                return ()
            names = tuple(item)
            if not all(isinstance(name, str) for name in names):
                raise ValueError(f"a name in `{group}` is not UTF-8")
            return names

    def array(self, path: str) -> Array | None:
        """Return an array, or None if it is missing."""
        with self._item(path) as item:
            if item is None:
                return None
            self._declare(item, path)
            if item.dtype.kind not in KINDS:
                raise ValueError(f"`{path}` has the dtype {item.dtype}")
            if item.shape is None:  # HDF5 has arrays without values
                raise ValueError(f"`{path}` has no values")
            values: Array = item[()]
            return values

    def is_words(self, path: str) -> bool:
        """Whether there is a dataset of texts at this path."""
        with self._item(path) as item:
            return item is not None and item.dtype.kind in "OS"

    def words(self, path: str) -> tuple[str, ...] | None:
        """Return the texts in a dataset, row by row, or None if it is missing."""
        with self._item(path) as item:
            if item is None:
                return None
            self._declare(item, path)
            if item.dtype.kind not in "OS" or item.shape is None:
                raise ValueError(f"`{path}` does not contain texts")
            return _texts(item[()], path)

    def shape(self, path: str) -> tuple[int, ...] | None:
        """Return the shape of an array without reading it; None if it is missing."""
        with self._item(path) as item:
            if item is None or item.shape is None:
                return None
            return tuple(map(int, item.shape))

    @contextmanager
    def _item(self, path: str, kind: str = "Dataset") -> Iterator[Any]:
        """Give the dataset or the group at a path, or None if it is missing.

        Turn any error that h5py raises on a damaged file into a refusal.
        """
        h5py = self._h5py  # its own errors are not the file's
        try:
            item: Any = self._file
            for name in filter(None, path.split("/")):
                is_group = isinstance(item, h5py.Group)
                link = item.get(name, getlink=True) if is_group else None
                if not isinstance(link, h5py.HardLink | None):
                    raise self._unsafe(f"`{path}` is a link to another place")
                item = None if link is None else item[name]
            yield item if isinstance(item, getattr(h5py, kind)) else None
        except (RefusedModelError, MemoryError):
            raise
        except Exception as error:  # HDF5 reports damage as errors of many classes
            if "allocat" in str(error):
                raise MemoryError from error
            reason = " ".join(str(error).split()) or type(error).__name__
            raise refused(DamagedModel, path=self.path, reason=reason) from error

    def _declare(self, dataset: Any, path: str) -> None:
        """Refuse an array from another file, or above the limit, before reading it."""
        if dataset.is_virtual or dataset.external:
            raise self._unsafe(f"`{path}` takes its values from other files")
        size = dataset.nbytes
        if size > LARGEST:
            raise self._unsafe(
                f"`{path}` has {size} bytes, but snnc reads at most {LARGEST}"
            )
        self._size += 0 if path in self._declared else size
        self._declared.add(path)
        if self._size > LARGEST:
            raise too_large(self.path, "weights", self._size, LARGEST)

    def _unsafe(self, reason: str) -> RefusedModelError:
        return refused(UnsafeModel, path=self.path, reason=reason)


def _texts(value: Any, what: str) -> tuple[str, ...]:
    """Return texts from h5py: one, or an array of any shape.

    Raises
    ------
    ValueError
        If they are not texts, or not UTF-8.
    """
    values = value.reshape(-1).tolist() if hasattr(value, "reshape") else [value]
    if not all(isinstance(one, str | bytes) for one in values):
        raise ValueError(f"{what} is not a text")
    texts = [one.decode("utf-8") if isinstance(one, bytes) else one for one in values]
    "".join(texts).encode()  # h5py leaves other bytes as halves of surrogate pairs
    return tuple(texts)
