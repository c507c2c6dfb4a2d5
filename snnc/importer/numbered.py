"""Weights of a `.keras` archive, whose groups are numbered within each class.

`keras/saving/saving_lib.py`, `_save_container_state`: the layers of a model are saved
in their order as ``layers/conv2d``, ``layers/conv2d_1`` ..., by their class and not by
their name; each has ``vars/0``, ``vars/1`` ..., and a submodel has ``layers`` again.
Keras 2.12 calls the folder ``_layer_checkpoint_dependencies`` and counts every layer
with weights twice, so numbers are compared, not taken at their word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from snnc.importer.hdf5 import Store
from snnc.importer.layer_config import snake
from snnc.importer.model import (
    NOWHERE,
    Graph,
    NestedLayer,
    RefusedModelError,
    Shapes,
    StoredWeights,
)
from snnc.rules.models import WeightsUnclear

if TYPE_CHECKING:
    from snnc.importer.model import Arrays

_KERNEL = ("kernel", "bias")
_DEPTHWISE = ("depthwise_kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_RECURRENT = ("kernel", "recurrent_kernel", "bias")
_NORM = ("gamma", "beta")

NAMES = {
    "BatchNormalization": (*_NORM, "moving_mean", "moving_variance"),
    "Conv1D": _KERNEL,
    "Conv1DTranspose": _KERNEL,
    "Conv2D": _KERNEL,
    "Conv2DTranspose": _KERNEL,
    "Conv3D": _KERNEL,
    "Conv3DTranspose": _KERNEL,
    "Dense": _KERNEL,
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "EinsumDense": _KERNEL,
    "Embedding": ("embeddings",),
    "GRU": _RECURRENT,
    "GroupNormalization": _NORM,
    "LSTM": _RECURRENT,
    "LayerNormalization": _NORM,
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
    "SeparableConv1D": _SEPARABLE,
    "SeparableConv2D": _SEPARABLE,
    "SimpleRNN": _RECURRENT,
}
NAMES["SyncBatchNormalization"] = NAMES["BatchNormalization"]

_SWITCHES = {"bias": "use_bias", "beta": "center", "gamma": "scale"}


def variable_names(kind: str, options: Mapping[str, Any], count: int) -> Sequence[str]:
    """Return the names of a layer's ``count`` variables, in Keras's order.

    Where the class is unknown or has another number of variables, they are numbered
    from 0, as in the file.
    """
    names = [
        name
        for name in NAMES.get(kind, ())
        if options.get(_SWITCHES.get(name, ""), True)
    ]
    if len(names) == count or (kind == "Normalization" and 0 < count < len(names)):
        return names[:count]
    return [str(number) for number in range(count)]


Item = TypeVar("Item")
Read = Callable[[str], Item | None]
"""Gives what is at a path of the file, an array or its shape."""

FOLDERS = ("layers", "_layer_checkpoint_dependencies")
DEEPEST = 8
"""Levels in a layer: a bidirectional, recurrent one has two."""


class NumberedWeights(StoredWeights):
    """The weights of a file that Keras's ``save_own_variables`` wrote.

    Parameters
    ----------
    store :
        The HDF5 file, out of an archive or by itself; it is closed with the weights.
    graph :
        The model's graph, which says the order of its layers.
    """

    def __init__(self, store: Store, graph: Graph) -> None:
        self._store = store
        self._parts = dict(_parts(graph, "", ""))

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        return self._found(layer, self._store.array)

    def shapes(self, layer: str) -> Shapes:
        """See `StoredWeights.shapes`."""
        return self._found(layer, self._store.shape)

    def _found(self, layer: str, read: Read[Item]) -> dict[str, Item]:
        part, folder, number, count = self._parts[layer]
        group = self._group(part, folder, number, count)
        if group is None:
            return {}
        return self._named(part.kind, part.options, group, read, 0)

    def close(self) -> None:
        self._store.close()

    def _group(
        self, part: NestedLayer, folder: str, number: int, count: int
    ) -> str | None:
        """Return the group of a layer, None if its class has no groups."""
        where = self._folder(folder, part.name)
        groups = self._numbered(where, snake(part.kind))
        if not groups:
            return None
        if len(groups) != count:
            reason = f"the file has {len(groups)} `{part.kind}` where the model has"
            raise unclear(part.name, f"{reason} {count}")
        group = f"{where}/{groups[number]}"
        written = self._store.text(f"{group}/vars", "name")  # Keras 3.4 and newer
        if written is not None and written != part.name:
            raise unclear(part.name, f"the file has those of `{written}` in its place")
        return group

    def _folder(self, folder: str, layer: str) -> str:
        """Replace the steps into submodels by the groups that they are in."""
        where = self._layers("")
        for step in filter(None, folder.split("/")):
            kind, number, count = step.split(":")
            groups = self._numbered(where, kind)
            if len(groups) != int(count):
                raise unclear(layer, f"the file has {len(groups)} `{kind}`")
            where = self._layers(f"{where}/{groups[int(number)]}")
        return where

    def _layers(self, group: str) -> str:
        members = self._store.members(group)
        name = next((name for name in FOLDERS if name in members), FOLDERS[0])
        return f"{group}/{name}" if group else name

    def _numbered(self, group: str, name: str) -> list[str]:
        pattern = re.compile(rf"{re.escape(name)}(?:_(\d{{1,9}}))?")
        matches = [
            match for m in self._store.members(group) if (match := pattern.fullmatch(m))
        ]
        return [m[0] for m in sorted(matches, key=lambda match: int(match[1] or 0))]

    def _named(
        self,
        kind: str,
        options: Mapping[str, Any],
        group: str,
        read: Read[Item],
        depth: int,
    ) -> dict[str, Item]:
        values = self._variables(f"{group}/vars", read)
        names = variable_names(kind, options, len(values))
        named = dict(zip(names, values, strict=True))
        for inner in self._store.members(group):
            if inner == "vars" or depth == DEEPEST:
                continue
            below = self._named(
                *_wrapped(kind, options, inner), f"{group}/{inner}", read, depth + 1
            )
            for name, value in below.items():
                named[f"{inner}/{name}" if name in named else name] = value
        return named

    def _variables(self, group: str, read: Read[Item]) -> list[Item]:
        numbers = sorted(
            int(name)
            for name in self._store.members(group)
            if re.fullmatch(r"\d{1,4}", name)
        )
        items = [read(f"{group}/{number}") for number in numbers]
        return [item for item in items if item is not None]


def _wrapped(
    kind: str, options: Mapping[str, Any], attribute: str
) -> tuple[str, Mapping[str, Any]]:
    """Return class and options of the layer in an attribute of another layer."""
    entry = options.get(attribute)
    if isinstance(entry, dict):
        own, config = entry.get("class_name"), entry.get("config")
        if isinstance(own, str) and isinstance(config, dict):
            return own, config
    return (kind if attribute == "cell" else ""), options


def _parts(
    graph: Graph, prefix: str, folder: str
) -> Iterator[tuple[str, tuple[NestedLayer, str, int, int]]]:
    """Give each layer's full name, its part, its folder, its number and of how many.

    A folder is a step ``class:number:count`` for each submodel on the way.
    """
    kinds: defaultdict[str, list[NestedLayer]] = defaultdict(list)
    for part in graph.parts:
        kinds[snake(part.kind)].append(part)
    for kind, parts in kinds.items():
        for number, part in enumerate(parts):
            name = f"{prefix}{part.name}"
            if part.inside is None:
                yield name, (part, folder, number, len(parts))
            else:
                step = f"{folder}/{kind}:{number}:{len(parts)}"
                yield from _parts(part.inside, f"{name}/", step)


def unclear(layer: str, reason: str) -> RefusedModelError:
    """Refuse a file that does not say which weights are a layer's."""
    return RefusedModelError(WeightsUnclear(span=NOWHERE, layer=layer, reason=reason))
