"""Keras models as data, flat and nested, and the error for refused models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic
from snnc.rules.imports import MalformedLayer
from snnc.rules.models import ModelTooLarge, WeightsUnclear
from snnc.source import whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """A layer as its configuration describes it.

    Attributes
    ----------
    name :
        Unique in the model. A layer of a submodel has the submodel's name before it:
        ``block/conv``.
    kind :
        The Keras class, such as ``Conv2D``.
    options :
        Its configuration as Keras writes it, with Keras 2 names where Keras 3 differs
        (``batch_input_shape``, plain dtype names).
    reads :
        The layers whose outputs it takes, in order.
    shares :
        The layer whose weights this call shares; empty for the first call of a layer.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    reads: tuple[str, ...]
    shares: str = ""

    @property
    def rank(self) -> int:
        """The number of axes of a class such as ``Conv2D``; 0 for other classes."""
        plain = self.kind.removesuffix("Transpose")
        return int(plain[-2]) if plain.endswith("D") else 0


@dataclass(frozen=True, slots=True)
class Compiled:
    """The arguments of ``compile`` in the model's file, by their Keras names."""

    loss: Any
    optimizer: Any


@dataclass(frozen=True, slots=True)
class KerasModel:
    """A flat model, in which submodels are replaced by their layers.

    Attributes
    ----------
    name :
        Its name in Keras.
    keras :
        The version of Keras that wrote it; None if the file does not say.
    layers :
        All layers, each after its sources; an input is an ``InputLayer``.
    inputs, outputs :
        The names of the input layers and of the output layers.
    compiled :
        The training configuration; None if the file has none.
    tool :
        The tool that made the model, and whose conventions its outputs follow.
    notes :
        Sentences about how the model's files were read.
    """

    name: str
    keras: str | None
    layers: tuple[KerasLayer, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    compiled: Compiled | None
    tool: str = "Keras"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """An output of a layer of the same graph.

    Attributes
    ----------
    index :
        The number of the output, from 0.
    node :
        The index of the layer's call. For submodels, it starts at 0 or 1, depending on
        the version of Keras.
    """

    layer: str
    index: int
    node: int = 0


@dataclass(frozen=True, slots=True)
class NestedLayer:
    """The first call of a layer or a submodel in a graph.

    Attributes
    ----------
    name :
        Unique in the graph.
    kind, options :
        As in `snnc.importer.model.KerasLayer`.
    reads :
        The outputs that the call reads.
    inside :
        The graph of a submodel; None for a layer.
    again :
        The further calls.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    reads: tuple[LayerOutput, ...]
    inside: Graph | None = None
    again: tuple[NestedLayer, ...] = ()

    @property
    def calls(self) -> tuple[NestedLayer, ...]:
        """All calls, in order."""
        return (self, *self.again)


@dataclass(frozen=True, slots=True)
class Graph:
    """A Sequential or functional model.

    Attributes
    ----------
    kind :
        The Keras class, such as ``Sequential``.
    parts :
        Layers and submodels, in the order of the configuration.
    inputs :
        The names of the ``InputLayer`` parts; a Sequential has one.
    """

    name: str
    kind: str
    parts: tuple[NestedLayer, ...]
    inputs: tuple[str, ...]
    outputs: tuple[LayerOutput, ...]


class ModelWeights(AbstractContextManager["ModelWeights"], ABC):
    """An open weight file, which is also a context manager that closes it.

    Each layer is read on request. Only the arrays that the caller keeps stay in memory.
    """

    @abstractmethod
    def of(self, layer: str) -> Arrays:
        """Return the arrays of a layer, by Keras's names and in Keras's order.

        Parameters
        ----------
        layer :
            The layer's full name, which begins with the names of its submodels.

        Returns
        -------
        dict of str to array
            For example ``kernel`` and ``bias`` for a ``Conv2D``; empty for a layer
            without weights. The arrays of a wrapper have the names of the wrapped
            layer's arrays. If two names would be equal, the path inside the layer
            precedes the name.

        Raises
        ------
        RefusedModelError
            If the file is damaged or not safe to read, or if it is unclear which
            weights belong to the layer.
        """

    def close(self) -> None:
        """Close the file, and remove unpacked data, if there are any."""

    def __exit__(self, *error: object) -> None:
        self.close()


class ArrayFile(ABC):
    """An open file of arrays, which are read one by one."""

    @abstractmethod
    def array(self, path: str) -> NDArray[np.generic] | None:
        """Return an array; None if it is missing."""

    @abstractmethod
    def shape(self, path: str) -> tuple[int, ...] | None:
        """Return the shape of an array without reading it; None if it is missing."""

    @abstractmethod
    def close(self) -> None:
        """Close the file, and remove unpacked data."""


class StoredWeights(ModelWeights):
    """Weights in an open file, whose shapes are known without reading them."""

    def __init__(self, store: ArrayFile) -> None:
        self._store = store

    @abstractmethod
    def paths(self, layer: str) -> Mapping[str, str]:
        """Return the paths of a layer's arrays in the file, by Keras's names."""

    def of(self, layer: str) -> Arrays:
        """See `ModelWeights.of`."""
        found = {
            name: self._store.array(path) for name, path in self.paths(layer).items()
        }
        return {name: array for name, array in found.items() if array is not None}

    def shapes(self, layer: str) -> Shapes:
        """Return the shapes of a layer's arrays, without reading the arrays."""
        found = {
            name: self._store.shape(path) for name, path in self.paths(layer).items()
        }
        return {name: shape for name, shape in found.items() if shape is not None}

    def close(self) -> None:
        """See `ModelWeights.close`."""
        self._store.close()


NOWHERE = whole_file("model")
"""The span of a diagnostic until `RefusedModelError.at` adds the file."""


class RefusedModelError(Exception):
    """A model that can't be imported. This package raises no other error.

    Attributes
    ----------
    diagnostic : Diagnostic
        A rule from SNN8xx, or SNN700 or SNN705 for a file that can't be read.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.render_message())
        self.diagnostic = diagnostic

    def at(self, name: str) -> RefusedModelError:
        """Return the same refusal with the name of the model."""
        if self.diagnostic.span is not NOWHERE:
            return self
        return RefusedModelError(self.diagnostic.but(span=whole_file(Path(name))))


def refused(rule: type[Diagnostic], /, **fields: Any) -> RefusedModelError:
    """Return the error for a rule; the file is added later."""
    return RefusedModelError(rule(span=NOWHERE, **fields))


def malformed(layer: str, reason: str) -> RefusedModelError:
    """Refuse a configuration that Keras does not write."""
    return refused(MalformedLayer, layer=layer, reason=reason)


def unclear(layer: str, reason: str) -> RefusedModelError:
    """Refuse a file that does not say which weights belong to a layer."""
    return refused(WeightsUnclear, layer=layer, reason=reason)


def too_large(path: str, what: str, size: int, limit: int) -> RefusedModelError:
    """Refuse a file that contains, or declares, too many bytes."""
    return refused(ModelTooLarge, path=path, what=what, size=size, limit=limit)


def config_of(value: Any) -> Mapping[str, Any]:
    """Return the options of an object in a configuration; empty if it has none."""
    config = value.get("config") if isinstance(value, Mapping) else None
    return config if isinstance(config, Mapping) else {}
