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
from collections.abc import Iterator, Mapping
from typing import Any

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
    if set(due) != set(shapes) or not shapes:
        present, names = ", ".join(shapes) or "no weights", ", ".join(NAMES[layer.kind])
        yield f"the file has {present} for this layer, but {names} are expected"
    for name, size in _sizes(layer).items():
        shape = shapes.get(name)
        if shape is None:
            continue
        pairs = zip(size, shape, strict=False)
        if len(size) != len(shape) or any(n not in (None, m) for n, m in pairs):
            stored = "x".join(map(str, shape)) or "a single number"
            asked = "x".join("?" if n is None else str(n) for n in size)
            yield f"its {name} in the file is {stored}, but {asked} is expected"


def _sizes(layer: KerasLayer) -> dict[str, tuple[int | None, ...]]:
    """Return the shapes that the options determine; None is an unknown size."""
    kind, rank = layer.kind, rank_of(layer.kind)
    names = ("filters", "units", "depth_multiplier")
    filters, units, multiplier = (_count(layer.options.get(name)) for name in names)
    if "depth_multiplier" not in layer.options:
        multiplier = 1
    kernel = layer.options.get("kernel_size")
    taps = tuple(map(_count, kernel if isinstance(kernel, list) else [kernel] * rank))
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        return {"kernel": (*taps, None, filters), "bias": (filters,)}
    if kind == "Conv2DTranspose":
        return {"kernel": (*taps, filters, None), "bias": (filters,)}
    if kind == "Dense":
        return {"kernel": (None, units), "bias": (units,)}
    depthwise = {"depthwise_kernel": (*taps, None, multiplier)}
    if kind.startswith("DepthwiseConv"):
        return depthwise
    if kind.startswith("SeparableConv"):
        pointwise = (*(1,) * rank, None, filters)
        return depthwise | {"pointwise_kernel": pointwise, "bias": (filters,)}
    return {}


def _count(value: object) -> int | None:
    return value if type(value) is int else None
