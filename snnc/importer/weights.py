"""Read HDF5, and find the weights of each layer in the files of Keras 3.

HDF5 is untrusted: this module reads nothing outside the file, and nothing too large. It
follows only hard links, because soft and external links may lead elsewhere.

The groups in a `.keras` archive are numbered per class (`_save_container_state` in
`keras/saving/saving_lib.py`). Keras saves a model's layers in order as
``layers/conv2d``, ``layers/conv2d_1`` and so on. Each layer has ``vars/0``, ``vars/1``
and so on, and a submodel has its own ``layers``. Keras 2.12 names the folder
``_layer_checkpoint_dependencies`` and counts every layer with weights twice, so this
module uses only the order of the numbers.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from snnc.importer.graph import snake
from snnc.importer.model import Graph, KerasLayer, KerasModel, NestedLayer, config_of
from snnc.importer.refusals import (
    DAMAGED,
    UNSAFE,
    FileProblem,
    RefusedModelError,
    bad_file,
    refused,
    shown_sizes,
    too_large,
    unclear,
)
from snnc.rules.files import FileMissing, FileUnreadable
from snnc.rules.model_files import PackageMissing, WeightsUnclear
from snnc.text.installing import installation
from snnc.text.tables import dims

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.importer.model import Arrays

HDF5 = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""
LARGEST = 2**30
"""The most bytes of all arrays together; VGG16 has 553 MB of weights."""
KINDS = "biuf"
"""NumPy's letters for the dtypes of weights: no objects, no records."""


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Raise RefusedModelError instead of `OSError`, and add the file's name."""
    try:
        # Python raises a ValueError for such a name.
        if "\0" in name:
            raise OSError("embedded null byte")
        yield
    except RefusedModelError as error:
        raise error.at(name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        refusal = refused(FileUnreadable, name=name, reason=reason)
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        if missing and not Path(name).exists():
            refusal = refused(FileMissing, name=name)
        raise refusal.at(name) from error


class Store:
    """An HDF5 file, which is opened on first use.

    ``resources`` closes the file, whose name in messages is ``path``.

    Every method raises RefusedModelError if the file is damaged, links to other places
    or declares arrays that are too large, or if h5py is not installed.
    """

    def __init__(
        self, file: Path | Callable[[], IO[bytes]], path: str, resources: ExitStack
    ) -> None:
        self.path = path
        self._source = file
        self._resources = resources
        self._declared: set[str] = set()
        self._size = 0

    @cached_property
    def _h5py(self) -> Any:
        try:
            # Import late: a configuration without weights needs no h5py.
            import h5py
        except ImportError as error:
            command = installation("import")
            raise refused(
                PackageMissing, path=self.path, package="h5py", command=command
            ) from error
        return h5py

    @cached_property
    def _file(self) -> Any:
        source = self._source
        opened = source() if callable(source) else source
        # Some network file systems can't lock files, and reading needs no lock.
        file = self._h5py.File(opened, "r", locking=False)
        return self._resources.enter_context(file)

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
        with self._item(group, "Group") as item:
            if item is None or name not in item.attrs:
                return None
            what = f"its attribute `{name}`"
            # Many texts may all refer to the same long text in the file.
            if math.prod(item.attrs.get_id(name).shape) != 1:
                raise ValueError(f"{what} is not one text")
            return _texts(item.attrs[name], what)[0]

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's members; empty if the group is missing."""
        with self._item(group, "Group") as item:
            if item is None:
                return ()
            names = tuple(item)
            if not all(isinstance(name, str) for name in names):
                raise ValueError(f"a name in `{group}` is not UTF-8")
            return names

    def array(self, path: str) -> NDArray[np.generic] | None:
        """Return an array, or None if it is missing."""
        with self._item(path) as item:
            if item is None:
                return None
            self._declare(item, path)
            if item.dtype.kind not in KINDS:
                raise ValueError(f"`{path}` has the dtype {item.dtype}")
            if item.shape is None:  # HDF5 has arrays without values
                raise ValueError(f"`{path}` has no values")
            values: NDArray[np.generic] = item[()]
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
            import numpy as np

            self._declare(item, path)
            if item.dtype.kind not in "OS" or item.shape is None:
                raise ValueError(f"`{path}` does not contain texts")
            texts: list[str] = []
            size = 0
            for place in np.ndindex(item.shape):  # all may refer to one long text
                texts += _texts(item[place], path)
                size += len(texts[-1])
                if size > LARGEST:
                    raise too_large(self.path, f"`{path}`", size, LARGEST)
            return tuple(texts)

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
                # Other links may form a circle, or lead to other files.
                if not isinstance(link, h5py.HardLink | None):
                    raise bad_file(
                        self.path, UNSAFE, f"`{path}` is a link to another place"
                    )
                item = None if link is None else item[name]
            yield item if isinstance(item, getattr(h5py, kind)) else None
        except RefusedModelError:
            raise
        except MemoryError as error:
            raise bad_file(
                self.path, UNSAFE, "it needs more memory than is free"
            ) from error
        except Exception as error:  # HDF5 reports damage as errors of many classes
            reason = " ".join(str(error).split()) or type(error).__name__
            raise bad_file(self.path, DAMAGED, reason) from error

    def _declare(self, dataset: Any, path: str) -> None:
        """Refuse an array from another file, or above the limit, before reading it."""
        if dataset.is_virtual or dataset.external:
            raise bad_file(
                self.path, UNSAFE, f"`{path}` takes its values from other files"
            )
        # HDF5 stores no empty chunks, so a small file may declare a huge array.
        chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
        size = max(dataset.nbytes, chunk)  # HDF5 unpacks whole chunks
        if size > LARGEST:
            raise bad_file(
                self.path,
                UNSAFE,
                f"`{path}` has {size} bytes, but snnc reads at most {LARGEST}",
            )
        self._size += 0 if path in self._declared else size
        self._declared.add(path)
        if self._size > LARGEST:
            raise too_large(self.path, "weights", self._size, LARGEST)


def _texts(value: Any, what: str) -> tuple[str, ...]:
    """Return texts from h5py: one, or an array of any shape.

    Raise ValueError if they are not texts, or not UTF-8.
    """
    values = value.reshape(-1).tolist() if hasattr(value, "reshape") else [value]
    if not all(isinstance(one, str | bytes) for one in values):
        raise ValueError(f"{what} is not a text")
    texts = [one.decode("utf-8") if isinstance(one, bytes) else one for one in values]
    "".join(texts).encode()  # h5py leaves other bytes as halves of surrogate pairs
    return tuple(texts)


_BIAS = {"bias": "filters"}
_TAPS = {"depthwise_kernel": "taps ? depth_multiplier"}
_POINT = {"pointwise_kernel": "ones ? filters"}
_CONVOLUTION = {"kernel": "taps ? filters", **_BIAS}
_NORM = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), "")
SHAPES: dict[str, dict[str, str]] = {
    **dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _NORM),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _CONVOLUTION),
    "Conv2DTranspose": {"kernel": "taps filters ?", **_BIAS},
    "Dense": {"kernel": "? units", "bias": "units"},
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _TAPS | {"bias": ""}),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _TAPS | _POINT | _BIAS),
    "Embedding": {"embeddings": ""},
    "Normalization": dict.fromkeys(("mean", "variance", "count"), ""),
    "PReLU": {"alpha": ""},
}
"""The arrays of each class in Keras's order, and the axes of some of them.

An axis is an option, the taps of all axes, or ``?`` for an unknown size.
"""
_SWITCHES = {"bias": "use_bias", "beta": "center", "gamma": "scale"}


def variable_names(kind: str, options: Mapping[str, Any], count: int) -> Sequence[str]:
    """Return the names of a layer's ``count`` variables, in Keras's order.

    If the class is unknown or has a different number of variables, the names are
    numbers from 0, as in the file.
    """
    names = [
        name
        for name in SHAPES.get(kind, ())
        if options.get(_SWITCHES.get(name, ""), True)
    ]
    if len(names) == count or (kind == "Normalization" and 0 < count < len(names)):
        return names[:count]
    return [str(number) for number in range(count)]


@dataclass(frozen=True)
class StoredWeights(AbstractContextManager["StoredWeights"]):
    """Weights in an open file, whose shapes are known without reading them.

    Each layer is read on request. Only the arrays that the caller keeps stay in memory.

    ``paths`` returns the paths of a layer's arrays in the file, by Keras's names.
    ``renamed`` is the first layer whose name in the file differs, with that name; or
    "". ``name`` is the model's name in messages. ``owners`` has, for each call of a
    layer, the layer whose weights it has. `close` closes the ``resources``.
    """

    store: Store
    paths: Callable[[str], Mapping[str, str]]
    renamed: str = ""
    name: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    resources: ExitStack = field(default_factory=ExitStack)

    def of(self, layer: str) -> Arrays:
        """See `ModelWeights.of`."""
        with refusing(self.name):
            paths = self.paths(self.owners[layer])
            arrays = {name: self.store.array(at) for name, at in paths.items()}
        return {name: array for name, array in arrays.items() if array is not None}

    def shapes(self, layer: str) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a layer's arrays, without reading the arrays."""
        shapes = {name: self.store.shape(at) for name, at in self.paths(layer).items()}
        return {name: shape for name, shape in shapes.items() if shape is not None}

    def close(self) -> None:
        """Close the file, and remove unpacked data, if there are any."""
        self.resources.close()

    def __exit__(self, *error: object) -> None:
        self.close()


FOLDERS = ("layers", "_layer_checkpoint_dependencies")
Chain = tuple[tuple[NestedLayer, int, int], ...]
"""A layer after the submodels around it, with their numbers and counts by class."""


def keras3_weights(store: Store, graph: Graph) -> StoredWeights:
    """Return the weights of a file that Keras's ``save_own_variables`` wrote.

    ``graph`` defines the order of the layers.
    """
    chains = dict(chains_of(graph))

    def paths(layer: str) -> Mapping[str, str]:
        part, _, _ = chains[layer][-1]
        group = _group_of(chains[layer], store)
        return _paths_of(part, group, store) if group else {}

    return StoredWeights(store, paths)


def _group_of(chain: Chain, store: Store) -> str:
    """Return the group of a layer, or "" if its class has no groups."""
    group = ""
    layer = chain[-1][0].name
    for part, number, count in chain:
        members = store.members(group)
        newer, older = FOLDERS
        folder = newer if newer in members else older
        folder = f"{group}/{folder}".lstrip("/")
        groups = _groups_of_class(part.kind, store.members(folder))
        if not groups and part.inside is None:
            return ""
        if len(groups) != count:
            reason = f"the file has {len(groups)} `{part.kind}` but the model has"
            raise unclear(layer, f"{reason} {count}")
        group = f"{folder}/{groups[number]}"
    # In another order, the shapes may still be equal, so compare the names too.
    written = store.text(f"{group}/vars", "name")  # Keras 3.4 and newer
    if written is not None and written != layer:
        raise unclear(layer, f"the file has the weights of `{written}` in its place")
    return group


def _groups_of_class(kind: str, members: Iterable[str]) -> list[str]:
    """Return the groups of a class in order: ``dense``, ``dense_1`` and so on."""
    pattern = re.compile(rf"{re.escape(snake(kind))}(?:_(\d{{1,9}}))?")
    groups: list[tuple[int, str]] = []
    for name in members:
        match = pattern.fullmatch(name)
        if match:
            groups.append((int(match[1] or 0), name))
    return [name for _, name in sorted(groups)]


def _paths_of(part: NestedLayer, group: str, store: Store) -> dict[str, str]:
    """Return the paths of a layer's arrays by their names.

    A wrapper, such as a `TimeDistributed`, has the arrays of the layer in it.
    """
    kind = part.kind
    options = part.options
    inner = part.options.get("layer")
    if isinstance(inner, Mapping):
        kind = str(inner.get("class_name"))
        options = config_of(inner)
        group = f"{group}/layer"
    members = store.members(f"{group}/vars")
    numbers = sorted(int(name) for name in members if re.fullmatch(r"\d{1,4}", name))
    paths = [f"{group}/vars/{number}" for number in numbers]
    paths = [path for path in paths if store.has(path)]
    return dict(zip(variable_names(kind, options, len(paths)), paths, strict=True))


def chains_of(
    graph: Graph, prefix: str = "", around: Chain = ()
) -> Iterator[tuple[str, Chain]]:
    """Yield each layer's full name and chain."""
    # Keras 3 names the group of a layer after its class, and numbers equal names.
    kinds: defaultdict[str, list[NestedLayer]] = defaultdict(list)
    for part in graph.parts:
        kinds[snake(part.kind)].append(part)
    for parts in kinds.values():
        for number, part in enumerate(parts):
            name = f"{prefix}{part.name}"
            chain = (*around, (part, number, len(parts)))
            if part.inside is None:
                yield name, chain
            else:
                yield from chains_of(part.inside, f"{name}/", chain)


def compare(model: KerasModel, weights: StoredWeights, path: str) -> None:
    """Compare the layers with the weights, by the names and shapes of arrays.

    The number of channels that a kernel reads is unknown here; the conversion checks
    this number later. Raise RefusedModelError with the first layer that differs.
    """
    for layer in model.layers:
        if layer.shares:
            continue
        try:
            reason = _find_difference(layer, weights.shapes(layer.name))
        except RefusedModelError as error:
            if not isinstance(error.diagnostic, WeightsUnclear):
                raise
            reason = error.diagnostic.reason
        if reason:
            problem = (
                f"does not have the weights of this model: `{layer.name}` "
                f"({layer.kind}) is the first layer that differs"
            )
            advice = "name the weight file that `save_weights` wrote for this model"
            raise bad_file(path, FileProblem(problem, advice), reason)


def _find_difference(layer: KerasLayer, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Return how the arrays in a file differ from those that a layer has, or ""."""
    if layer.kind not in SHAPES:
        return ""
    arrays = SHAPES[layer.kind]
    due = variable_names(layer.kind, layer.options, len(shapes))
    if set(due) != set(shapes) or not shapes:
        present = ", ".join(shapes) or "no weights"
        return (
            f"the file has {present} for this layer, but {', '.join(arrays)} are "
            "expected"
        )
    for name, axes in arrays.items():
        sizes = _sizes_of(layer, axes)
        if axes and name in shapes and not _has_sizes(shapes[name], sizes):
            stored = dims(shapes[name]) or "a single number"
            expected = shown_sizes(sizes)
            return f"its {name} in the file is {stored}, but {expected} is expected"
    return ""


def _has_sizes(shape: tuple[int, ...], sizes: list[int | None]) -> bool:
    """Whether a shape has the expected sizes; None is any size."""
    if len(shape) != len(sizes):
        return False
    pairs = zip(shape, sizes, strict=True)
    return all(expected in (None, size) for size, expected in pairs)


def _sizes_of(layer: KerasLayer, axes: str) -> list[int | None]:
    """Return the sizes of the axes of an array, as `SHAPES` names them."""
    kernel = layer.options.get("kernel_size")
    known = {
        "taps": kernel if isinstance(kernel, list) else [kernel] * layer.rank,
        "ones": [1] * layer.rank,
        "depth_multiplier": [layer.options.get("depth_multiplier", 1)],
    }
    sizes: list[Any] = []
    for axis in axes.split():
        sizes += known.get(axis, [layer.options.get(axis)])
    return [size if type(size) is int else None for size in sizes]
