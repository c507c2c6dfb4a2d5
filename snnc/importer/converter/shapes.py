"""Shapes of the outputs of Keras's layers, from their options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from snnc.importer.converter import spatial
from snnc.importer.converter.network import Shape
from snnc.importer.converter.spatial import Rule
from snnc.importer.model import Layer

_SAME = [
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "Subtract",
    "SyncBatchNormalization",
    "ThresholdedReLU",
    "UnitNormalization",
]


def output_shape(layer: Layer, inputs: Sequence[Shape | None]) -> Shape | None:
    """Return the shape of a layer's output, None if this file does not know it."""
    rule = _RULES.get(layer.kind)
    known = [shape for shape in inputs if shape is not None]
    if rule is None or len(known) < len(inputs) or not known:
        return None
    try:
        shape = rule(layer.options, known)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None  # options that Keras would not take
    return shape if all(type(size) is int and size > 0 for size in shape) else None


def _reshape(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    target = tuple(options["target_shape"])
    if -1 not in target:
        return target
    rest = math.prod(size for size in target if size != -1)
    return tuple(math.prod(inputs[0]) // rest if n == -1 else n for n in target)


def _concatenate(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    axis = options.get("axis", -1)
    place = axis - 1 if axis > 0 else axis
    if axis == 0:
        raise ValueError(axis)
    shape = list(inputs[0])
    shape[place] = sum(one[place] for one in inputs)
    return tuple(shape)


def _recurrent(options: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    steps = inputs[0][:1] if options.get("return_sequences") else ()
    return (*steps, options["units"])


_RULES: dict[str, Rule] = {
    **dict.fromkeys(_SAME, lambda options, inputs: inputs[0]),
    "Flatten": lambda options, inputs: (math.prod(inputs[0]),),
    "Reshape": _reshape,
    "Permute": lambda options, inputs: tuple(
        inputs[0][place - 1] for place in options["dims"]
    ),
    "RepeatVector": lambda options, inputs: (options["n"], *inputs[0]),
    "Dense": lambda options, inputs: (*inputs[0][:-1], options["units"]),
    "Embedding": lambda options, inputs: (*inputs[0], options["output_dim"]),
    "Concatenate": _concatenate,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), _recurrent),
    **{f"Conv{n}D": spatial.convolution(n) for n in (1, 2, 3)},
    **{f"{kind}Conv{n}D": spatial.convolution(n) for kind in ("Depthwise", "Separable")
       for n in (1, 2)},
    **{f"{kind}Pooling{n}D": spatial.pooling(n) for kind in ("Average", "Max")
       for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": spatial.global_pooling(n)
       for kind in ("Average", "Max") for n in (1, 2, 3)},
    **{f"ZeroPadding{n}D": spatial.resized(n, spatial.padded) for n in (1, 2, 3)},
    **{f"Cropping{n}D": spatial.resized(n, spatial.cropped) for n in (1, 2, 3)},
    **{f"UpSampling{n}D": spatial.resized(n, spatial.repeated) for n in (1, 2, 3)},
}  # fmt: skip
