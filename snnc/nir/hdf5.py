"""Files of NIR, of strangers: `nir.read` would follow links and allocate anything."""

from __future__ import annotations

import re
from pathlib import Path

from snnc.importer.hdf5 import Store
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.nir.nodes import Edge, Graph, Node, ordered
from snnc.rules.models import DamagedModel, ModelTooLarge, UnsafeModel
from snnc.rules.nir import NewerNir, NotNir

HDF5 = b"\x89HDF\r\n\x1a\n"
MOST_NODES = 10_000
WORDS = ("padding",)
"""What may be a word where it is else a number."""


def read_graph(file: Path, path: str) -> Graph:
    """Read a graph; ``path`` is what messages call it.

    Raises
    ------
    RefusedError
        If it is none, or not sound.
    """
    with file.open("rb") as opened:
        if opened.read(len(HDF5)) != HDF5:
            raise not_nir(path, "it is not HDF5, which all files of NIR are")
    try:
        store = Store(file, path)
        try:
            return _graph(store, path)
        finally:
            store.close()
    except RefusedError as error:
        found = error.diagnostic
        if isinstance(found, DamagedModel | UnsafeModel):
            raise not_nir(path, found.reason) from error
        if isinstance(found, ModelTooLarge):
            raise not_nir(path, f"{found.what} has {found.size} bytes") from error
        raise


def not_nir(path: str, reason: str) -> RefusedError:
    return RefusedError(NotNir(span=NOWHERE, path=path, reason=reason))


def _graph(store: Store, path: str) -> Graph:
    top = store.members("")
    if "version" not in top or "node" not in top:
        raise not_nir(path, "it has no `version` and `node`, as `nir.write` makes them")
    version = _word(store, "version", path)
    if not re.match(r"[01]\.", version):
        raise RefusedError(NewerNir(span=NOWHERE, path=path, version=version[:40]))
    if (kind := _word(store, "node/type", path)) != "NIRGraph":
        raise not_nir(path, f"its node is a {kind[:40]}, not a NIRGraph")
    names = store.members("node/nodes")
    if len(names) > MOST_NODES:
        raise not_nir(path, f"it has {len(names)} nodes, at most {MOST_NODES} are read")
    nodes = {name: _node(store, name, path) for name in names}
    facts = {
        name: found[0]
        for name in store.members("node/metadata")
        if name in ("spec", "layout_id")
        and (found := store.words(f"node/metadata/{name}"))
    }
    return ordered(nodes, _edges(store, path), version, facts)


def _edges(store: Store, path: str) -> tuple[Edge, ...]:
    shape = store.shape("node/edges")
    if shape is None or (shape != (0,) and (len(shape) != 2 or shape[1] != 2)):
        raise not_nir(path, "its edges are no pairs of names")
    if shape[0] == 0:
        return ()
    words = store.words("node/edges") or ()
    return tuple(zip(words[::2], words[1::2], strict=True))


def _node(store: Store, name: str, path: str) -> Node:
    place = f"node/nodes/{name}"
    kind = _word(store, f"{place}/type", path)
    members = [m for m in store.members(place) if m not in ("type", "metadata")]
    node = Node(name, kind[:40], {}, {})
    if kind == "NIRGraph":
        raise node.refused(
            "it is a graph in the graph, as recurrent layers are written",
            "train a network without recurrent connections, or write its nodes flat",
        )
    arrays, words = {}, {}
    for member in members:
        at = f"{place}/{member}"
        if member in WORDS and store.is_words(at):
            words[member] = _word(store, at, path)
        elif (array := store.array(at)) is not None:
            arrays[member] = array
    return Node(name, kind[:40], arrays, words)


def _word(store: Store, place: str, path: str) -> str:
    found = store.words(place)
    if not found:
        raise not_nir(path, f"`{place}` is missing")
    return found[0]
