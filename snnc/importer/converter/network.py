"""The Nengo objects that the converter makes, as far as nengo-loihi judges them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from snnc.importer.model import Layer

Shape = tuple[int, ...]
"""Of an example, without the batch."""
Kind = Literal["Node", "passthrough", "neurons"]
Transform = Literal["NoTransform", "Dense", "vector", "Sparse", "Convolution"]
"""``vector`` is a Dense transform with a scale for each element."""


class ConverterError(Exception):
    """``nengo_dl.Converter`` raises at a layer; the argument is the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class NengoObject:
    """A Node, a passthrough Node or the neurons of an ensemble.

    Attributes
    ----------
    layer :
        The Keras layer that it belongs to.
    neurons :
        The class of the neuron type, empty for Nodes.
    fed :
        Whether neurons are among those that it reads, directly or through Nodes.
    """

    layer: str
    kind: Kind
    fed: bool
    neurons: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that the converter makes for a layer.

    Attributes
    ----------
    size :
        Elements that it reads, None if not known.
    dimensions, groups :
        Those of a convolution.
    pre_indices, post_indices :
        How many elements are picked by a list of indices; None without a list.
    repeated :
        Whether ``pre_indices`` has elements twice.
    """

    layer: str
    pre: NengoObject
    post: NengoObject
    transform: Transform = "NoTransform"
    size: int | None = None
    dimensions: int = 0
    groups: int = 1
    pre_indices: int | None = None
    post_indices: int | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What a layer reads: an object and the shape of what Keras has there."""

    object: NengoObject
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Call:
    """A layer with what it reads.

    Attributes
    ----------
    shape :
        Of its output, None where that is not known.
    """

    layer: Layer
    inputs: tuple[Source, ...]
    shape: Shape | None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def fed(self) -> bool:
        """Whether any neurons are before it."""
        return any(s.object.fed or s.object.kind == "neurons" for s in self.inputs)


@dataclass(frozen=True, slots=True)
class Converted:
    """What the converter makes of a layer.

    Attributes
    ----------
    output :
        The object that stands for the layer's output; that of the layer before it if
        nothing is made. None for a TensorNode.
    connections :
        All that end in objects of the layer.
    tensor :
        What becomes a TensorNode, empty if nothing does.
    note :
        What else a user should know, empty if there is nothing.
    """

    output: NengoObject | None
    connections: tuple[Connection, ...] = ()
    tensor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """All objects and connections of a model; ``outputs`` have probes."""

    objects: tuple[NengoObject, ...]
    connections: tuple[Connection, ...]
    outputs: tuple[NengoObject, ...] = field(default=())
