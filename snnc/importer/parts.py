"""The layers of a model as its configuration nests them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tensor:
    """An output of a layer of the same graph.

    Attributes
    ----------
    index :
        Which of its outputs, from 0.
    node :
        Of which of its calls; Keras counts those of submodels from 0 or from 1.
    """

    layer: str
    index: int
    node: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A layer or a submodel in its graph, as it is called first.

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
    again :
        The same as it is called further times.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    reads: tuple[Tensor, ...]
    inside: Graph | None = None
    again: tuple[Part, ...] = ()

    @property
    def calls(self) -> tuple[Part, ...]:
        """All calls in their order."""
        return (self, *self.again)


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
