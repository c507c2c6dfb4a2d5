"""Find weights whose names contain their layers, in Keras's `.h5` files.

The groups of an `.h5` file are named after layers (`keras/saving/legacy/hdf5_format.py`
in Keras). ``save`` writes the group ``model_weights``, and ``save_weights`` writes the
same content at the root. It has one group per layer of the model, with the attribute
``weight_names``. A submodel's group contains the weights of all its layers, with the
non-trainable ones last. Keras ignores the names and assigns the groups with weights in
order; this module does so only if the names differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from snnc.importer.model import Graph, NestedLayer
from snnc.importer.refusals import unclear
from snnc.importer.weights import SHAPES, Store, StoredWeights, chains_of

ROOT = "model_weights"
Owners = dict[str, list[str]]
"""For each weight in a group, the layers to which it may belong."""


def h5_weights(
    store: Store, graph: Graph, root: str, *, is_beside: bool = False
) -> StoredWeights:
    """Return the weights from ``save('model.h5')`` or ``save_weights``.

    ``root`` is the group that contains the layers' groups. With ``is_beside``, the
    architecture is in another file, so that names may differ.
    """
    parts = {name: chain[0][0] for name, chain in chains_of(graph)}
    groups = {part.name: part.name for part in graph.parts}
    if is_beside:
        groups |= _by_order(store, graph, root)
    known: dict[str, Owners] = {}

    def paths(layer: str) -> Mapping[str, str]:
        """Return the paths of a layer's arrays by their names."""
        part = parts[layer]
        group = f"{root}/{groups[part.name]}".lstrip("/")
        # Match the weights of a submodel once, and not once per layer in it.
        if part.name not in known:
            listed = store.texts(group, "weight_names") or ()
            if part.inside is None:
                known[part.name] = {path: [layer] for path in listed}
            else:
                layers = [name for name, other in parts.items() if other is part]
                known[part.name] = owners(listed, layers)
        matched = owned(layer, known[part.name])
        for path in matched.values():
            if not store.has(f"{group}/{path}"):
                raise unclear(layer, f"`{path}` is not in the file")
        return {name: f"{group}/{path}" for name, path in matched.items()}

    renamed = [
        f"`{group}` for `{name}`" for name, group in groups.items() if group != name
    ]
    return StoredWeights(store, paths, renamed[0] if renamed else "")


def _by_order(store: Store, graph: Graph, root: str) -> dict[str, str]:
    """Assign groups to parts in order, if some names are missing."""
    stored = list(_stored_layers(store, root))
    chains = [chain for _, chain in chains_of(graph)]
    weighted = {chain[0][0].name for chain in chains if _has_weights(chain[-1][0])}
    due = [part.name for part in graph.parts if part.name in weighted]
    # Keras numbers unnamed layers per process, so their names may differ.
    if set(due) <= set(stored) or len(due) != len(stored):
        return {}
    return dict(zip(due, stored, strict=True))


def _stored_layers(store: Store, root: str) -> Iterator[str]:
    """Yield the names of the layers with weights in a file."""
    for name in store.texts(root, "layer_names") or ():
        if store.texts(f"{root}/{name}".lstrip("/"), "weight_names"):
            yield name


def _has_weights(layer: NestedLayer) -> bool:
    """Whether the class of a layer, or of the layer in a wrapper, may have weights."""
    return layer.kind in SHAPES or "layer" in layer.options


def owned(layer: str, owners: Owners) -> dict[str, str]:
    """Return the paths of a layer's weights in order, by the shortest unique names.

    Raise RefusedModelError if one of the weights could also belong to another layer.
    """
    paths = [path for path, names in owners.items() if layer in names]
    for path in paths:
        if len(owners[path]) > 1:
            raise unclear(layer, f"`{path}` may belong to any of {owners[path]}")
    # TensorFlow appends the number of an output to the name of a variable.
    plain = [path.removesuffix(":0") for path in paths]
    last = [path.split("/")[-1] for path in plain]
    names = [
        name if last.count(name) == 1 else path.split("/", 1)[-1]
        for name, path in zip(last, plain, strict=True)
    ]
    return dict(zip(names, paths, strict=True))


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
        layers = {name for end in shared for name in by_end.get(end, ())}
        if layers:
            return sorted(layers)
    return []
