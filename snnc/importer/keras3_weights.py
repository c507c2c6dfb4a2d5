"""Read the weights in a `.keras` archive, whose groups are numbered per class.

The format is defined in `_save_container_state` in `keras/saving/saving_lib.py`. Keras
saves a model's layers in order as ``layers/conv2d``, ``layers/conv2d_1`` and so on:
groups are named after classes, not layers. Each layer has ``vars/0``, ``vars/1`` and so
on, and a submodel has its own ``layers``. Keras 2.12 names the folder
``_layer_checkpoint_dependencies`` and counts every layer with weights twice, so this
module uses only the order of the numbers. It also compares shapes, to find out whether
the weights in a separate file belong to a model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from snnc.importer.hdf5 import Store
from snnc.importer.layer_config import NAMES, rank_of, snake, variable_names
from snnc.importer.model import (
    Graph,
    KerasLayer,
    KerasModel,
    NestedLayer,
    RefusedModelError,
    Shapes,
    StoredWeights,
    refused,
    unclear,
)
from snnc.rules.models import WeightsDiffer, WeightsUnclear

if TYPE_CHECKING:
    from snnc.importer.model import Arrays

Item = TypeVar("Item")
Read = Callable[[str], Item | None]
"""A function that returns the array at a path in the file, or the array's shape."""

FOLDERS = ("layers", "_layer_checkpoint_dependencies")
DEEPEST = 8
"""The most nested levels in a layer; a bidirectional recurrent layer has two."""


class Keras3Weights(StoredWeights):
    """The weights of a file that Keras's ``save_own_variables`` wrote.

    Parameters
    ----------
    store :
        The HDF5 file, from an archive or standalone; `close` closes it.
    graph :
        The model's graph, which defines the order of the layers.
    """

    def __init__(self, store: Store, graph: Graph) -> None:
        self._store = store
        self._parts = dict(_parts(graph, "", ""))

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        return self._find_items(layer, self._store.array)

    def shapes(self, layer: str) -> Shapes:
        """See `StoredWeights.shapes`."""
        return self._find_items(layer, self._store.shape)

    def _find_items(self, layer: str, read: Read[Item]) -> dict[str, Item]:
        part, folder, number, count = self._parts[layer]
        group = self._group(part, folder, number, count)
        if group is None:
            return {}
        return self._name_items(part.kind, part.options, group, read, 0)

    def close(self) -> None:
        self._store.close()

    def _group(
        self, part: NestedLayer, folder: str, number: int, count: int
    ) -> str | None:
        """Return the group of a layer, or None if its class has no groups."""
        where = self._folder(folder, part.name)
        groups = self._number_groups(where, snake(part.kind))
        if not groups:
            return None
        if len(groups) != count:
            reason = f"the file has {len(groups)} `{part.kind}` but the model has"
            raise unclear(part.name, f"{reason} {count}")
        group = f"{where}/{groups[number]}"
        written = self._store.text(f"{group}/vars", "name")  # Keras 3.4 and newer
        if written is not None and written != part.name:
            raise unclear(
                part.name, f"the file has the weights of `{written}` in its place"
            )
        return group

    def _folder(self, folder: str, layer: str) -> str:
        """Replace the steps into submodels with the submodels' groups."""
        where = self._layers("")
        for step in filter(None, folder.split("/")):
            kind, number, count = step.split(":")
            groups = self._number_groups(where, kind)
            if len(groups) != int(count):
                raise unclear(layer, f"the file has {len(groups)} `{kind}`")
            where = self._layers(f"{where}/{groups[int(number)]}")
        return where

    def _layers(self, group: str) -> str:
        members = self._store.members(group)
        name = next((name for name in FOLDERS if name in members), FOLDERS[0])
        return f"{group}/{name}" if group else name

    def _number_groups(self, group: str, name: str) -> list[str]:
        pattern = re.compile(rf"{re.escape(name)}(?:_(\d{{1,9}}))?")
        matches = [
            match for m in self._store.members(group) if (match := pattern.fullmatch(m))
        ]
        return [m[0] for m in sorted(matches, key=lambda match: int(match[1] or 0))]

    def _name_items(
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
            below = self._name_items(
                *_unwrap_layer(kind, options, inner),
                f"{group}/{inner}",
                read,
                depth + 1,
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


def _parts(
    graph: Graph, prefix: str, folder: str
) -> Iterator[tuple[str, tuple[NestedLayer, str, int, int]]]:
    """Yield each layer's full name, part, folder, number and count.

    A folder has a step ``class:number:count`` for each submodel around the layer.
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


def compare(model: KerasModel, weights: StoredWeights, path: str) -> None:
    """Compare the layers with the weights, by the names and shapes of arrays.

    The number of channels that a kernel reads is unknown here; the conversion checks
    this number later.

    Raises
    ------
    RefusedModelError
        SNN826, with the first layer that differs.
    """
    for layer in model.layers:
        if layer.shares:
            continue
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


def _differences(layer: KerasLayer, shapes: Shapes) -> Iterator[str]:
    if layer.kind not in NAMES:
        return
    due = variable_names(layer.kind, layer.options, len(shapes))
    present = ", ".join(shapes) or "no weights"
    if set(due) != set(shapes) or not shapes:
        names = ", ".join(n for n in NAMES[layer.kind])
        yield f"the file has {present} for this layer, but {names} are expected"
    for name, size in _sizes(layer).items():
        shape = shapes.get(name)
        if shape is None:
            continue
        if any(n is not None and n != m for n, m in _pairs(size, shape)):
            stored = "x".join(map(str, shape)) or "a single number"
            asked = "x".join("?" if n is None else str(n) for n in size)
            yield f"its {name} in the file is {stored}, but {asked} is expected"


def _pairs(
    size: tuple[int | None, ...], shape: tuple[int, ...]
) -> Iterator[tuple[int | None, int]]:
    if len(size) != len(shape):
        yield (-1, 0)
        return
    yield from zip(size, shape, strict=True)


def _sizes(layer: KerasLayer) -> dict[str, tuple[int | None, ...]]:
    """Return the shapes that the options determine; None is an unknown size."""
    options, kind = layer.options, layer.kind
    filters, units = _count(options.get("filters")), _count(options.get("units"))
    kernel = options.get("kernel_size")
    rank = rank_of(kind)
    taps: tuple[int | None, ...] = (_count(kernel),) * rank
    if isinstance(kernel, list):
        taps = tuple(map(_count, kernel))
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        return {"kernel": (*taps, None, filters), "bias": (filters,)}
    if kind == "Conv2DTranspose":
        return {"kernel": (*taps, filters, None), "bias": (filters,)}
    if kind == "Dense":
        return {"kernel": (None, units), "bias": (units,)}
    multiplier = _count(options.get("depth_multiplier", 1))
    if kind.startswith("DepthwiseConv"):
        return {"depthwise_kernel": (*taps, None, multiplier)}
    if kind.startswith("SeparableConv"):
        return {
            "depthwise_kernel": (*taps, None, multiplier),
            "pointwise_kernel": (*(1,) * rank, None, filters),
            "bias": (filters,),
        }
    return {}


def _count(value: object) -> int | None:
    return value if type(value) is int else None
