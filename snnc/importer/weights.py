"""Read the weights that Keras 2 and 3 store in HDF5.

The groups of an `.h5` file are named after layers (`keras/saving/legacy/hdf5_format.py`
in Keras). ``save`` writes the group ``model_weights``, and ``save_weights`` writes the
same content at the root. It has one group per layer of the model, with the attribute
``weight_names``. A submodel's group contains the weights of all its layers, with the
non-trainable ones last. Keras ignores the names and assigns the groups with weights in
order; this module does so only if the names differ.

The groups in a `.keras` archive are numbered per class (`_save_container_state` in
`keras/saving/saving_lib.py`). Keras saves a model's layers in order as
``layers/conv2d``, ``layers/conv2d_1`` and so on. Each layer has ``vars/0``, ``vars/1``
and so on, and a submodel has its own ``layers``. Keras 2.12 names the folder
``_layer_checkpoint_dependencies`` and counts every layer with weights twice, so this
module uses only the order of the numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from snnc.importer.graph import snake
from snnc.importer.hdf5 import Store
from snnc.importer.model import Graph, NestedLayer, StoredWeights, unclear

_NORM = ("gamma", "beta")
_BATCH_NORM = (*_NORM, "moving_mean", "moving_variance")
_KERNELS = (
    "Dense", "EinsumDense", *(f"Conv{rank}D" for rank in (1, 2, 3)),
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
)  # fmt: skip
_DEPTHWISE = ("depthwise_kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_RECURRENT = ("kernel", "recurrent_kernel", "bias")

NAMES = {
    **dict.fromkeys(("BatchNormalization", "SyncBatchNormalization"), _BATCH_NORM),
    **dict.fromkeys(_KERNELS, ("kernel", "bias")),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _DEPTHWISE),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _SEPARABLE),
    **dict.fromkeys(("GRU", "LSTM", "SimpleRNN"), _RECURRENT),
    **dict.fromkeys(("GroupNormalization", "LayerNormalization"), _NORM),
    "Embedding": ("embeddings",),
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
}

_SWITCHES = {"bias": "use_bias", "beta": "center", "gamma": "scale"}


def variable_names(kind: str, options: Mapping[str, Any], count: int) -> Sequence[str]:
    """Return the names of a layer's ``count`` variables, in Keras's order.

    If the class is unknown or has a different number of variables, the names are
    numbers from 0, as in the file.
    """
    names = [
        name
        for name in NAMES.get(kind, ())
        if options.get(_SWITCHES.get(name, ""), True)
    ]
    if len(names) == count or (kind == "Normalization" and 0 < count < len(names)):
        return names[:count]
    return [str(number) for number in range(count)]


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
        parts = name.split("/")
        for start in range(len(parts)):
            by_end["/".join(parts[start:])].append(name)
    return {path: _best(path.split("/")[:-1], by_end) for path in paths}


def _best(scopes: Sequence[str], by_end: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the layers that share the most last names with a weight's path."""
    for count in range(len(scopes), 0, -1):
        starts = range(len(scopes) - count + 1)
        shared = ("/".join(scopes[start : start + count]) for start in starts)
        found = {name for end in shared for name in by_end.get(end, ())}
        if found:
            return sorted(found)
    return []


FOLDERS = ("layers", "_layer_checkpoint_dependencies")
DEEPEST = 8
"""The most nested levels in a layer; a bidirectional recurrent layer has two."""
Chain = tuple[tuple[NestedLayer, int, int], ...]
"""A layer after the submodels around it, with their numbers and counts by class."""


class Keras3Weights(StoredWeights):
    """The weights of a file that Keras's ``save_own_variables`` wrote.

    Parameters
    ----------
    store :
        The HDF5 file, from an archive or standalone; `close` closes it.
    graph :
        The model's graph, which defines the order of the layers.
    """

    _store: Store

    def __init__(self, store: Store, graph: Graph) -> None:
        super().__init__(store)
        self._chains = dict(_chains(graph, ""))

    def paths(self, layer: str) -> Mapping[str, str]:
        """See `StoredWeights.paths`."""
        part, _, _ = self._chains[layer][-1]
        group = self._group(self._chains[layer])
        return self._name(part.kind, part.options, group, 0) if group else {}

    def _group(self, chain: Chain) -> str:
        """Return the group of a layer, or "" if its class has no groups."""
        group, layer = "", chain[-1][0].name
        for part, number, count in chain:
            members = self._store.members(group)
            folder = next((name for name in FOLDERS if name in members), FOLDERS[0])
            where = f"{group}/{folder}".lstrip("/")
            groups = self._number_groups(where, snake(part.kind))
            if part.inside is not None and len(groups) != count:
                what = f"the file has {len(groups)} `{snake(part.kind)}`"
                raise unclear(layer, what)
            if not groups:
                return ""
            if len(groups) != count:
                reason = f"the file has {len(groups)} `{part.kind}` but the model has"
                raise unclear(layer, f"{reason} {count}")
            group = f"{where}/{groups[number]}"
        written = self._store.text(f"{group}/vars", "name")  # Keras 3.4 and newer
        if written is not None and written != layer:
            raise unclear(
                layer, f"the file has the weights of `{written}` in its place"
            )
        return group

    def _number_groups(self, group: str, name: str) -> list[str]:
        pattern = re.compile(rf"{re.escape(name)}(?:_(\d{{1,9}}))?")
        matches = [
            match for m in self._store.members(group) if (match := pattern.fullmatch(m))
        ]
        return [m[0] for m in sorted(matches, key=lambda match: int(match[1] or 0))]

    def _name(
        self, kind: str, options: Mapping[str, Any], group: str, depth: int
    ) -> dict[str, str]:
        """Return the paths of arrays in a group and in its groups, by their names."""
        members = self._store.members(f"{group}/vars")
        numbers = sorted(
            int(name) for name in members if re.fullmatch(r"\d{1,4}", name)
        )
        paths = [f"{group}/vars/{number}" for number in numbers]
        paths = [path for path in paths if self._store.has(path)]
        names = variable_names(kind, options, len(paths))
        named = dict(zip(names, paths, strict=True))
        for inner in self._store.members(group):
            if inner == "vars" or depth == DEEPEST:
                continue
            own, config = _unwrap_layer(kind, options, inner)
            below = self._name(own, config, f"{group}/{inner}", depth + 1)
            for name, path in below.items():
                named[f"{inner}/{name}" if name in named else name] = path
        return named


def _unwrap_layer(
    kind: str, options: Mapping[str, Any], attribute: str
) -> tuple[str, Mapping[str, Any]]:
    """Return the class and the options of a layer that another layer contains."""
    entry = options.get(attribute)
    if isinstance(entry, dict):
        own, config = entry.get("class_name"), entry.get("config")
        if isinstance(own, str) and isinstance(config, dict):
            return own, config
    return (kind if attribute == "cell" else ""), options


def _chains(
    graph: Graph, prefix: str, around: Chain = ()
) -> Iterator[tuple[str, Chain]]:
    """Yield each layer's full name and chain."""
    kinds: defaultdict[str, list[NestedLayer]] = defaultdict(list)
    for part in graph.parts:
        kinds[snake(part.kind)].append(part)
    for parts in kinds.values():
        for number, part in enumerate(parts):
            name, chain = f"{prefix}{part.name}", (*around, (part, number, len(parts)))
            if part.inside is None:
                yield name, chain
            else:
                yield from _chains(part.inside, f"{name}/", chain)
