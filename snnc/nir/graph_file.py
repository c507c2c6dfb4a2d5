"""Read a NIR graph from an untrusted file.

`nir.read` would follow links and allocate arbitrary amounts of memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from graphlib import CycleError
from pathlib import Path

import numpy as np

from snnc.importer.refusals import (
    FileProblem,
    RefusedModelError,
    bad_file,
    refused,
)
from snnc.importer.weights import HDF5, Store
from snnc.ir.logical import reading_order
from snnc.ir.shapes import Shape
from snnc.rules import imports as rules
from snnc.rules.model_files import ModelFileError
from snnc.runtime.examples import Array
from snnc.text.tables import dims

Edge = tuple[str, str]
MOST_NODES = 10_000
"""The most nodes of a graph."""
AGAIN = "write the graph again"
NOT_NIR = FileProblem(
    "is not a valid NIR graph", "write the graph again with `nir.write`"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its kind, arrays, and words, such as ``"same"`` for ``padding``."""

    name: str
    kind: str
    arrays: dict[str, Array]
    words: dict[str, str]

    def array(self, name: str) -> Array:
        """Return an array, or refuse the node if it is missing."""
        array = self.arrays.get(name)
        if array is None or array.size == 0:
            raise self.refusal(f"it has no {name}", AGAIN)
        return array

    def refusal(self, why: str, remedy: str) -> RefusedModelError:
        """Return the error that refuses this node."""
        return refused(
            rules.NodeRefused, node=self.name, kind=self.kind, why=why, advice=remedy
        )

    def number(self, name: str, default: float | None = None) -> float:
        """Return a parameter that must be equal for all neurons."""
        if default is not None and name not in self.arrays:
            return default
        array = self.array(name)
        first = float(array.reshape(-1)[0])
        if not np.isfinite(array).all():
            raise self.refusal(f"its {name} is not finite", "train it again")
        if not np.allclose(array, first, rtol=1e-6, atol=0):
            raise self.refusal(
                f"its {name} differs between neurons, but a layer has only one value",
                "train the network with one value per layer",
            )
        return first

    def numbers(
        self, name: str, count: int, default: Shape | None = None, least: int = 1
    ) -> Shape:
        """Return integers, one per axis."""
        if default is not None and name not in self.arrays:
            return default
        numbers = self.array(name).reshape(-1)
        if numbers.size == 1:
            numbers = np.repeat(numbers, count)
        if len(numbers) != count or (numbers % 1 != 0).any() or (numbers < least).any():
            raise self.refusal(f"its {name} is {numbers.tolist()[:4]}", AGAIN)
        most = int(numbers.max(initial=0))
        if most > 2**20:
            raise self.refusal(f"its {name} is {most}", "write a smaller graph")
        return tuple(map(int, numbers))

    def weights(self, axes: int) -> tuple[Array, Array]:
        """Return the weight and the bias of a linear node, or refuse them."""
        weight = self.array("weight")
        if weight.ndim != axes:
            raise self.refusal(f"its weight has {weight.ndim} axes, not {axes}", AGAIN)
        bias = self.arrays.get("bias", np.zeros(len(weight)))
        if bias.shape != weight.shape[:1]:
            raise self.refusal(
                f"its bias has the shape {dims(bias.shape) or 'a number'}, for "
                f"{len(weight)} channels",
                AGAIN,
            )
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise self.refusal("it contains NaN or infinite weights", "train it again")
        return weight, bias


@dataclass(frozen=True, slots=True)
class NirGraph:
    """A graph whose nodes are in topological order, and the texts of its metadata.

    ``version`` is the version of NIR that wrote the file.
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    version: str
    facts: Mapping[str, str]

    def reads(self, name: str) -> tuple[str, ...]:
        return tuple(source for source, target in self.edges if target == name)

    def readers(self, name: str) -> tuple[str, ...]:
        return tuple(target for source, target in self.edges if source == name)


def _in_order(nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> Mapping[str, Node]:
    """Return the nodes in the order in which they run, or refuse the graph."""
    reads: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        for end in (source, target):
            if end not in nodes:
                raise refused(
                    rules.LooseEdge, source=source, target=target, missing=end
                )
        reads[target].append(source)
    for kind in ("Input", "Output"):
        _check_end(nodes, kind)
    try:
        return {name: nodes[name] for name in reading_order(reads)}
    except CycleError as error:
        # The first node of the circle is also its last.
        circle = [f"`{name}`" for name in error.args[1][:-1]]
        listed = ", ".join(circle[:8]) + (" and others" if len(circle) > 8 else "")
        raise refused(rules.RecurrentNir, nodes=listed) from error


def _check_end(nodes: Mapping[str, Node], kind: str) -> None:
    """Refuse a graph unless it has one node of a kind."""
    ends = [node.name for node in nodes.values() if node.kind == kind]
    if len(ends) != 1:
        names = f": {', '.join(ends[:8])}" if ends else ""
        raise refused(rules.SeveralNirEnds, kind=kind, count=len(ends), names=names)


def read_graph(file: Path, path: str) -> NirGraph:
    """Read a graph; messages refer to the file as ``path``.

    Raise RefusedModelError if the file is not a NIR graph, or is damaged.
    """
    with file.open("rb") as opened:
        # `nir.write` writes no user block, so HDF5 begins with the file.
        if opened.read(len(HDF5)) != HDF5:
            raise not_nir(path, "it is not HDF5, the format of NIR files")
    try:
        # Not `nir.read`, which follows links and allocates what a file requests
        # (decision 029).
        with ExitStack() as resources:
            return _graph(Store(file, path, resources), path)
    except RefusedModelError as error:
        refusal = error.diagnostic
        # The problem and the advice of `Store` are about files of Keras.
        if isinstance(refusal, ModelFileError) and refusal.reason:
            raise not_nir(path, refusal.reason) from error
        raise


def not_nir(path: str, reason: str) -> RefusedModelError:
    return bad_file(path, NOT_NIR, reason)


def _graph(store: Store, path: str) -> NirGraph:
    top = store.members("")
    if "version" not in top or "node" not in top:
        raise not_nir(path, "it has no `version` and `node`, as `nir.write` makes them")
    version = _word(store, "version")
    if not re.match(r"[01]\.", version):
        older = "run `pip install 'nir<2'`, and write the graph again"
        problem = f"was written by NIR {version[:40]}, but snnc reads only 1.x"
        raise bad_file(path, FileProblem(problem, older))
    kind = _word(store, "node/type")
    if kind != "NIRGraph":
        raise not_nir(path, f"its node is a {kind[:40]}, not a NIRGraph")
    names = store.members("node/nodes")
    if len(names) > MOST_NODES:
        reason = f"it has {len(names)} nodes, but snnc reads at most {MOST_NODES}"
        raise not_nir(path, reason)
    nodes = {name: _node(store, name) for name in names}
    facts = {}
    for name in ("spec", "layout_id"):
        words = store.words(f"node/metadata/{name}")
        if words:
            facts[name] = words[0]
    edges = _edges(store, path)
    return NirGraph(_in_order(nodes, edges), edges, version, facts)


def _edges(store: Store, path: str) -> tuple[Edge, ...]:
    shape = store.shape("node/edges")
    if shape is None or (shape != (0,) and (len(shape) != 2 or shape[1] != 2)):
        raise not_nir(path, "its edges are not pairs of names")
    if shape[0] == 0:
        return ()
    words = store.words("node/edges") or ()
    return tuple(dict.fromkeys(zip(words[::2], words[1::2], strict=True)))


def _node(store: Store, name: str) -> Node:
    place = f"node/nodes/{name}"
    kind = _word(store, f"{place}/type")
    # Messages show the kind, which may be of any length in a foreign file.
    node = Node(name, kind[:40], {}, {})
    if kind == "NIRGraph":
        raise node.refusal(
            "it is a nested graph, as for recurrent layers",
            "train a network without recurrent connections, or write one flat graph",
        )
    for member in store.members(place):
        at = f"{place}/{member}"
        if member in ("type", "metadata"):
            continue
        if member == "padding" and store.is_words(at):
            node.words[member] = _word(store, at)
        elif (array := store.array(at)) is not None:
            node.arrays[member] = array
    return node


def _word(store: Store, place: str) -> str:
    words = store.words(place)
    if not words:
        raise not_nir(store.path, f"`{place}` is missing")
    return words[0]
