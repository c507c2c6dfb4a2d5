"""Arithmetic on Keras's weights; a kernel here is (taps, channels in, channels out)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def batch_norm(
    kind: str, options: Mapping[str, Any], arrays: Mapping[str, Any], channels: int
) -> tuple[Array, Array]:
    """Return the factor and the offset of each channel, with running statistics.

    The formulas are those of ``keras.layers.BatchNormalization`` and, for
    ``Normalization``, of its ``call``, whose smallest deviation is 1e-7.
    """
    if kind == "Normalization":
        mean = _each(arrays.get("mean", options.get("mean")), channels)
        variance = _each(arrays.get("variance", options.get("variance")), channels)
        scale = 1 / np.maximum(np.sqrt(variance), 1e-7)
        return scale, -mean * scale
    variance = _each(arrays["moving_variance"], channels)
    scale = 1 / np.sqrt(variance + float(options.get("epsilon", 1e-3)))
    scale = scale * _each(arrays.get("gamma", 1.0), channels)
    shift = _each(arrays.get("beta", 0.0), channels)
    return scale, shift - _each(arrays["moving_mean"], channels) * scale


def _each(value: Any, channels: int) -> Array:
    return np.broadcast_to(np.asarray(value, np.float64).reshape(-1), (channels,))


def depthwise(kernel: Array) -> Array:
    """Return a depthwise kernel (taps, in, multiplier) as a full one."""
    taps, channels, multiplier = kernel.shape
    full = np.zeros((taps, channels, channels * multiplier))
    for channel in range(channels):
        start = channel * multiplier
        full[:, channel, start : start + multiplier] = kernel[:, channel]
    return full


def separable(kernel: Array, pointwise: Array) -> Array:
    """Return the product of a depthwise kernel and a pointwise one.

    Parameters
    ----------
    kernel : (taps, in, multiplier)
    pointwise : (in x multiplier, out)
    """
    _, channels, multiplier = kernel.shape
    mixed = pointwise.reshape(channels, multiplier, -1)
    found: Array = np.einsum("tim,imo->tio", kernel, mixed)
    return found


def average(taps: int, channels: int) -> Array:
    """Return the kernel that takes the mean of each channel."""
    return np.tile(np.eye(channels) / taps, (taps, 1, 1))


def widened(
    kernel: Array, inner: tuple[int, ...], outer: tuple[int, ...], at: tuple[int, ...]
) -> Array:
    """Return a kernel of ``outer`` taps that is 0 but for ``inner`` of them."""
    full = np.zeros((*outer, *kernel.shape[1:]))
    place = tuple(slice(a, a + n) for a, n in zip(at, inner, strict=True))
    full[place] = kernel.reshape(*inner, *kernel.shape[1:])
    return full.reshape(-1, *kernel.shape[1:])


def two_classes(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """Return the logits (0, x) of one unit x; softmax of them is its sigmoid."""
    return (
        np.concatenate([np.zeros_like(kernel), kernel], axis=-1),
        np.concatenate([np.zeros_like(bias), bias]),
    )
