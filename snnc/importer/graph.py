"""Build a `KerasModel` from its configuration; its layers replace nested submodels.

Keras 2 writes a call of a layer as ``[layer, node, tensor, keywords]``. Keras 3 writes
``{"args", "kwargs"}``, in which tensors are ``__keras_tensor__`` objects whose
``keras_history`` is ``[layer, node, tensor]``. The node is the index of the layer's
call that produced the tensor. For submodels, the index starts at 0 or 1, depending on
the version of Keras.

Keras 3 writes objects as ``{"module", "class_name", "config", "registered_name"}``
(`keras.saving.serialize_keras_object`), and Keras 2 as ``{"class_name", "config"}``.
Options get the names that Keras 2 uses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from graphlib import CycleError
from typing import Any

from snnc.importer.model import (
    Call,
    Compiled,
    Graph,
    KerasLayer,
    KerasModel,
    LayerOutput,
    NestedLayer,
    config_of,
)
from snnc.importer.refusals import malformed, refused
from snnc.ir.logical import reading_order
from snnc.rules import imports as rules

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
Source = tuple[CallKey, int]
"""A call and the number of one of its outputs."""
OUTPUTS: CallKey = ("", 0)
"""Stands for the call that the outputs of a graph are; no layer has this name."""
OWN_ROOTS = {"keras", "tf_keras", "tensorflow"}
DTYPES = {
    "bfloat16", "bool", "float16", "float32", "float64", "int8", "int16", "int32",
    "int64", "mixed_bfloat16", "mixed_float16", "string", "uint8", "uint16", "uint32",
    "uint64",
}  # fmt: skip
LARGEST_INPUT = 2**31
"""The limit on the elements of an example; HDF5 and old NumPy have this limit."""

_RENAMED = {name: {"negative_slope": "alpha"} for name in ("LeakyReLU", "LeakyRelu")}
"""Options by the name in Keras 3, with the name in Keras 2."""
_INERT = "Lambda"  # snnc never reads its marshalled code.


FOREIGN = "custom>"
"""A prefix for names of custom objects, which the conversion judges later."""
MODELS = {"Functional", "Model", "Sequential"}
CALLED_WITH = "called_with"
"""The option for a call's other arguments, such as ``training``."""
CONSTANT = "_CONSTANT_VALUE"  # keras/engine/node.py of Keras 2


def unwrapped(value: Any) -> Any:
    """Return a configuration with wrapped objects replaced by plain values."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: unwrapped(item) for key, item in value.items()}
    kind = items.get("class_name")
    config = items.get("config", items)
    key = _WRAPPED.get(kind) if isinstance(kind, str) else None
    # A tuple has its items next to the class, and others have a config.
    holder = items if key == "items" else config
    return holder[key] if key and isinstance(holder, dict) and key in holder else items


def build(config: Any, keras: Any, training: Any) -> tuple[KerasModel, Graph]:
    """Return a model and its graph.

    Raise RefusedModelError if the model has no graph, or a graph that Keras does not
    write: layers form a cycle or read a missing output, or two layers have the same
    full name.

    Parameters
    ----------
    config :
        The serialised model: an object with ``class_name`` and ``config``.
    keras :
        The version of Keras that wrote the model.
    training :
        The settings of ``compile``: ``loss`` and ``optimizer`` or ``optimizer_config``;
        None if the model was not compiled.
    """
    config = unwrapped(config)
    training = unwrapped(training)
    if not isinstance(config, dict):
        raise malformed("the model", "it is not an object")
    version = config.get("keras_version") if keras is None else keras
    version = version if isinstance(version, str) else None
    graph = read_graph(config)
    layers: list[KerasLayer] = []
    outputs = _flatten(graph, "", "", {}, layers)
    refuse_repeats([layer.name for layer in layers])
    compiled = _compile_options(training or config.get("compile_config"))
    model = KerasModel(
        name=graph.name,
        keras=version,
        layers=tuple(layers),
        inputs=graph.inputs,
        outputs=outputs,
        compiled=compiled,
    )
    return model, graph


def _compile_options(training: Any) -> Compiled | None:
    if not isinstance(training, Mapping) or not training.get("loss"):
        return None
    optimizer = training.get("optimizer") or training.get("optimizer_config")
    return Compiled(training["loss"], optimizer)


def _flatten(
    graph: Graph,
    prefix: str,
    owner_prefix: str,
    bound: Mapping[str, str],
    layers: list[KerasLayer],
) -> tuple[str, ...]:
    """Add the layers of a graph in topological order, and return its outputs.

    Each further call of a layer becomes a separate layer, named after the layer and the
    call.

    ``prefix`` and ``owner_prefix`` precede the names of the graph's layers, and of the
    layers whose weights they share. ``bound`` are the sources of a submodel's inputs.
    """
    # For each call, the full names of the layers that compute its outputs.
    ends: dict[CallKey, tuple[str, ...]] = {}
    sources = _sources(graph)
    parts = {part.name: part for part in graph.parts}

    def names_of(call: CallKey, reader: str) -> Iterator[str]:
        for source, index in sources[call]:
            if index >= len(ends[source]):
                raise refused(
                    rules.SecondOutput, reader=reader, layer=source[0], index=index
                )
            yield ends[source][index]

    for part_name, number in _in_order(sources):
        if (part_name, number) == OUTPUTS:
            continue
        part = parts[part_name]
        name = f"{prefix}{part_name}"
        if number:
            name += f" (call {number + 1})"
        reader = f"`{name}`"
        owner = f"{owner_prefix}{part_name}"
        reads = tuple(names_of((part_name, number), reader))
        # An input of a submodel is the layer outside that it stands for.
        if part_name in bound:
            ends[part_name, 0] = (bound[part_name],)
        elif part.inside is None:
            _check_reads(part, graph, reader, has_sources=bool(reads))
            options = dict(part.options)
            _, others = part.calls[number]
            if others:
                options[CALLED_WITH] = others
            shares = "" if name == owner else owner
            layers.append(KerasLayer(name, part.kind, options, reads, shares))
            ends[part_name, number] = (name,)
        else:
            inputs = _bind(part.inside, reads, reader)
            ends[part_name, number] = _flatten(
                part.inside, f"{name}/", f"{owner}/", inputs, layers
            )
        if len(layers) > MOST_LAYERS:
            raise malformed(
                reader, f"with this layer, the model has more than {MOST_LAYERS} layers"
            )
    return tuple(names_of(OUTPUTS, f"`{graph.name}`"))


def _bind(graph: Graph, reads: tuple[str, ...], reader: str) -> dict[str, str]:
    """Return the layers that the inputs of a submodel stand for."""
    due = len(graph.inputs)
    if len(reads) != due:
        reason = f"it has {due} inputs, but reads {len(reads)} layers"
        raise malformed(reader, reason)
    return dict(zip(graph.inputs, reads, strict=True))


def _check_reads(
    part: NestedLayer, graph: Graph, reader: str, *, has_sources: bool
) -> None:
    """Refuse input layers that read a layer, and other layers that read none."""
    if (part.kind == "InputLayer") == has_sources:
        raise malformed(reader, "its kind does not match its inputs")
    if part.kind == "InputLayer" and part.name not in graph.inputs:
        raise malformed(reader, "it is not an input of its model")


def _sources(graph: Graph) -> dict[CallKey, list[Source]]:
    """Return the sources of each call in a graph, and of its outputs."""
    reads = {
        (part.name, number): tensors
        for part in graph.parts
        for number, (tensors, _) in enumerate(part.calls)
    }
    reads[OUTPUTS] = graph.outputs
    parts = {part.name: part for part in graph.parts}
    last: dict[str, int] = {}
    for tensors in reads.values():
        for tensor in tensors:
            last[tensor.layer] = max(last.get(tensor.layer, 0), tensor.node)
    for name in graph.inputs:
        if name not in parts:
            raise refused(rules.NoSuchLayer, reader=f"`{graph.name}`", layer=name)

    def source_of(tensor: LayerOutput, reader: str) -> Source:
        """Return the call, and the number of its output, that a tensor is."""
        name = tensor.layer
        part = parts.get(tensor.layer)
        number = tensor.node
        # With one call, the number is clear however Keras counts.
        if part is None or len(part.calls) == 1:
            number = 0
        elif part.inside is not None and last[name] == len(part.calls):
            number -= 1  # its nodes begin at 1
        if (name, number) not in reads:
            named = reader or graph.name
            raise refused(rules.NoSuchLayer, reader=f"`{named}`", layer=name)
        return (name, number), tensor.index

    return {
        call: [source_of(tensor, call[0]) for tensor in tensors]
        for call, tensors in reads.items()
    }


def _in_order(sources: Mapping[CallKey, list[Source]]) -> list[CallKey]:
    """Return calls in topological order, otherwise in configuration order."""
    reads = {
        call: [source for source, _ in outputs] for call, outputs in sources.items()
    }
    try:
        return list(reading_order(reads))
    except CycleError as error:
        cycle = tuple(name for name, _ in error.args[1])
        raise refused(rules.CyclicModel, layers=cycle) from error


def read_graph(entry: Mapping[str, Any], name: str | None = None) -> Graph:
    """Return the graph of a model as Keras serialises it; see `build`.

    ``name`` is a submodel's name in the outer graph.
    """
    kind, config = head(entry, f"`{name}`" if name else "the model")
    if isinstance(config, list):  # as Keras wrote a Sequential before 2.2.3
        config = {"layers": config}
    name = name or _name_in(config) or snake(kind)
    if kind not in MODELS or is_custom(entry) or "layers" not in config:
        raise refused(rules.SubclassedModel, name=name, kind=kind)
    entries = config["layers"]
    if not isinstance(entries, list):
        raise malformed(f"`{name}`", "its layers are not a list")
    if kind == "Sequential":
        return _sequential(name, entries, config)
    return _functional(name, entries, config)


def _name_in(config: Mapping[str, Any]) -> str:
    """Return the name in a configuration, or "" if it is not a text."""
    name = config.get("name")
    return name if isinstance(name, str) else ""


def _sequential(name: str, entries: list[Any], config: Mapping[str, Any]) -> Graph:
    """Return a chain of layers, with the input layer that Keras may omit."""
    parts: list[NestedLayer] = []
    for part_name, entry in zip(names_of(entries), entries, strict=True):
        reads = (LayerOutput(parts[-1].name, 0),) if parts else ()
        part = _part(part_name, entry, ((reads, {}),))
        if parts and part.kind == "InputLayer":  # Keras passes on its input
            part = replace(part, kind="Identity", options={})
        parts.append(part)
    if not parts:
        raise malformed(f"`{name}`", "it has no layers")
    first = parts[0]
    if first.kind != "InputLayer":  # Keras omits the input layer
        shape = _first_shape(first) or config.get("build_input_shape")
        if shape is None:
            raise refused(rules.NoInputShape, name=name)
        part_name = f"{first.name}_input"
        check_shape(shape, part_name)
        dtype = first.options.get("dtype")
        options = {"batch_input_shape": shape, "dtype": dtype, "name": part_name}
        parts[0] = replace(first, calls=(((LayerOutput(part_name, 0),), {}),))
        parts.insert(0, NestedLayer(part_name, "InputLayer", options, (((), {}),)))
    output = LayerOutput(parts[-1].name, 0)
    return Graph(name, tuple(parts), (parts[0].name,), (output,))


def _first_shape(part: NestedLayer) -> Any:
    """Return the input shape of the first layer, which may be in a submodel."""
    if part.inside is None:
        sizes = part.options.get("input_shape")  # written by hand; Keras reads it
        shape = [None, *sizes] if isinstance(sizes, list) else None
        return part.options.get("batch_input_shape", shape)
    inputs = [one for one in part.inside.parts if one.name in part.inside.inputs]
    return inputs[0].options.get("batch_input_shape") if len(inputs) == 1 else None


def _functional(name: str, entries: list[Any], config: Mapping[str, Any]) -> Graph:
    """Return a graph as the layers' calls describe it."""
    names = names_of(entries)
    parts = [
        _read_layer(part_name, entry)
        for part_name, entry in zip(names, entries, strict=True)
    ]
    with _blaming(name):
        inputs = tuple(_tensors(config.get("input_layers")))
        outputs = tuple(_tensors(config.get("output_layers")))
    if not inputs or not outputs:
        raise malformed(f"`{name}`", "its inputs or outputs do not name layers")
    return Graph(name, tuple(parts), tuple(t.layer for t in inputs), outputs)


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Turn a `ValueError` into the refusal of a layer or a model."""
    try:
        yield
    except ValueError as error:
        raise malformed(f"`{name}`", str(error)) from error


def _read_layer(name: str, entry: Mapping[str, Any]) -> NestedLayer:
    """Return a layer of a functional model, with its calls."""
    nodes = entry.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise malformed(f"`{name}`", "its inbound_nodes are not a list")
    with _blaming(name):
        calls = tuple(map(_read_call, nodes))
    # An input has no nodes, but stands for one call.
    return _part(name, entry, calls or (((), {}),))


def _part(name: str, entry: Mapping[str, Any], calls: tuple[Call, ...]) -> NestedLayer:
    """Return a layer, or a submodel with its graph."""
    kind, config = head(entry, f"`{name}`")
    if kind in MODELS:
        return NestedLayer(name, kind, {}, calls, read_graph(entry, name))
    if "layers" in config and ("input_layers" in config or "output_layers" in config):
        raise refused(rules.SubclassedModel, name=name, kind=kind)
    if is_custom(entry):
        foreign = str(entry.get("registered_name") or kind)
        return NestedLayer(name, foreign, {FOREIGN: True}, calls)
    return NestedLayer(name, kind, read_options(kind, config, name), calls)


def _read_call(node: Any) -> Call:
    """Return a call; raise ValueError if Keras does not write such a node."""
    tensors: list[LayerOutput] = []
    others: dict[str, Any] = {}
    for key, value in _arguments(node).items():
        try:
            # An argument with anything but tensors is a setting, such as `training`.
            read = list(_tensors(value))
        except ValueError:
            read = []
        tensors += read
        if not read and value is not None:
            others[key] = value
    return tuple(tensors), others


def _arguments(node: Any) -> dict[str, Any]:
    """Return the arguments of a call by their keywords, or else by their numbers."""
    if isinstance(node, dict):  # of Keras 3
        arguments = node.get("args", [])
        keywords = node.get("kwargs", {})
        if not isinstance(arguments, list) or not isinstance(keywords, dict):
            raise ValueError("one of its inbound_nodes has no args or kwargs")
    else:
        pieces = list(_pieces(node))
        arguments = [p[2] if _is_constant(p) else p for p in pieces]
        keywords = _keywords(pieces)
    return {**{str(at): value for at, value in enumerate(arguments)}, **keywords}


def _keywords(pieces: list[list[Any]]) -> dict[str, Any]:
    """Return the keywords in a call of Keras 2, which follow its tensors."""
    keywords: dict[str, Any] = {}
    for piece in pieces:
        for words in piece[3:]:
            if not isinstance(words, dict):
                raise ValueError("one of its inbound_nodes has no keywords")
            keywords |= words
    return keywords


def _pieces(node: Any) -> Iterator[list[Any]]:
    """Yield the tensors and constants in a call of Keras 2, which may be nested."""
    if _is_tensor(node) or _is_constant(node):
        yield node
    elif isinstance(node, list):
        for inner in node:
            yield from _pieces(inner)
    else:
        raise ValueError("one of its inbound_nodes does not read a layer")


def _tensors(value: Any) -> Iterator[LayerOutput]:
    """Yield the tensors in a value; raise ValueError if it contains anything else."""
    if _is_tensor(value):
        name, node, tensor, *_ = value
        yield LayerOutput(name, tensor, node)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        history = config_of(value).get("keras_history")
        if not _is_tensor(history):
            raise ValueError("a tensor has no keras_history")
        yield from _tensors(history)
    elif isinstance(value, dict) and "class_name" not in value:
        # A layer may take its inputs by name.
        yield from _tensors(list(value.values()))
    elif isinstance(value, list):
        for inner in value:
            yield from _tensors(inner)
    else:
        raise ValueError("it contains a value that is not a layer's output")


def _is_tensor(value: Any) -> bool:
    if not isinstance(value, list) or not 3 <= len(value) <= 4:
        return False
    name, node, tensor = value[:3]
    # Not isinstance: true in JSON is a bool, which is also an int.
    numbers = type(node) is int and type(tensor) is int and node >= 0 <= tensor
    return isinstance(name, str) and numbers


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and 3 <= len(value) <= 4 and value[0] == CONSTANT


def head(entry: Any, layer: str) -> tuple[str, Any]:
    """Return the class and the configuration of a serialised layer."""
    kind = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not kind:
        raise malformed(layer, "it has no class_name")
    config = entry.get("config")
    listed = isinstance(config, list) and kind == "Sequential"
    if not isinstance(config, dict) and not listed:
        raise malformed(layer, "it has no config")
    return kind, config


def names_of(entries: list[Any]) -> list[str]:
    """Return the names of layers; unnamed layers get names as in Keras."""
    names: list[str] = []
    used: Counter[str] = Counter()
    for number, entry in enumerate(entries):
        kind, config = head(entry, f"layer {number}")
        name = entry.get("name")
        if name is None and isinstance(config, dict):
            name = config.get("name")
        if name is None:
            name = snake(kind)
            used[name] += 1
            name = name if used[name] == 1 else f"{name}_{used[name] - 1}"
        if not isinstance(name, str) or not name:
            raise malformed(f"layer {number}", "its name is not a text")
        names.append(name)
    refuse_repeats(names)
    return names


def refuse_repeats(names: list[str]) -> None:
    """Refuse two layers with the same name."""
    for name, count in Counter(names).items():
        if count > 1:
            raise refused(rules.SameLayerName, layer=name)


def snake(kind: str) -> str:
    """Return Keras's name for a class (``to_snake_case``)."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def is_custom(entry: Mapping[str, Any]) -> bool:
    """Whether the class of a serialised object is not from Keras."""
    kind = entry.get("class_name")
    module = entry.get("module")
    registered = str(entry.get("registered_name") or "")
    if ">" in f"{kind}{registered}":
        return True
    return module is not None and str(module).split(".")[0] not in OWN_ROOTS


def read_options(kind: str, config: Mapping[str, Any], layer: str) -> dict[str, Any]:
    """Return a layer's configuration as Keras 2 would write it.

    Raise RefusedModelError if the configuration has an unknown dtype, an impossible
    input shape or a number that is not finite.
    """
    renamed = {"batch_shape": "batch_input_shape", **_RENAMED.get(kind, {})}
    options: dict[str, Any] = {}
    for key, value in config.items():
        plain = value if kind == _INERT else _plain(value, key, layer)
        options[renamed.get(key, key)] = plain
    dtype = options.get("dtype")
    if dtype is not None and not (isinstance(dtype, str) and dtype in DTYPES):
        name = dtype.get("class_name") if isinstance(dtype, dict) else dtype
        raise refused(rules.UnknownDtype, layer=layer, dtype=str(name))
    if "batch_input_shape" in options:
        check_shape(options["batch_input_shape"], layer)
    return options


def _plain(value: Any, option: str, layer: str) -> Any:
    """Return the value of an option without Keras's wrappers."""
    if isinstance(value, float) and not math.isfinite(value):
        raise refused(
            rules.NotFiniteOption, option=option, layer=f"`{layer}`", value=value
        )
    if isinstance(value, list):
        return [_plain(item, option, layer) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" in value:
        return _plain_object(value, option, layer)
    return {key: _plain(item, option, layer) for key, item in value.items()}


def _plain_object(value: dict[str, Any], option: str, layer: str) -> Any:
    """Convert an object to the form of Keras 2, or to the name of a function."""
    kind = value["class_name"]
    config = value.get("config")
    if is_custom(value):
        name = str(config if isinstance(config, str) else kind)
        return {"class_name": f"{FOREIGN}{name}", "config": {}}
    if kind == "function" and isinstance(config, str):
        return config
    if isinstance(config, dict) and kind != _INERT:
        config = {key: _plain(item, key, layer) for key, item in config.items()}
    return {"class_name": kind, "config": config}


def check_shape(shape: Any, layer: str) -> None:
    """Refuse an input shape that no array of examples can have.

    The batch is the first dimension; None is an open dimension.
    """
    is_list = isinstance(shape, list) and all(
        size is None or (type(size) is int and size > 0) for size in shape
    )
    if not is_list:
        reason = "its input shape is not a list of positive whole numbers"
        raise malformed(f"`{layer}`", reason)
    if math.prod(size or 1 for size in shape[1:]) >= LARGEST_INPUT:
        raise malformed(f"`{layer}`", "an example has more than 2^31 elements")
