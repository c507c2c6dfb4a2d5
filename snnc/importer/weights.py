"""Find the weights of each layer in the files of Keras 2, Keras 3 and TensorFlow.js.

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from snnc.importer.graph import snake
from snnc.importer.hdf5 import Store
from snnc.importer.model import (
    Graph,
    KerasLayer,
    KerasModel,
    ModelWeights,
    NestedLayer,
    RefusedModelError,
    refused,
    unclear,
)
from snnc.importer.tfjs import Shards
from snnc.rules.models import WeightsDiffer, WeightsUnclear

if TYPE_CHECKING:
    from snnc.importer.model import Arrays

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


@dataclass(frozen=True)
class StoredWeights(ModelWeights):
    """Weights in an open file, whose shapes are known without reading them.

    Attributes
    ----------
    store :
        The file, which `close` closes.
    paths :
        Returns the paths of a layer's arrays in the file, by Keras's names.
    renamed :
        The first layer whose name in the file differs, with that name; or "".
    """

    store: Store | Shards
    paths: Callable[[str], Mapping[str, str]]
    renamed: str = ""

    def of(self, layer: str) -> Arrays:
        """See `ModelWeights.of`."""
        found = {name: self.store.array(at) for name, at in self.paths(layer).items()}
        return {name: array for name, array in found.items() if array is not None}

    def shapes(self, layer: str) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a layer's arrays, without reading the arrays."""
        found = {name: self.store.shape(at) for name, at in self.paths(layer).items()}
        return {name: shape for name, shape in found.items() if shape is not None}

    def close(self) -> None:
        """See `ModelWeights.close`."""
        self.store.close()


ROOT = "model_weights"
Owners = dict[str, list[str]]
"""For each weight in a group, the layers to which it may belong."""


def h5_weights(
    store: Store, graph: Graph, root: str, is_beside: bool = False
) -> StoredWeights:
    """Return the weights from ``save('model.h5')`` or ``save_weights``.

    Parameters
    ----------
    root :
        The group that contains the layers' groups; "" for the root of the file.
    is_beside :
        Whether the architecture is in another file, so that names may differ.
    """
    parts = {name: part for part in graph.parts for name in full_names(part)}
    groups = {part.name: part.name for part in graph.parts}
    if is_beside:
        groups |= _by_order(store, graph, root)
    known: dict[str, Owners] = {}

    def paths(layer: str) -> Mapping[str, str]:
        part = parts[layer]
        group = f"{root}/{groups[part.name]}".lstrip("/")
        if part.name not in known:
            listed = store.texts(group, "weight_names") or ()
            known[part.name] = (
                {path: [layer] for path in listed}
                if part.inside is None
                else owners(listed, [*full_names(part)])
            )
        found = owned(layer, known[part.name])
        for path in found.values():
            if not store.has(f"{group}/{path}"):
                raise unclear(layer, f"`{path}` is not in the file")
        return {name: f"{group}/{path}" for name, path in found.items()}

    pairs = (f"`{a}` for `{b}`" for b, a in groups.items() if a != b)
    return StoredWeights(store, paths, next(pairs, ""))


def _by_order(store: Store, graph: Graph, root: str) -> dict[str, str]:
    """Assign groups to parts in order, if some names are missing."""
    stored = [
        name
        for name in store.texts(root, "layer_names") or ()
        if store.texts(f"{root}/{name}".lstrip("/"), "weight_names")
    ]
    due = [part.name for part in graph.parts if _has_weights(part)]
    if set(due) <= set(stored) or len(due) != len(stored):
        return {}
    return dict(zip(due, stored, strict=True))


def _has_weights(part: NestedLayer) -> bool:
    """Whether a part has weights, according to its class if that is known."""
    if part.inside is not None:
        return any(map(_has_weights, part.inside.parts))
    return part.kind in NAMES or "layer" in part.options


def sharded_weights(shards: Shards, graph: Graph) -> StoredWeights:
    """Return the weights of a TensorFlow.js model."""
    names = [name for part in graph.parts for name in full_names(part)]
    own = owners([*shards.arrays], names)
    return StoredWeights(shards, partial(owned, owners=own))


def owned(layer: str, owners: Owners) -> dict[str, str]:
    """Return the paths of a layer's weights in order, by the shortest unique names.

    Raises
    ------
    RefusedModelError
        If one of the weights could also belong to another layer.
    """
    paths = [path for path, names in owners.items() if layer in names]
    for path in paths:
        if len(owners[path]) > 1:
            raise unclear(layer, f"`{path}` may belong to any of {owners[path]}")
    plain = [path.removesuffix(":0") for path in paths]
    last = [path.split("/")[-1] for path in plain]
    names = [
        name if last.count(name) == 1 else path.split("/", 1)[-1]
        for name, path in zip(last, plain, strict=True)
    ]
    return dict(zip(names, paths, strict=True))


def full_names(part: NestedLayer, prefix: str = "") -> Iterator[str]:
    """Yield the full name of each layer in a part."""
    name = f"{prefix}{part.name}"
    if part.inside is None:
        yield name
    else:
        for inner in part.inside.parts:
            yield from full_names(inner, f"{name}/")


def owners(paths: Sequence[str], names: Sequence[str]) -> Owners:
    """Return, for each weight in a submodel, the layers to which it may belong.

    A weight's path contains the layer's name, after the names of some of the submodels
    around the layer. If several layers have the same last name, the weight belongs to
    the layer that shares the most names with the path.
    """
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


def keras3_weights(store: Store, graph: Graph) -> StoredWeights:
    """Return the weights of a file that Keras's ``save_own_variables`` wrote.

    Parameters
    ----------
    store :
        The HDF5 file, from an archive or standalone.
    graph :
        The model's graph, which defines the order of the layers.
    """
    chains = dict(_chains(graph, ""))

    def paths(layer: str) -> Mapping[str, str]:
        part, _, _ = chains[layer][-1]
        group = _group_of(chains[layer], store)
        return _name(part.kind, part.options, group, store) if group else {}

    return StoredWeights(store, paths)


def _group_of(chain: Chain, store: Store) -> str:
    """Return the group of a layer, or "" if its class has no groups."""
    group, layer = "", chain[-1][0].name
    for part, number, count in chain:
        members = store.members(group)
        folder = next((name for name in FOLDERS if name in members), FOLDERS[0])
        where = f"{group}/{folder}".lstrip("/")
        pattern = re.compile(rf"{re.escape(snake(part.kind))}(?:_(\d{{1,9}}))?")
        found = filter(None, map(pattern.fullmatch, store.members(where)))
        groups = sorted(found, key=lambda match: int(match[1] or 0))
        if part.inside is not None and len(groups) != count:
            what = f"the file has {len(groups)} `{snake(part.kind)}`"
            raise unclear(layer, what)
        if not groups:
            return ""
        if len(groups) != count:
            reason = f"the file has {len(groups)} `{part.kind}` but the model has"
            raise unclear(layer, f"{reason} {count}")
        group = f"{where}/{groups[number][0]}"
    written = store.text(f"{group}/vars", "name")  # Keras 3.4 and newer
    if written is not None and written != layer:
        raise unclear(layer, f"the file has the weights of `{written}` in its place")
    return group


def _name(
    kind: str, options: Mapping[str, Any], group: str, store: Store, depth: int = 0
) -> dict[str, str]:
    """Return the paths of arrays in a group and in its groups, by their names."""
    members = store.members(f"{group}/vars")
    numbers = sorted(int(name) for name in members if re.fullmatch(r"\d{1,4}", name))
    paths = [f"{group}/vars/{number}" for number in numbers]
    paths = [path for path in paths if store.has(path)]
    names = variable_names(kind, options, len(paths))
    named = dict(zip(names, paths, strict=True))
    for inner in store.members(group):
        if inner == "vars" or depth == DEEPEST:
            continue
        own, config = _unwrap_layer(kind, options, inner)
        below = _name(own, config, f"{group}/{inner}", store, depth + 1)
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


_BIAS = ("bias", "filters")
_TAPS = ("depthwise_kernel", "taps ? depth_multiplier")
_POINT = ("pointwise_kernel", "ones ? filters")
_SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv3D"), (("kernel", "taps ? filters"), _BIAS)
    ),
    "Conv2DTranspose": (("kernel", "taps filters ?"), _BIAS),
    "Dense": (("kernel", "? units"), ("bias", "units")),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), (_TAPS,)),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), (_TAPS, _POINT, _BIAS)),
}
"""The shapes of arrays: options, the taps of all axes, or ``?`` for unknown sizes."""


def compare(model: KerasModel, weights: StoredWeights, path: str) -> None:
    """Compare the layers with the weights, by the names and shapes of arrays.

    The number of channels that a kernel reads is unknown here; the conversion checks
    this number later.

    Raises
    ------
    RefusedModelError
        SNN826, with the first layer that differs.
    """
    for layer in (layer for layer in model.layers if not layer.shares):
        try:
            reason = next(_differences(layer, weights.shapes(layer.name)), "")
        except RefusedModelError as error:
            if not isinstance(error.diagnostic, WeightsUnclear):
                raise
            reason = error.diagnostic.reason
        if reason:
            raise refused(
                WeightsDiffer,
                path=path,
                layer=layer.name,
                kind=layer.kind,
                reason=reason,
            )


def _differences(
    layer: KerasLayer, shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    if layer.kind not in NAMES:
        return
    due = variable_names(layer.kind, layer.options, len(shapes))
    if set(due) != set(shapes) or not shapes:
        present, names = ", ".join(shapes) or "no weights", ", ".join(NAMES[layer.kind])
        yield f"the file has {present} for this layer, but {names} are expected"
    kernel = layer.options.get("kernel_size")
    known = {
        "taps": kernel if isinstance(kernel, list) else [kernel] * layer.rank,
        "ones": [1] * layer.rank,
        "depth_multiplier": [layer.options.get("depth_multiplier", 1)],
    }
    for name, axes in _SHAPES.get(layer.kind, ()):
        if (shape := shapes.get(name)) is None:
            continue
        found = [n for a in axes.split() for n in known.get(a, [layer.options.get(a)])]
        size = [n if type(n) is int else None for n in found]
        pairs = zip(size, shape, strict=False)
        if len(size) != len(shape) or any(n not in (None, m) for n, m in pairs):
            stored = "x".join(map(str, shape)) or "a single number"
            asked = "x".join("?" if n is None else str(n) for n in size)
            yield f"its {name} in the file is {stored}, but {asked} is expected"
