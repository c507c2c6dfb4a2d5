"""Compute the factors and offsets of batch normalizations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.importer.model import KerasLayer

Array = NDArray[Any]


def batch_norm(
    layer: KerasLayer, arrays: Mapping[str, Any], channels: int
) -> tuple[Array, Array]:
    """Return the factor and the offset of each channel, from the running statistics.

    ``arrays`` are the weights of the layer by name, with one value or one per channel.
    The formulas are in ``keras.layers.BatchNormalization`` and in the ``call`` of
    ``Normalization``, whose smallest standard deviation is 1e-7.
    """

    def each(value: Any) -> Array:
        return np.broadcast_to(np.asarray(value, np.float64).reshape(-1), (channels,))

    options = layer.options
    if layer.kind == "Normalization":
        # These are options if the user gave them, and weights if `adapt` computed them.
        mean, variance = (
            each(arrays.get(name, options.get(name))) for name in ("mean", "variance")
        )
        scale = 1 / np.maximum(np.sqrt(variance), 1e-7)
        return scale, -mean * scale
    scale = 1 / np.sqrt(each(arrays["moving_variance"]) + options.get("epsilon", 1e-3))
    scale = scale * each(arrays.get("gamma", 1.0))
    shift = each(arrays.get("beta", 0.0))
    return scale, shift - each(arrays["moving_mean"]) * scale
