"""Translate configurations of Keras 1 to Keras 2; its weights are not read.

The names are from ``keras/legacy/interfaces.py`` in Keras 2.
"""

import json
from typing import Any

_CLASSES = {
    "Convolution1D": "Conv1D", "AtrousConvolution1D": "Conv1D",
    "Convolution2D": "Conv2D", "AtrousConvolution2D": "Conv2D",
    "Convolution3D": "Conv3D", "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average",
    "max": "Maximum", "dot": "Dot",
}  # fmt: skip
"""The new names of classes, and of the modes of a `Merge`."""
_OPTIONS = {
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample": "strides",
    "subsample_length": "strides", "border_mode": "padding", "bias": "use_bias",
    "atrous_rate": "dilation_rate", "pool_length": "pool_size", "stride": "strides",
    "p": "rate", "sigma": "stddev", "input_dtype": "dtype", "concat_axis": "axis",
    "dim_ordering": "data_format",
    "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
}  # fmt: skip
_ORDERS = {"th": "channels_first", "tf": "channels_last"}
_SIZES = ("nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3")


def is_old(value: Any) -> bool:
    """Whether a model has options that only Keras 1 writes."""
    text = json.dumps(value)
    return any(f'"{key}":' in text for key in ("nb_filter", "nb_row", "border_mode"))


def translate(value: Any) -> Any:
    """Translate each layer in a value, such as a model; return others unchanged."""
    if isinstance(value, list):
        return [translate(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: translate(item) for key, item in value.items()}
    # Keras 1 writes a regularizer without a class_name.
    if "Regularizer" in str(items.get("name")) and "l2" in items:
        return {"class_name": "L1L2", "config": items}
    kind = items.get("class_name")
    config = items.get("config")
    if isinstance(kind, str) and isinstance(config, dict):
        name = str(config.get("mode")) if kind == "Merge" else kind
        items["class_name"] = _CLASSES.get(name, kind)
        items["config"] = _options(kind, config)
    return items


def _options(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a layer by their names in Keras 2."""
    sizes = [config[key] for key in _SIZES if key in config]
    options: dict[str, Any] = {"kernel_size": sizes} if sizes else {}
    # An `Embedding` has the option `output_dim` in Keras 2, too.
    names = {**_OPTIONS, "output_dim": "units" if kind == "Dense" else "output_dim"}
    options |= {names.get(key) or key: item for key, item in config.items()}
    if "dim_ordering" in config:
        options["data_format"] = _ORDERS.get(str(config["dim_ordering"]))
    # In Keras 1, the margins of a `ZeroPadding2D` may be four numbers.
    match options.get("padding"):
        case [top, bottom, left, right]:
            options["padding"] = [[top, bottom], [left, right]]
    return options
