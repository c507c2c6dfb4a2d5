"""From the configuration of a model to its graph, submodels nested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.calls import Call, read_calls, read_tensors
from snnc.importer.entries import head, malformed, names_of, snake
from snnc.importer.options import (
    FOREIGN,
    check_shape,
    foreign_class,
    is_custom,
    read_options,
)
from snnc.importer.parts import Graph, Part, Tensor
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.architectures import NoInputShape, SubclassedModel

MODELS = {"Functional", "Model", "Sequential"}
CALLED_WITH = "called_with"
"""The option for what a call has beside its tensors, such as ``training``."""


def read_graph(entry: Mapping[str, Any], name: str | None = None) -> Graph:
    """Return the graph of a model as Keras serialises it.

    Parameters
    ----------
    entry :
        With ``class_name`` and ``config``.
    name :
        That of a submodel in its own graph, where it is known from there.

    Raises
    ------
    RefusedError
        If it has no graph, or one that Keras does not write.
    """
    kind, config = head(entry, f"`{name}`" if name else "the model")
    if isinstance(config, list):  # as Keras wrote a Sequential before 2.2.3
        config = {"layers": config}
    own = config.get("name")
    name = name or (own if isinstance(own, str) and own else snake(kind))
    if kind not in MODELS or is_custom(entry) or "layers" not in config:
        raise RefusedError(SubclassedModel(span=NOWHERE, name=name, kind=kind))
    entries = config["layers"]
    if not isinstance(entries, list):
        raise malformed(f"`{name}`", "its layers are no list")
    if kind == "Sequential":
        return _sequential(name, entries, config)
    return _functional(name, kind, entries, config)


def _sequential(name: str, entries: list[Any], config: Mapping[str, Any]) -> Graph:
    names = names_of(entries)
    parts: list[Part] = []
    for own, entry in zip(names, entries, strict=True):
        reads = (Tensor(parts[-1].name, 0),) if parts else ()
        part = _part(own, entry, Call(reads, {}))
        if parts and part.kind == "InputLayer":  # Keras hands on what it reads
            part = replace(part, kind="Identity", options={})
        parts.append(part)
    if not parts:
        raise malformed(f"`{name}`", "it has no layers")
    if parts[0].kind != "InputLayer":
        parts = _with_input(name, parts, config)
    return Graph(
        name, "Sequential", tuple(parts), (parts[0].name,), (Tensor(parts[-1].name, 0),)
    )


def _with_input(name: str, parts: list[Part], config: Mapping[str, Any]) -> list[Part]:
    """Put the input layer that Keras does not write before the first layer."""
    first = parts[0]
    shape = _first_shape(first) or config.get("build_input_shape")
    if shape is None:
        raise RefusedError(NoInputShape(span=NOWHERE, name=name))
    own = f"{first.name}_input"
    check_shape(shape, own)
    options = {"batch_input_shape": shape, "dtype": first.options.get("dtype")}
    before = Part(own, "InputLayer", {**options, "name": own}, ())
    after = Part(first.name, first.kind, first.options, (Tensor(own, 0),), first.inside)
    return [before, after, *parts[1:]]


def _first_shape(part: Part) -> Any:
    """Return the shape that a first layer says, or the first one of a submodel."""
    if part.inside is None:
        return part.options.get("batch_input_shape")
    inputs = part.inside.inputs
    shapes = [
        inner.options.get("batch_input_shape")
        for inner in part.inside.parts
        if inner.name in inputs
    ]
    return shapes[0] if len(shapes) == 1 else None


def _functional(
    name: str, kind: str, entries: list[Any], config: Mapping[str, Any]
) -> Graph:
    names = names_of(entries)
    parts = [_called(own, entry) for own, entry in zip(names, entries, strict=True)]
    try:
        inputs = read_tensors(config.get("input_layers"))
        outputs = read_tensors(config.get("output_layers"))
    except ValueError as error:
        raise malformed(f"`{name}`", str(error)) from error
    return Graph(name, kind, tuple(parts), tuple(t.layer for t in inputs), outputs)


def _called(name: str, entry: Mapping[str, Any]) -> Part:
    try:
        calls = read_calls(entry.get("inbound_nodes", []))
    except ValueError as error:
        raise malformed(f"`{name}`", str(error)) from error
    first, *others = [_part(name, entry, call) for call in calls or (Call((), {}),)]
    return replace(first, again=tuple(others))


def _part(name: str, entry: Mapping[str, Any], call: Call) -> Part:
    kind, config = head(entry, f"`{name}`")
    if kind in MODELS:
        return Part(name, kind, {}, call.tensors, read_graph(entry, name))
    if "layers" in config and ("input_layers" in config or "output_layers" in config):
        raise RefusedError(SubclassedModel(span=NOWHERE, name=name, kind=kind))
    foreign = foreign_class(entry)
    if foreign is not None:
        return Part(name, foreign, {FOREIGN: True}, call.tensors)
    options = read_options(kind, config, name)
    if call.others:
        options[CALLED_WITH] = dict(call.others)
    return Part(name, kind, options, call.tensors)
