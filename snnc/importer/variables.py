"""Keras's names of a layer's variables, which `.keras` files only number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_KERNEL = ("kernel", "bias")
_DEPTHWISE = ("depthwise_kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_RECURRENT = ("kernel", "recurrent_kernel", "bias")
_NORM = ("gamma", "beta")

NAMES = {
    "BatchNormalization": (*_NORM, "moving_mean", "moving_variance"),
    "Conv1D": _KERNEL,
    "Conv1DTranspose": _KERNEL,
    "Conv2D": _KERNEL,
    "Conv2DTranspose": _KERNEL,
    "Conv3D": _KERNEL,
    "Conv3DTranspose": _KERNEL,
    "Dense": _KERNEL,
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "EinsumDense": _KERNEL,
    "Embedding": ("embeddings",),
    "GRU": _RECURRENT,
    "GroupNormalization": _NORM,
    "LSTM": _RECURRENT,
    "LayerNormalization": _NORM,
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
    "SeparableConv1D": _SEPARABLE,
    "SeparableConv2D": _SEPARABLE,
    "SimpleRNN": _RECURRENT,
}
NAMES["SyncBatchNormalization"] = NAMES["BatchNormalization"]

_SWITCHES = {"bias": "use_bias", "beta": "center", "gamma": "scale"}


def variable_names(kind: str, options: Mapping[str, Any], count: int) -> Sequence[str]:
    """Return the names of a layer's ``count`` variables, in Keras's order.

    Where the class is unknown or has another number of variables, they are numbered
    from 0, as in the file.
    """
    names = [
        name
        for name in NAMES.get(kind, ())
        if options.get(_SWITCHES.get(name, ""), True)
    ]
    if len(names) == count or (kind == "Normalization" and 0 < count < len(names)):
        return names[:count]
    return [str(number) for number in range(count)]
