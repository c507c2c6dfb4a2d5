"""Build a `KerasModel` from parsed JSON; submodels are replaced by their layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError
from typing import Any

from snnc.importer.graph import read_graph
from snnc.importer.layer_config import malformed, plain, refuse_repeats
from snnc.importer.model import (
    Compiled,
    Graph,
    KerasLayer,
    KerasModel,
    LayerOutput,
    NestedLayer,
    RefusedModelError,
    refused,
)
from snnc.ir.order import reading_order
from snnc.rules.imports import CyclicModel, NoSuchLayer, SecondOutput

_WRAPPED = {
    **dict.fromkeys(("DTypePolicy", "FloatDTypePolicy", "Policy", "PolicyV1"), "name"),
    **dict.fromkeys(("__numpy__", "__tensor__", "__bytes__"), "value"),
    **dict.fromkeys(("__tuple__", "TensorShape"), "items"),
}
"""Classes of wrapped objects, and the key of their plain value."""
MOST_LAYERS = 20_000
"""The most layers; nested submodels that are called repeatedly soon exceed it."""
CallKey = tuple[str, int]
"""A part's name and the index of the call, from 0."""
Outputs = Mapping[CallKey, tuple[str, ...]]
"""For each call in a graph, the full names of the layers that compute its outputs."""


def unwrapped(value: Any) -> Any:
    """Return a configuration with wrapped objects replaced by plain values."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: unwrapped(item) for key, item in value.items()}
    kind, config = items.get("class_name"), items.get("config", items)
    key = _WRAPPED.get(kind) if isinstance(kind, str) else None
    own = items if key == "items" else config
    return own[key] if key and isinstance(own, dict) and key in own else items


def build(config: Any, keras: str | None, training: Any) -> tuple[KerasModel, Graph]:
    """Return a model and its graph.

    Parameters
    ----------
    config :
        The serialised model: an object with ``class_name`` and ``config``.
    keras :
        The version of Keras that wrote the model.
    training :
        The settings of ``compile``: ``loss`` and ``optimizer`` or ``optimizer_config``;
        None if the model was not compiled.

    Raises
    ------
    RefusedModelError
        If the model has no graph, or a graph that Keras does not write.
    """
    config, training = unwrapped(config), unwrapped(training)
    if not isinstance(config, dict):
        raise malformed("the model", "it is not an object")
    version = keras if keras is not None else config.get("keras_version")
    version = version if isinstance(version, str) else None
    graph = read_graph(config)
    layers, outputs = flatten(graph)
    compiled = _compile_options(training or config.get("compile_config"))
    model = KerasModel(graph.name, version, layers, graph.inputs, outputs, compiled)
    return model, graph


def _compile_options(training: Any) -> Compiled | None:
    if not isinstance(training, Mapping) or not training.get("loss"):
        return None
    optimizer = training.get("optimizer") or training.get("optimizer_config")
    return Compiled(plain(training["loss"]), plain(optimizer))


def flatten(graph: Graph) -> tuple[tuple[KerasLayer, ...], tuple[str, ...]]:
    """Return a model's layers in topological order, and its outputs.

    Each further call of a layer becomes a separate layer, named after the layer and the
    call.

    Raises
    ------
    RefusedModelError
        If layers form a cycle, if a layer reads a missing layer or output, or if two
        layers have the same full name.
    """
    layers: list[KerasLayer] = []
    outputs = _walk(graph, "", "", {}, layers)
    refuse_repeats([layer.name for layer in layers])
    return tuple(layers), outputs


def _walk(
    graph: Graph,
    prefix: str,
    own: str,
    bound: Mapping[str, str],
    layers: list[KerasLayer],
) -> tuple[str, ...]:
    """Add the layers of a graph.

    Parameters
    ----------
    prefix, own :
        The prefixes of the names of the graph's layers, and of the layers whose weights
        they share.
    bound :
        The sources of a submodel's inputs.
    """
    ends: dict[CallKey, tuple[str, ...]] = {}
    calls = Calls(graph)

    def sources(reads: Iterable[LayerOutput], reader: str) -> tuple[str, ...]:
        return tuple(_source(calls.of(t), t.index, ends, reader) for t in reads)

    if missing := [name for name in graph.inputs if name not in calls.known]:
        raise _missing(f"`{graph.name}`", missing[0])
    for (place, number), part in calls.ordered():
        name = f"{prefix}{place}{f' (call {number + 1})' if number else ''}"
        reader, owner = f"`{name}`", f"{own}{place}"
        reads = sources(part.reads, reader)
        if place in bound:
            ends[place, 0] = (bound[place],)
        elif part.inside is None:
            _check_reads(part, graph, reader)
            shares = "" if name == owner else owner
            layers.append(KerasLayer(name, part.kind, part.options, reads, shares))
            ends[place, number] = (name,)
        else:
            inner = part.inside
            if (count := len(reads)) != (due := len(inner.inputs)):
                raise malformed(
                    reader, f"it has {due} inputs, but reads {count} layers"
                )
            given = dict(zip(inner.inputs, reads, strict=True))
            ends[place, number] = _walk(inner, f"{name}/", f"{owner}/", given, layers)
        if len(layers) > MOST_LAYERS:
            raise malformed(
                reader, f"with this layer, the model has more than {MOST_LAYERS} layers"
            )
    return sources(graph.outputs, f"`{graph.name}`")


def _check_reads(part: NestedLayer, graph: Graph, reader: str) -> None:
    """Refuse input layers that read a layer, and other layers that read none."""
    if (part.kind == "InputLayer") != (not part.reads):
        raise malformed(reader, "its kind does not match its inputs")
    if part.kind == "InputLayer" and part.name not in graph.inputs:
        raise malformed(reader, "it is not an input of its model")


def _source(call: CallKey, index: int, ends: Outputs, reader: str) -> str:
    if call not in ends:
        raise _missing(reader, call[0])
    outputs = ends[call]
    if index >= len(outputs):
        raise refused(SecondOutput, reader=reader, layer=call[0], index=index)
    return outputs[index]


class Calls:
    """The calls of a graph's parts.

    Attributes
    ----------
    known :
        The parts, by name.
    """

    def __init__(self, graph: Graph) -> None:
        self.known = {part.name: part for part in graph.parts}
        self._all = {
            (part.name, number): call
            for part in graph.parts
            for number, call in enumerate(part.calls)
        }
        self._last: dict[str, int] = {}
        read = (tensor for call in self._all.values() for tensor in call.reads)
        for tensor in (*read, *graph.outputs):
            last = self._last.get(tensor.layer, 0)
            self._last[tensor.layer] = max(last, tensor.node)

    def of(self, tensor: LayerOutput) -> CallKey:
        """Return the call that produced a tensor, checking its number."""
        part = self.known.get(tensor.layer)
        if part is None or not part.again:
            return tensor.layer, 0
        is_model = part.inside is not None
        is_from_one = is_model and self._last[part.name] == len(part.calls)
        return tensor.layer, tensor.node - is_from_one

    def ordered(self) -> Iterator[tuple[CallKey, NestedLayer]]:
        """Yield the calls in topological order, otherwise in configuration order."""
        reads: dict[CallKey, list[CallKey]] = {}
        for call, part in self._all.items():
            reads[call] = [self.of(tensor) for tensor in part.reads]
            if unknown := [one for one in reads[call] if one not in self._all]:
                raise _missing(f"`{part.name}`", unknown[0][0])
        try:
            order = reading_order(reads)
        except CycleError as error:
            cycle = tuple(name for name, _ in error.args[1])
            raise refused(CyclicModel, layers=cycle) from error
        return ((call, self._all[call]) for call in order)


def _missing(reader: str, layer: str) -> RefusedModelError:
    return refused(NoSuchLayer, reader=reader, layer=layer)
