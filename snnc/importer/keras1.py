"""The spelling of Keras 1, turned into that of Keras 2.

Keras 2.0 renamed layers and options; `keras/legacy/interfaces.py` of Keras 2.0 to 2.3
lists them for calls, `keras/legacy/layers.py` has what `Merge` became.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.architectures import SeveralInputsOrOutputs

CLASSES = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
}
MERGES = {
    "ave": "Average", "concat": "Concatenate", "cos": "Dot", "dot": "Dot",
    "max": "Maximum", "mul": "Multiply", "sum": "Add",
}  # fmt: skip
OPTIONS = {
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "atrous_rate": "dilation_rate",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "beta_init": "beta_initializer",
    "bias": "use_bias",
    "border_mode": "padding",
    "depthwise_init": "depthwise_initializer",
    "dim_ordering": "data_format",
    "filter_length": "kernel_size",
    "gamma_init": "gamma_initializer",
    "init": "kernel_initializer",
    "input_dtype": "dtype",
    "nb_filter": "filters",
    "p": "rate",
    "pointwise_init": "pointwise_initializer",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
LAYOUTS = {"tf": "channels_last", "th": "channels_first"}
_KERNEL = ("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")
_PADS = ("top_pad", "bottom_pad", "left_pad", "right_pad")


def is_old(version: str | None) -> bool:
    """Whether a version is Keras 1's, or older than that files say one."""
    return version is None or version.split(".")[0] in ("0", "1")


def modernized(entry: Any) -> Any:
    """Return a serialised layer or model of Keras 1 as Keras 2 writes it.

    What is no layer, or written as Keras 2 does already, is returned as it is.

    Raises
    ------
    RefusedError
        SNN822, if it begins with a `Merge` of models, each of which has an input.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        return entry
    kind, config = str(entry["class_name"]), entry.get("config")
    if isinstance(config, list) and kind == "Sequential":
        return {**entry, "config": [modernized(layer) for layer in config]}
    if not isinstance(config, dict):
        return entry
    if kind == "Merge":
        return {**entry, **_merge(config)}
    if isinstance(config.get("layers"), list):
        layers = [modernized(layer) for layer in config["layers"]]
        return {**entry, "config": {**config, "layers": layers}}
    if kind == "BatchNormalization" and config.get("mode") in (1, 2):
        kind = f"{kind}(mode={config['mode']})"
    new = CLASSES.get(kind, kind)
    return {**entry, "class_name": new, "config": _options(new, config)}


def _merge(config: Mapping[str, Any]) -> dict[str, Any]:
    mode, name = config.get("mode"), config.get("name")
    branches = config.get("layers")
    if isinstance(branches, list) and len(branches) > 1:
        names = tuple(_name_of(branch) for branch in branches)
        told = name if isinstance(name, str) else "Merge"
        raise RefusedError(
            SeveralInputsOrOutputs(span=NOWHERE, name=told, what="input", layers=names)
        )
    if config.get("mode_type", "raw") != "raw":
        return {"class_name": "Lambda", "config": {"name": name}}
    kind = MERGES.get(mode, "Merge") if isinstance(mode, str) else "Merge"
    options: dict[str, Any] = {"name": name}
    if mode == "concat":
        options["axis"] = config.get("concat_axis", -1)
    return {"class_name": kind, "config": options}


def _name_of(branch: Any) -> str:
    """Return the name of a branch, or of its first layer: a Sequential has none."""
    while isinstance(branch, dict):
        config = branch.get("config")
        if isinstance(config, dict) and isinstance(config.get("name"), str):
            return str(config["name"])
        branch = config[0] if isinstance(config, list) and config else None
    return "a model"


def _options(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        new = OPTIONS.get(key, key)
        if key == "output_dim" and kind == "Dense":
            new = "units"
        if new == key or new not in config:
            found[new] = _value(key, value)
    for keys in _KERNEL:
        if all(key in found for key in keys):
            found.setdefault("kernel_size", [found.pop(key) for key in keys])
    if isinstance(config.get("layer"), dict):  # of a wrapper
        found["layer"] = modernized(config["layer"])
    if kind in ("ZeroPadding1D", "ZeroPadding2D") and "padding" in config:
        found["padding"] = _pads(config["padding"], int(kind[-2]))
    return found


def _value(key: str, value: Any) -> Any:
    if key == "dim_ordering" and isinstance(value, str):
        return LAYOUTS.get(value, value)
    is_object = isinstance(value, dict) and isinstance(value.get("name"), str)
    if is_object and key.endswith("_regularizer"):
        factors = {k: value[k] for k in ("l1", "l2") if k in value}
        kind = "L1L2" if factors else value["name"]
        return {"class_name": kind, "config": factors}
    if is_object and key.endswith("_constraint"):
        rest = {k: v for k, v in value.items() if k != "name"}
        return {"class_name": value["name"], "config": rest}
    return value


def _pads(padding: Any, rank: int) -> Any:
    """Return pairs of zeros around each axis, for which Keras 1 has a dict or 4."""
    if isinstance(padding, dict):
        padding = [padding.get(key, 0) for key in _PADS[-2 * rank :]]
    if isinstance(padding, list) and len(padding) == 4:
        return [padding[:2], padding[2:]]
    return padding
