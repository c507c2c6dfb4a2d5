"""The layers of a model as its configuration nests them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output of a layer of the same graph; ``index`` counts from 0."""

    layer: str
    index: int


@dataclass(frozen=True, slots=True)
class Part:
    """A layer or a submodel in its graph; it is called once.

    Attributes
    ----------
    name :
        Unique in the graph.
    kind, options :
        As in `snnc.importer.model.Layer`.
    reads :
        What it is called with.
    inside :
        The graph of a submodel, None for a layer.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    reads: tuple[Tensor, ...]
    inside: Graph | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A Sequential or functional model.

    Attributes
    ----------
    kind :
        The Keras class, such as ``Sequential``.
    parts :
        In the order of the configuration.
    inputs :
        Names of ``InputLayer`` parts; a Sequential has one.
    """

    name: str
    kind: str
    parts: tuple[Part, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Tensor, ...]
