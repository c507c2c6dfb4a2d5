"""Build a `KerasModel` from parsed JSON; submodels are replaced by their layers.

Configurations of Keras 1 are translated to Keras 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError
from itertools import chain
from typing import Any

from snnc.importer.graph import CALLED_WITH, read_graph, refuse_repeats
from snnc.importer.model import (
    Compiled,
    Graph,
    KerasLayer,
    KerasModel,
    LayerOutput,
    NestedLayer,
    RefusedModelError,
    malformed,
    refused,
)
from snnc.ir.logical import reading_order
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
Source = tuple[CallKey, int]
"""A call and the number of one of its outputs."""


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


def build(config: Any, keras: Any, training: Any) -> tuple[KerasModel, Graph]:
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
    version = config.get("keras_version") if keras is None else keras
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
    # For each call, the full names of the layers that compute its outputs.
    ends: dict[CallKey, tuple[str, ...]] = {}
    parts = {part.name: part for part in graph.parts}

    def names_of(sources: Iterable[Source], reader: str) -> Iterator[str]:
        for call, index in sources:
            if call not in ends:
                raise _missing(reader, call[0])
            if index >= len(ends[call]):
                raise refused(SecondOutput, reader=reader, layer=call[0], index=index)
            yield ends[call][index]

    if missing := [name for name in graph.inputs if name not in parts]:
        raise _missing(f"`{graph.name}`", missing[0])
    sources, outputs = _sources(graph)
    for place, number in _in_order(sources):
        part = parts[place]
        name = f"{prefix}{place}{f' (call {number + 1})' if number else ''}"
        reader, owner = f"`{name}`", f"{own}{place}"
        reads = tuple(names_of(sources[place, number], reader))
        if place in bound:
            ends[place, 0] = (bound[place],)
        elif part.inside is None:
            _check_reads(part, bool(reads), graph, reader)
            others = part.calls[number][1]
            options = {**part.options, **({CALLED_WITH: others} if others else {})}
            shares = "" if name == owner else owner
            layers.append(KerasLayer(name, part.kind, options, reads, shares))
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
    return tuple(names_of(outputs, f"`{graph.name}`"))


def _check_reads(part: NestedLayer, reads: bool, graph: Graph, reader: str) -> None:
    """Refuse input layers that read a layer, and other layers that read none."""
    if (part.kind == "InputLayer") == reads:
        raise malformed(reader, "its kind does not match its inputs")
    if part.kind == "InputLayer" and part.name not in graph.inputs:
        raise malformed(reader, "it is not an input of its model")


def _sources(graph: Graph) -> tuple[dict[CallKey, list[Source]], list[Source]]:
    """Return the sources of each call in a graph, and of the graph's outputs."""
    parts = {part.name: part for part in graph.parts}
    reads = {
        (part.name, number): tensors
        for part in graph.parts
        for number, (tensors, _) in enumerate(part.calls)
    }
    last: dict[str, int] = {}
    for tensor in chain(*reads.values(), graph.outputs):
        last[tensor.layer] = max(last.get(tensor.layer, 0), tensor.node)

    def source_of(tensor: LayerOutput) -> Source:
        part = parts.get(tensor.layer)
        if part is None or len(part.calls) == 1:
            return (tensor.layer, 0), tensor.index
        is_from_one = part.inside is not None and last[part.name] == len(part.calls)
        return (tensor.layer, tensor.node - is_from_one), tensor.index

    found = {call: list(map(source_of, tensors)) for call, tensors in reads.items()}
    return found, list(map(source_of, graph.outputs))


def _in_order(sources: Mapping[CallKey, list[Source]]) -> list[CallKey]:
    """Return calls in topological order, otherwise in configuration order."""
    reads = {call: [one for one, _ in found] for call, found in sources.items()}
    for (reader, _), calls in reads.items():
        if unknown := [name for name, number in calls if (name, number) not in reads]:
            raise _missing(f"`{reader}`", unknown[0])
    try:
        return list(reading_order(reads))
    except CycleError as error:
        cycle = tuple(name for name, _ in error.args[1])
        raise refused(CyclicModel, layers=cycle) from error


def _missing(reader: str, layer: str) -> RefusedModelError:
    return refused(NoSuchLayer, reader=reader, layer=layer)


def plain(value: Any) -> Any:
    """Return a value of a training configuration in the Keras 2 format."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: plain(item) for key, item in value.items()}
    kind, config = value["class_name"], value.get("config")
    if kind == "function" and isinstance(config, str):
        return config
    # Keras 2.9 to 2.12 registers its own new optimizers as custom objects.
    name = kind.removeprefix("Custom>") if isinstance(kind, str) else kind
    return {"class_name": name, "config": plain(config)}


# Keras 1: the names are from ``keras/legacy/interfaces.py`` in Keras 2.
OLD = {"nb_filter", "nb_row", "border_mode", "subsample"}
"""Keras 1's names for ``filters``, ``kernel_size``, ``padding`` and ``strides``."""
_CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
}
_MERGES = {
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average",
    "max": "Maximum", "dot": "Dot",
}  # fmt: skip
_OPTIONS = {
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample": "strides",
    "subsample_length": "strides", "border_mode": "padding", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "pool_length": "pool_size", "stride": "strides",
    "p": "rate", "sigma": "stddev", "input_dtype": "dtype", "concat_axis": "axis",
    "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
}  # fmt: skip
_SIZES = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_ORDERS = {"th": "channels_first", "tf": "channels_last"}
_DROPPED = {
    "init", "inner_init", "gamma_init", "beta_init", "W_constraint", "b_constraint",
    "mode", "weights", "input_dim", "input_length", "output_shape", "dot_axes",
    "gamma_regularizer", "beta_regularizer", "node_indices", "tensor_indices",
    "output_mask", "arguments", "mode_type", "output_shape_type", "output_mask_type",
    "activity_regularizer",
}  # fmt: skip
"""Initializers and other options that do not affect outputs."""


def is_old(value: Any) -> bool:
    """Whether layers have Keras 1 options, regardless of the version in the file."""
    config = value.get("config") if isinstance(value, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else config
    return any(
        isinstance(entry, dict)
        and isinstance(options := entry.get("config"), dict)
        and bool(OLD & options.keys())
        for entry in (layers if isinstance(layers, list) else ())
    )


def translate(value: Any) -> Any:
    """Translate a Keras 1 model or layer to Keras 2; return others unchanged."""
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
        return value
    kind: str = value["class_name"]
    config = value.get("config")
    if isinstance(config, list):
        return {**value, "config": list(map(translate, config))}
    if not isinstance(config, dict):
        return value
    if isinstance(config.get("layers"), list):
        inner = list(map(translate, config["layers"]))
        return {**value, "config": {**config, "layers": inner}}
    if kind == "Merge":
        kind = _MERGES.get(str(config.get("mode"))) or kind
    else:
        kind = _CLASSES.get(kind, kind)
    return {**value, "class_name": kind, "config": _options(kind, config)}


def _options(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for keys in _SIZES:
        if all(key in config for key in keys):
            options["kernel_size"] = [config[key] for key in keys]
    sizes = {key for keys in _SIZES for key in keys}
    for key, item in config.items():
        if key == "output_shape" and kind == "Conv2DTranspose":
            options[key] = item
        if key in sizes or key in _DROPPED:
            continue
        if key == "dim_ordering":
            options["data_format"] = _ORDERS.get(str(item), item)
        elif key == "output_dim" and kind == "Dense":
            options["units"] = item
        elif key == "concat_axis" and kind != "Concatenate":
            continue
        else:
            options[_OPTIONS.get(key, key)] = _regularizer(item)
    match options.get("padding"):
        case [top, bottom, left, right] if kind.startswith("ZeroPadding"):
            options["padding"] = [[top, bottom], [left, right]]
    return options


def _regularizer(item: Any) -> Any:
    """Return an L1 or L2 penalty in the Keras 2 format."""
    if isinstance(item, dict) and "Regularizer" in str(item.get("name")):
        penalties = {key: item.get(key, 0.0) for key in ("l1", "l2")}
        return {"class_name": "L1L2", "config": penalties}
    return item
