"""Read the weights in an `.h5` file, whose groups are named after layers.

The format is defined in `keras/saving/legacy/hdf5_format.py`. ``save`` writes the group
``model_weights``, and ``save_weights`` writes the same content at the root. It has one
group per layer of the model, with the attribute ``weight_names``. A submodel's group
contains the weights of all its layers, with the non-trainable ones last. Keras ignores
the names and assigns the groups with weights in order; this module does so only if the
names differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from snnc.importer.hdf5 import Store
from snnc.importer.layer_config import NAMES
from snnc.importer.model import Graph, NestedLayer, StoredWeights, unclear

ROOT = "model_weights"
Owners = dict[str, list[str]]
"""For each weight in a group, the layers to which it may belong."""


class H5Weights(StoredWeights):
    """The weights from ``save('model.h5')`` or ``save_weights``.

    Parameters
    ----------
    root :
        The group that contains the layers' groups; "" for the root of the file.
    is_beside :
        Whether the architecture is in another file, so that names may differ.
    """

    _store: Store

    def __init__(
        self, store: Store, graph: Graph, root: str, is_beside: bool = False
    ) -> None:
        super().__init__(store)
        self._root = root
        self._parts = {
            name: part for part in graph.parts for name in full_names(part, "")
        }
        self._groups = {part.name: part.name for part in graph.parts}
        if is_beside:
            self._groups |= self._by_order(graph)
        self._owners: dict[str, Owners] = {}

    @property
    def renamed(self) -> str:
        """The first layer whose name in the file differs, with that name; or ""."""
        pairs = (f"`{a}` for `{b}`" for b, a in self._groups.items() if a != b)
        return next(pairs, "")

    def paths(self, layer: str) -> Mapping[str, str]:
        """See `StoredWeights.paths`."""
        part = self._parts[layer]
        group = self._group(part.name)
        if part.name not in self._owners:
            listed = self._store.texts(group, "weight_names") or ()
            names = [*full_names(part, "")]
            self._owners[part.name] = owners(listed, names, part.inside is None)
        found = owned(layer, self._owners[part.name])
        for path in found.values():
            if not self._store.has(f"{group}/{path}"):
                raise unclear(layer, f"`{path}` is not in the file")
        return {name: f"{group}/{path}" for name, path in found.items()}

    def _group(self, part: str) -> str:
        return f"{self._root}/{self._groups[part]}".lstrip("/")

    def _by_order(self, graph: Graph) -> dict[str, str]:
        """Assign groups to parts in order, if some names are missing."""
        listed = self._store.texts(self._root, "layer_names") or ()
        stored = [
            name
            for name in listed
            if self._store.texts(f"{self._root}/{name}".lstrip("/"), "weight_names")
        ]
        due = [part.name for part in graph.parts if has_weights(part)]
        if set(due) <= set(stored) or len(due) != len(stored):
            return {}
        return dict(zip(due, stored, strict=True))


def owned(layer: str, owners: Owners) -> dict[str, str]:
    """Return the paths of a layer's weights in order, by the shortest unique names.

    Raises
    ------
    RefusedModelError
        If one of the weights could also belong to another layer.
    """
    for path, names in owners.items():
        if layer in names and len(names) > 1:
            raise unclear(layer, f"`{path}` may belong to any of {names}")
    paths = [path for path, names in owners.items() if layer in names]
    plain = [path.removesuffix(":0") for path in paths]
    last = [path.split("/")[-1] for path in plain]
    names = [
        name if last.count(name) == 1 else path.split("/", 1)[-1]
        for name, path in zip(last, plain, strict=True)
    ]
    return dict(zip(names, paths, strict=True))


def has_weights(part: NestedLayer) -> bool:
    """Whether a part has weights, according to its class if that is known."""
    if part.inside is not None:
        return any(map(has_weights, part.inside.parts))
    return part.kind in NAMES or "layer" in part.options


def full_names(part: NestedLayer, prefix: str) -> Iterator[str]:
    """Yield the full name of each layer in a part."""
    name = f"{prefix}{part.name}"
    if part.inside is None:
        yield name
    else:
        for inner in part.inside.parts:
            yield from full_names(inner, f"{name}/")


def owners(paths: Sequence[str], names: Sequence[str], whole: bool) -> Owners:
    """Return, for each weight in a submodel, the layers to which it may belong.

    A weight's path contains the layer's name, after the names of some of the submodels
    around the layer. If several layers have the same last name, the weight belongs to
    the layer that shares the most names with the path.
    """
    if whole:
        return {path: list(names) for path in paths}
    by_end: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_end[name.split("/")[-1]].append(name)
    return {path: _best(path.split("/")[:-1], by_end) for path in paths}


def _best(scopes: Sequence[str], by_end: Mapping[str, Sequence[str]]) -> list[str]:
    near = {name for scope in scopes for name in by_end.get(scope, ())}
    shares = {name: _count_shared(name.split("/"), scopes) for name in sorted(near)}
    most = max(shares.values(), default=0)
    return [name for name, share in shares.items() if share == most]


def _count_shared(name: Sequence[str], scopes: Sequence[str]) -> int:
    """Return how many last names a full name shares with a weight's path."""
    ends = range(len(scopes) + 1)
    counts = range(len(name) + 1)
    return max(
        count
        for count in counts
        for stop in ends
        if count <= stop and scopes[stop - count : stop] == name[len(name) - count :]
    )
