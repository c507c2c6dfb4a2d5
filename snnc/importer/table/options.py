"""Check the options of layers, and record decisions on common options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from snnc.importer.layer_config import malformed, rank_of
from snnc.importer.linear import Shape
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState

_BEGIN = "snnc uses its own initial values"
_CONSTRAINT = "not kept: specs have no constraints"
_NORM_PENALTY = "not kept: specs have no penalty on batch norm"
TRAINING = {
    **{
        f"{weight}_initializer": _BEGIN
        for weight in (
            "bias", "beta", "depthwise", "gamma", "kernel", "moving_mean",
            "moving_variance", "pointwise",
        )
    },
    **{
        f"{weight}_constraint": _CONSTRAINT
        for weight in ("bias", "beta", "depthwise", "gamma", "kernel", "pointwise")
    },
    "activity_regularizer": "not kept: specs do not support this penalty",
    "beta_regularizer": _NORM_PENALTY,
    "bias_regularizer": "not kept: specs have no penalty on biases",
    "gamma_regularizer": _NORM_PENALTY,
    "momentum": "snnc uses its own value",
    "noise_shape": "snnc drops single neurons",
    "seed": "a spec uses `train { seed }`",
}  # fmt: skip
"""Options that only training uses, and how snnc treats each of them."""
PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")
LARGEST = 2**31
MARGINS = ("ZeroPadding", "Cropping")
JOINS = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Subtract")
"""Layers with several inputs."""


def shown(value: Any) -> str:
    """Return a Keras value in short form."""
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return "x".join(map(str, value))
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def tell_options(layer: KerasLayer, state: ConversionState, *kept: str) -> None:
    """Record decisions on a layer's options; the spec keeps the ones in ``kept``."""
    for option, value in layer.options.items():
        shown_option = f"{option} {shown(value)}"
        if option in kept:
            state.keep(layer, option=shown_option)
        elif option == "trainable":
            if value is False:
                state.train(layer, "`train.py` trains every layer", shown_option)
        elif option in TRAINING and value is not None:
            state.train(layer, TRAINING[option], shown_option)
    if "float16" in str(layer.options.get("dtype")):
        state.train(layer, "specs are float32", f"dtype {layer.options['dtype']}")


def take_l2(layer: KerasLayer, state: ConversionState) -> float:
    """Return a kernel's L2 factor, and record other penalties."""
    factor = 0.0
    kept = PENALTIES[layer.kind.startswith("DepthwiseConv")]
    for option in PENALTIES:
        value = layer.options.get(option)
        if value is None:
            continue
        factors = value.get("config") if isinstance(value, Mapping) else {}
        factors = factors if isinstance(factors, Mapping) else {}
        l2 = factors.get("l2") or 0.0
        is_l2 = isinstance(l2, (int, float)) and l2 > 0
        if option == kept and is_l2:
            factor = float(l2)
            state.keep(layer, "as `l2`", f"{option} L2 {factor:.6g}")
        if option != kept or not is_l2 or factors.get("l1"):
            what = "L1" if factors.get("l1") else shown(value)
            state.train(layer, "not kept: specs have only `l2`", f"{option} {what}")
    return factor


def numbers(value: Any) -> tuple[float, ...]:
    """Return a value as a list of numbers; empty if it is not numeric."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    values = value if isinstance(value, list) else [value]
    fits = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    return tuple(map(float, values)) if fits else ()


def dims(value: Any, rank: int) -> Shape:
    """Return one whole number per spatial axis, from a number or a list."""
    if isinstance(value, (list, tuple)):
        return tuple(int(v) for v in value)
    return (int(value),) * rank


def check_options(layer: KerasLayer) -> None:
    """Refuse options that Keras does not write.

    Raises
    ------
    RefusedModelError
        With SNN811, which names the option.
    """
    for option in _REQUIRED.get(layer.kind, ()):
        if layer.options.get(option) is None:
            raise malformed(f"`{layer.name}`", f"it has no {option}")
    if layer.kind not in _CHECKED:
        return
    for option, value in layer.options.items():
        fits = _RULES.get(option)
        if option in ("padding", "cropping") and layer.kind.startswith(MARGINS):
            fits = _are_pads
        if fits is not None and not fits(value, layer):
            raise malformed(f"`{layer.name}`", f"its {option} is {value!r}"[:80])
    if not layer.reads and layer.kind != "InputLayer":
        raise malformed(f"`{layer.name}`", "it reads nothing")
    is_pair = layer.kind != "Subtract" or len(layer.reads) < 3
    if len(layer.reads) > 1 and not (layer.kind in JOINS and is_pair):
        raise malformed(f"`{layer.name}`", f"it reads {len(layer.reads)} layers")


def _is_count(value: Any, layer: KerasLayer) -> bool:
    return type(value) is int and 0 < value < LARGEST


def _are_dims(value: Any, layer: KerasLayer) -> bool:
    if _is_count(value, layer):
        return True
    rank = rank_of(layer.kind)
    is_list = isinstance(value, (list, tuple)) and len(value) == rank
    return is_list and all(_is_count(item, layer) for item in value)


def _are_strides(value: Any, layer: KerasLayer) -> bool:
    if value is None:  # the size of the window
        return "Pooling" in layer.kind
    return _are_dims(value, layer)


def _are_pads(value: Any, layer: KerasLayer) -> bool:
    if _is_pad(value):
        return True
    if not isinstance(value, (list, tuple)):
        return False
    if rank_of(layer.kind) == 1 and len(value) == 2 and all(map(_is_pad, value)):
        return True
    return len(value) == rank_of(layer.kind) and all(
        _is_pad(item)
        or (isinstance(item, list) and len(item) == 2 and all(map(_is_pad, item)))
        for item in value
    )


def _is_pad(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_share(value: Any, layer: KerasLayer) -> bool:
    return value is None or (_is_number(value, layer) and 0 <= value <= 1)


def _is_number(value: Any, layer: KerasLayer) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_flag(value: Any, layer: KerasLayer) -> bool:
    return value is None or isinstance(value, bool)


def _is_text(value: Any, layer: KerasLayer) -> bool:
    return value is None or isinstance(value, str)


def _is_axis(value: Any, layer: KerasLayer) -> bool:
    return (
        value is None
        or type(value) is int
        or (isinstance(value, list) and all(type(item) is int for item in value))
    )


_RULES: dict[str, Callable[[Any, KerasLayer], bool]] = {
    "axis": _is_axis,
    "data_format": _is_text,
    "depth_multiplier": _is_count,
    "dilation_rate": _are_dims,
    "epsilon": _is_number,
    "filters": _is_count,
    "groups": _is_count,
    "keepdims": _is_flag,
    "kernel_size": _are_dims,
    "padding": _is_text,
    "pool_size": _are_dims,
    "rate": _is_share,
    "strides": _are_strides,
    "size": _are_dims,
    "target_shape": _is_axis,
    "units": _is_count,
    "use_bias": _is_flag,
}
_CONVOLUTION = ("filters", "kernel_size")
_REQUIRED = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _CONVOLUTION),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _CONVOLUTION),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("kernel_size",)),
    "Conv2DTranspose": _CONVOLUTION,
    "Dense": ("units",),
    "Reshape": ("target_shape",),
}
_OF_RANK = (
    "AveragePooling", "Cropping", "GlobalAveragePooling", "GlobalMaxPooling",
    "MaxPooling", "SpatialDropout", "ZeroPadding",
)  # fmt: skip
_CHECKED = {
    *_REQUIRED, *JOINS, *(f"{kind}{rank}D" for kind in _OF_RANK for rank in (1, 2, 3)),
    "Permute", "Flatten", "Dropout", "UpSampling2D", "BatchNormalization",
    "GaussianDropout",
    "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "Rescaling",
    "SyncBatchNormalization", "Normalization", "InputLayer", "GaussianNoise",
}  # fmt: skip
