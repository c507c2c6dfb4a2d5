"""Read a model's graph from its configuration, with nested submodels.

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
from typing import Any

from snnc.importer.model import (
    Call,
    Graph,
    LayerOutput,
    NestedLayer,
    malformed,
    refused,
)
from snnc.rules.imports import (
    NoInputShape,
    NotFiniteOption,
    SameLayerName,
    SubclassedModel,
    UnknownDtype,
)

OWN_ROOTS = {"keras", "tf_keras", "tensorflow"}
DTYPES = {
    "bfloat16", "bool", "float16", "float32", "float64", "int8", "int16", "int32",
    "int64", "mixed_bfloat16", "mixed_float16", "string", "uint8", "uint16", "uint32",
    "uint64",
}  # fmt: skip
LARGEST_INPUT = 2**31
"""The limit on the elements of an example; HDF5 and old NumPy have this limit."""

_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}  # Keras 3: Keras 2
_INERT = "Lambda"  # snnc never reads its marshalled code.


FOREIGN = "custom>"
"""A prefix for names of custom objects, which the conversion judges later."""
MODELS = {"Functional", "Model", "Sequential"}
CALLED_WITH = "called_with"
"""The option for a call's other arguments, such as ``training``."""
CONSTANT = "_CONSTANT_VALUE"  # keras/engine/node.py of Keras 2


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
        part = _part(own, entry, ((reads, {}),))
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
        parts[0] = replace(first, calls=(((LayerOutput(own, 0),), {}),))
        parts.insert(0, NestedLayer(own, "InputLayer", options, (((), {}),)))
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
    nodes = entry.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise malformed(f"`{name}`", "its inbound_nodes are not a list")
    with _blaming(name):
        calls = tuple(map(_read_call, nodes))
    return _part(name, entry, calls or (((), {}),))


def _part(name: str, entry: Mapping[str, Any], calls: tuple[Call, ...]) -> NestedLayer:
    kind, config = head(entry, f"`{name}`")
    if kind in MODELS:
        return NestedLayer(name, kind, {}, calls, read_graph(entry, name))
    if "layers" in config and ("input_layers" in config or "output_layers" in config):
        raise refused(SubclassedModel, name=name, kind=kind)
    if is_custom(entry):
        foreign = str(entry.get("registered_name") or kind)
        return NestedLayer(name, foreign, {FOREIGN: True}, calls)
    return NestedLayer(name, kind, read_options(kind, config, name), calls)


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
        own = entry.get("name")
        if own is None and isinstance(config, dict):
            own = config.get("name")
        if own is None:
            own = snake(kind)
            used[own] += 1
            own = own if used[own] == 1 else f"{own}_{used[own] - 1}"
        if not isinstance(own, str) or not own:
            raise malformed(f"layer {number}", "its name is not a text")
        names.append(own)
    refuse_repeats(names)
    return names


def refuse_repeats(names: list[str]) -> None:
    """Refuse two layers with the same name."""
    for name, count in Counter(names).items():
        if count > 1:
            raise refused(SameLayerName, layer=name)


def snake(kind: str) -> str:
    """Return Keras's name for a class (``to_snake_case``)."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def is_custom(entry: Mapping[str, Any]) -> bool:
    """Whether the class of a serialised object is not from Keras."""
    kind, module = entry.get("class_name"), entry.get("module")
    registered = str(entry.get("registered_name") or "")
    if ">" in f"{kind}{registered}":
        return True
    return module is not None and str(module).split(".")[0] not in OWN_ROOTS


def read_options(kind: str, config: Mapping[str, Any], layer: str) -> dict[str, Any]:
    """Return a layer's configuration as Keras 2 would write it.

    Raises
    ------
    RefusedModelError
        If the configuration has an unknown dtype, an impossible input shape or a
        number that is not finite.
    """
    renamed = {"batch_shape": "batch_input_shape", **_RENAMED.get(kind, {})}
    options: dict[str, Any] = {}
    for key, value in config.items():
        plain = value if kind == _INERT else _plain(value, key, layer)
        options[renamed.get(key, key)] = plain
    dtype = options.get("dtype")
    if dtype is not None and not (isinstance(dtype, str) and dtype in DTYPES):
        name = dtype.get("class_name") if isinstance(dtype, dict) else dtype
        raise refused(UnknownDtype, layer=layer, dtype=str(name))
    if "batch_input_shape" in options:
        check_shape(options["batch_input_shape"], layer)
    return options


def _plain(value: Any, option: str, layer: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise refused(NotFiniteOption, option=option, layer=f"`{layer}`", value=value)
    if isinstance(value, list):
        return [_plain(item, option, layer) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _plain(item, option, layer) for key, item in value.items()}
    kind, config = value["class_name"], value.get("config")
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
