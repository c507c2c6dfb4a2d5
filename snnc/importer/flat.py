"""Replaces submodels by their layers and orders these."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from snnc.importer.entries import malformed, refuse_repeats
from snnc.importer.model import Layer
from snnc.importer.parts import Graph, Part, Tensor
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.architectures import CyclicModel, NoSuchLayer, SecondOutput

Outputs = Mapping[str, tuple[str, ...]]
"""For each part of a graph the layers, by full name, that its outputs come from."""


def flatten(graph: Graph) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Return all layers of a model, each behind those that it reads, and its outputs.

    Raises
    ------
    RefusedError
        If layers read each other in a circle, a layer that is not there, or an output
        that a layer does not have; or if two have one full name.
    """
    layers: list[Layer] = []
    outputs = _walk(graph, "", {}, layers)
    refuse_repeats([layer.name for layer in layers])
    return tuple(layers), outputs


def _walk(
    graph: Graph, prefix: str, bound: Mapping[str, str], layers: list[Layer]
) -> tuple[str, ...]:
    """Add the layers of a graph; ``bound`` says what a submodel's inputs are."""
    ends: dict[str, tuple[str, ...]] = {}
    known = {part.name for part in graph.parts}
    if missing := [name for name in graph.inputs if name not in known]:
        raise _missing(f"`{graph.name}`", missing[0])
    for part in ordered(graph):
        reader = f"`{prefix}{part.name}`"
        reads = tuple(_source(tensor, ends, reader) for tensor in part.reads)
        if part.name in bound:
            ends[part.name] = (bound[part.name],)
        elif part.inside is None:
            name = f"{prefix}{part.name}"
            _check_reads(part, graph, reader)
            layers.append(Layer(name, part.kind, part.options, reads))
            ends[part.name] = (name,)
        else:
            inner = _binding(part.inside, reads, reader)
            ends[part.name] = _walk(part.inside, f"{prefix}{part.name}/", inner, layers)
    return tuple(_source(tensor, ends, f"`{graph.name}`") for tensor in graph.outputs)


def _check_reads(part: Part, graph: Graph, reader: str) -> None:
    """An input reads nothing, and whatever else reads nothing is none of Keras's."""
    if (part.kind == "InputLayer") != (not part.reads):
        raise malformed(reader, "its kind and what it reads do not agree")
    if part.kind == "InputLayer" and part.name not in graph.inputs:
        raise malformed(reader, "it is no input of its model")


def _binding(graph: Graph, reads: tuple[str, ...], reader: str) -> dict[str, str]:
    if len(reads) != len(graph.inputs):
        raise malformed(
            reader, f"it has {len(graph.inputs)} inputs and reads {len(reads)} layers"
        )
    return dict(zip(graph.inputs, reads, strict=True))


def _source(tensor: Tensor, ends: Outputs, reader: str) -> str:
    if tensor.layer not in ends:
        raise _missing(reader, tensor.layer)
    outputs = ends[tensor.layer]
    if tensor.index >= len(outputs):
        raise RefusedError(
            SecondOutput(
                span=NOWHERE, reader=reader, layer=tensor.layer, index=tensor.index
            )
        )
    return outputs[tensor.index]


def ordered(graph: Graph) -> Iterator[Part]:
    """Give parts behind what they read, else in the order of the configuration."""
    places = {part.name: place for place, part in enumerate(graph.parts)}
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for place, part in enumerate(graph.parts):
        if unknown := [t.layer for t in part.reads if t.layer not in places]:
            raise _missing(f"`{part.name}`", unknown[0])
        sorter.add(place, *(places[tensor.layer] for tensor in part.reads))
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = tuple(graph.parts[place].name for place in error.args[1])
        raise RefusedError(CyclicModel(span=NOWHERE, layers=cycle)) from error
    ready = list(sorter.get_ready())
    heapq.heapify(ready)
    while ready:
        place = heapq.heappop(ready)
        yield graph.parts[place]
        sorter.done(place)
        for after in sorter.get_ready():
            heapq.heappush(ready, after)


def _missing(reader: str, layer: str) -> RefusedError:
    return RefusedError(NoSuchLayer(span=NOWHERE, reader=reader, layer=layer))
