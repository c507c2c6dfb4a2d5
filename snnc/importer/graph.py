"""Read a model's graph from its configuration, with nested submodels.

Keras 2 writes a call of a layer as ``[layer, node, tensor, keywords]``. Keras 3 writes
``{"args", "kwargs"}``, in which tensors are ``__keras_tensor__`` objects whose
``keras_history`` is ``[layer, node, tensor]``. The node is the index of the layer's
call that produced the tensor. For submodels, the index starts at 0 or 1, depending on
the version of Keras.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from snnc.importer.layer_config import (
    FOREIGN,
    check_shape,
    head,
    is_custom,
    malformed,
    names_of,
    read_options,
    snake,
)
from snnc.importer.model import Graph, LayerOutput, NestedLayer, refused
from snnc.rules.imports import NoInputShape, SubclassedModel

MODELS = {"Functional", "Model", "Sequential"}
CALLED_WITH = "called_with"
"""The option for a call's other arguments, such as ``training``."""
CONSTANT = "_CONSTANT_VALUE"  # keras/engine/node.py of Keras 2
Call = tuple[tuple[LayerOutput, ...], Mapping[str, Any]]
"""The tensors of a call, in order, and its other arguments.

The keys are keywords, or the indices of positional arguments as text. Arguments that
are None are omitted.
"""


def read_graph(entry: Mapping[str, Any], name: str | None = None) -> Graph:
    """Return the graph of a model as Keras serialises it.

    Parameters
    ----------
    entry :
        The serialised model: an object with ``class_name`` and ``config``.
    name :
        A submodel's name in the outer graph, if known.

    Raises
    ------
    RefusedModelError
        If the model has no graph, or a graph that Keras does not write.
    """
    kind, config = head(entry, f"`{name}`" if name else "the model")
    if isinstance(config, list):  # as Keras wrote a Sequential before 2.2.3
        config = {"layers": config}
    own = config.get("name")
    name = name or (own if isinstance(own, str) and own else snake(kind))
    if kind not in MODELS or is_custom(entry) or "layers" not in config:
        raise refused(SubclassedModel, name=name, kind=kind)
    entries = config["layers"]
    if not isinstance(entries, list):
        raise malformed(f"`{name}`", "its layers are not a list")
    if kind == "Sequential":
        return _sequential(name, entries, config)
    return _functional(name, kind, entries, config)


def _sequential(name: str, entries: list[Any], config: Mapping[str, Any]) -> Graph:
    parts: list[NestedLayer] = []
    for own, entry in zip(names_of(entries), entries, strict=True):
        reads = (LayerOutput(parts[-1].name, 0),) if parts else ()
        part = _part(own, entry, (reads, {}))
        if parts and part.kind == "InputLayer":  # Keras passes on its input
            part = replace(part, kind="Identity", options={})
        parts.append(part)
    if not parts:
        raise malformed(f"`{name}`", "it has no layers")
    first = parts[0]
    if first.kind != "InputLayer":  # Keras omits the input layer
        shape = _first_shape(first) or config.get("build_input_shape")
        if shape is None:
            raise refused(NoInputShape, name=name)
        own = f"{first.name}_input"
        check_shape(shape, own)
        dtype = first.options.get("dtype")
        options = {"batch_input_shape": shape, "dtype": dtype, "name": own}
        parts[0] = replace(first, reads=(LayerOutput(own, 0),))
        parts.insert(0, NestedLayer(own, "InputLayer", options, ()))
    ends = (parts[0].name,), (LayerOutput(parts[-1].name, 0),)
    return Graph(name, "Sequential", tuple(parts), *ends)


def _first_shape(part: NestedLayer) -> Any:
    """Return the input shape of the first layer, which may be in a submodel."""
    if part.inside is None:
        sizes = part.options.get("input_shape")  # written by hand; Keras reads it
        shape = [None, *sizes] if isinstance(sizes, list) else None
        return part.options.get("batch_input_shape", shape)
    inputs = [one for one in part.inside.parts if one.name in part.inside.inputs]
    return inputs[0].options.get("batch_input_shape") if len(inputs) == 1 else None


def _functional(
    name: str, kind: str, entries: list[Any], config: Mapping[str, Any]
) -> Graph:
    names = names_of(entries)
    parts = [_read_layer(own, entry) for own, entry in zip(names, entries, strict=True)]
    with _blaming(name):
        inputs, outputs = (
            read_tensors(config.get(key)) for key in ("input_layers", "output_layers")
        )
    return Graph(name, kind, tuple(parts), tuple(t.layer for t in inputs), outputs)


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Turn a `ValueError` into the refusal of a layer or a model."""
    try:
        yield
    except ValueError as error:
        raise malformed(f"`{name}`", str(error)) from error


def _read_layer(name: str, entry: Mapping[str, Any]) -> NestedLayer:
    with _blaming(name):
        calls = read_calls(entry.get("inbound_nodes", []))
    first, *others = calls or (((), {}),)
    part = _part(name, entry, first)
    # A submodel's graph is read only once: even in a small file, nested submodels that
    # are all called twice cause many calls.
    again = (
        _part(name, entry, call)
        if part.inside is None
        else replace(part, reads=call[0])
        for call in others
    )
    return replace(part, again=tuple(again))


def _part(name: str, entry: Mapping[str, Any], call: Call) -> NestedLayer:
    kind, config = head(entry, f"`{name}`")
    reads, others = call
    if kind in MODELS:
        return NestedLayer(name, kind, {}, reads, read_graph(entry, name))
    if "layers" in config and ("input_layers" in config or "output_layers" in config):
        raise refused(SubclassedModel, name=name, kind=kind)
    if is_custom(entry):
        foreign = str(entry.get("registered_name") or kind)
        return NestedLayer(name, foreign, {FOREIGN: True}, reads)
    options = read_options(kind, config, name)
    if others:
        options[CALLED_WITH] = dict(others)
    return NestedLayer(name, kind, options, reads)


def read_calls(nodes: Any) -> tuple[Call, ...]:
    """Return the calls of ``inbound_nodes``.

    Raises
    ------
    ValueError
        If no version of Keras writes such a value.
    """
    if not isinstance(nodes, list):
        raise ValueError("its inbound_nodes are not a list")
    return tuple(_read_call(node) for node in nodes)


def read_tensors(value: Any) -> tuple[LayerOutput, ...]:
    """Return the tensors in ``input_layers`` or ``output_layers``.

    Raises
    ------
    ValueError
        If the value contains anything but tensors.
    """
    tensors = tuple(_tensors(value))
    if not tensors:
        raise ValueError("its inputs or outputs do not name layers")
    return tensors


def _read_call(node: Any) -> Call:
    if isinstance(node, dict):  # of Keras 3
        arguments, keywords = node.get("args", []), node.get("kwargs", {})
        if not isinstance(arguments, list) or not isinstance(keywords, dict):
            raise ValueError("one of its inbound_nodes has no args or kwargs")
        numbered = {str(number): value for number, value in enumerate(arguments)}
        return _sort({**numbered, **keywords}, [], {})
    if not isinstance(node, list):
        raise ValueError("one of its inbound_nodes is not a call")
    pieces = [node] if _is_tensor(node) or _is_constant(node) else node
    tensors: list[LayerOutput] = []
    others: dict[str, Any] = {}
    for number, piece in enumerate(pieces):
        if _is_constant(piece):
            others[str(number)] = piece[2]
        elif _is_tensor(piece):
            tensors += _tensors(piece)
        else:
            raise ValueError("one of its inbound_nodes does not read a layer")
        keywords = piece[3] if len(piece) > 3 else {}
        if not isinstance(keywords, dict):
            raise ValueError("one of its inbound_nodes has no keywords")
        _sort(keywords, tensors, others)
    return tuple(tensors), others


def _sort(
    arguments: Mapping[str, Any], tensors: list[LayerOutput], others: dict[str, Any]
) -> Call:
    """Add arguments to the tensors or to the other arguments of a call."""
    for key, value in arguments.items():
        try:
            read = list(_tensors(value))
        except ValueError:
            read = []
        tensors += read
        if not read and value is not None:
            others[key] = value
    return tuple(tensors), others


def _tensors(value: Any) -> Iterator[LayerOutput]:
    if _is_tensor(value):
        yield LayerOutput(value[0], value[2], value[1])
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        history = config.get("keras_history") if isinstance(config, dict) else None
        if not _is_tensor(history):
            raise ValueError("a tensor has no keras_history")
        yield from _tensors(history)
    elif isinstance(value, list) or (
        isinstance(value, dict) and "class_name" not in value
    ):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _tensors(inner)
    else:
        raise ValueError("it contains a value that is not a layer's output")


def _is_tensor(value: Any) -> bool:
    if not isinstance(value, list) or not 3 <= len(value) <= 4:
        return False
    name, node, tensor = value[:3]
    numbers = type(node) is int and type(tensor) is int and node >= 0 <= tensor
    return isinstance(name, str) and numbers


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and 3 <= len(value) <= 4 and value[0] == CONSTANT
