"""Configurations of Keras 1, which are translated to Keras 2, and weights that are not.

The names are from ``keras/legacy/interfaces.py`` in Keras 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.graph import build
from snnc.importer.model import Graph, KerasModel
from snnc.importer.refusals import refused
from snnc.rules.model_files import OldModel

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
        if key == "dim_ordering":
            options["data_format"] = _ORDERS.get(str(item), item)
        elif key == "output_dim" and kind == "Dense":
            options["units"] = item
        elif key not in sizes and (key != "concat_axis" or kind == "Concatenate"):
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


def old_writer(keras: Any, backend: Any) -> str:
    """Return which Keras wrote a file: Keras 1, Keras with Theano, or "" for others."""
    version = keras if isinstance(keras, str) else ""
    if version.split(".")[0] not in ("0", "1") and backend != "theano":
        return ""
    on = " with Theano" if backend == "theano" else ""
    return f"Keras {version}{on}".replace("  ", " ")


def refuse_old(path: str, keras: Any, backend: Any) -> None:
    """Refuse weights that Keras 1, or Keras with Theano, wrote."""
    if writer := old_writer(keras, backend):
        raise refused(OldModel, path=path, writer=writer)


def build_any(
    value: Any, keras: Any, backend: Any, training: Any = None
) -> tuple[KerasModel, Graph, bool]:
    """Build a model, and return whether Keras 1, or Keras with Theano, wrote it."""
    if keras is None and isinstance(value, dict) and "registered_name" in value:
        keras = "3"  # its `to_json` does not say so
    writer = old_writer(keras, backend)
    if not writer and is_old(value):
        writer = old_writer("1", backend)
    model, graph = build(translate(value) if writer else value, keras, training)
    if writer:
        note = (
            f"the file is from {writer}: snnc converts its configuration to Keras 2, "
            "and does not read its weights, which have different names and orders"
        )
        version = writer.removeprefix("Keras ")
        model = replace(model, keras=version, notes=(*model.notes, note))
    return model, graph, bool(writer)
