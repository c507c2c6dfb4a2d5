"""Activation functions of Keras, and the neurons that compute each of them.

A neuron computes ``relu``, and a sum of neurons computes any piecewise linear function.
Near a smooth function, the corners of the sum make the largest error as small as this
number of corners allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from snnc.importer.values import RELU, SIGNED, Unit, Units

Options = Mapping[str, Any]
"""The options of a layer or of a function, by their Keras names."""
Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Neurons:
    """The neurons of each value, whose sum computes an activation.

    ``error`` is the largest difference to the activation; 0 if they are equal.
    """

    units: Units
    error: float = 0.0


class Function(NamedTuple):
    """An activation function.

    ``find`` returns its neurons from its options, or None if they are unknown.
    """

    find: Callable[[Options], Neurons | None]
    aliases: tuple[str, ...] = ()


def join_corners(*corners: Corner, error: float = 0.0, slope: float = 0.0) -> Neurons:
    """Return the neurons of a piecewise linear function.

    The function is constant to the left of the first corner, and has ``slope`` to the
    right of the last one. If a corner is at the origin, each neuron fires on only one
    side of it. Otherwise, each neuron fires to the right of its corner, and the
    function is 0 to the left of the first corner.
    """
    units: list[Unit] = []
    slopes = [(b - d) / (a - c) for (a, b), (c, d) in pairwise(corners)]
    changes = pairwise((0.0, *slopes, slope))
    has_sides = (0.0, 0.0) in corners
    for (x, _), (before, after) in zip(corners, changes, strict=True):
        if not has_sides or x > 0:
            units.append(Unit(1.0, -x, after - before))
        elif x == 0:
            units += (Unit(gain=after), Unit(-1.0, gain=-before))
        else:
            # Mirrored: this neuron fires only to the left of its corner.
            units.append(Unit(-1.0, x, after - before))
    return Neurons(tuple(units), error)


# Corners of the smallest largest error; `tests/importer/test_functions.py` measures it.
TANH = join_corners(
    (-1.746, -0.97), (-0.758, -0.67), (0.0, 0.0), (0.758, 0.67), (1.746, 0.97),
    error=0.031,
)  # fmt: skip
SOFTSIGN = join_corners(
    (-6.967, -0.937), (-0.998, -0.562), (0.0, 0.0), (0.998, 0.562), (6.967, 0.937),
    error=0.063,
)  # fmt: skip
HARD_TANH = join_corners((-1.0, -1.0), (0.0, 0.0), (1.0, 1.0))
SIGMOID = join_corners(
    (-4.035, 0.0), (-1.653, 0.143), (1.653, 0.857), (4.035, 1.0), error=0.018
)
SOFTPLUS = join_corners(
    (-3.204, 0.0), (-0.808, 0.329), (0.808, 1.137), (3.204, 3.204),
    error=0.04, slope=1.0,
)  # fmt: skip
SWISH = join_corners(
    (-5.703, 0.0), (-0.855, -0.284), (0.0, 0.0), (0.855, 0.571), (5.703, 5.703),
    error=0.029, slope=1.0,
)  # fmt: skip
HARD_SWISH = join_corners(
    (-3.235, 0.0), (-1.382, -0.428), (0.0, 0.0), (1.382, 0.955), (3.235, 3.235),
    error=0.056, slope=1.0,
)  # fmt: skip
MISH = join_corners(
    (-5.538, 0.0), (-0.787, -0.314), (0.0, 0.0), (0.58, 0.431), (2.783, 2.783),
    error=0.032, slope=1.0,
)  # fmt: skip
GELU = join_corners(
    (-2.817, 0.0), (-0.534, -0.176), (0.0, 0.0), (0.534, 0.358), (2.817, 2.817),
    error=0.019, slope=1.0,
)  # fmt: skip
# G. Klambauer et al., Self-normalizing neural networks, 2017, as in Keras.
SELU_SCALE = 1.0507
SELU_ALPHA = 1.67326


def _always(neurons: Neurons | None) -> Callable[[Options], Neurons | None]:
    return lambda options: neurons


def _join_elu(depth: float, width: float = 1.0, slope: float = 1.0) -> Neurons:
    """Return the neurons of ``depth * (exp(x / width) - 1)`` below 0."""
    # The best corners for `exp(x) - 1`, scaled like the function.
    return join_corners(
        (-2.745 * width, -0.977 * depth),
        (-0.841 * width, -0.611 * depth),
        (0.0, 0.0),
        error=0.043 * depth,
        slope=slope,
    )


def _find_elu(options: Options) -> Neurons | None:
    alpha = options.get("alpha", 1.0)
    return _join_elu(alpha) if _is_positive(alpha) else None


def _find_celu(options: Options) -> Neurons | None:
    alpha = options.get("alpha", 1.0)
    return _join_elu(alpha, alpha) if _is_positive(alpha) else None


def _is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and value > 0


def _find_leaky_relu(options: Options) -> Neurons | None:
    """Return two neurons, or three with a ceiling; None for an unknown slope."""
    slope = options.get("alpha", 0.3)
    if not isinstance(slope, (int, float)):
        return None
    units: Units = (Unit(), Unit(-1.0, gain=-float(slope)))
    top = options.get("max_value")
    if isinstance(top, (int, float)):
        units = (*units, Unit(1.0, -float(top), -1.0))
    return Neurons(units)


def _find_prelu(options: Options) -> Neurons | None:
    """Return two neurons for a `PReLU` layer, whose slopes are weights."""
    return Neurons(SIGNED) if "shared_axes" in options else None


def _find_relu6(options: Options) -> Neurons:
    top = options.get("max_value", 6.0)
    return Neurons((Unit(), Unit(1.0, -top, -1.0)))


def _find_hard_sigmoid(options: Options) -> Neurons:
    slope = options.get("slope", 0.2)  # Keras 3 has 1/6
    return Neurons((Unit(slope, 0.5), Unit(slope, -0.5, -1.0)))


FUNCTIONS: dict[str, Function] = {
    "relu": Function(_always(Neurons(RELU)), ("re_lu",)),
    "relu6": Function(_find_relu6),
    "leaky_relu": Function(_find_leaky_relu, ("leakyrelu", "leaky_re_lu")),
    "prelu": Function(_find_prelu, ("p_re_lu",)),
    "elu": Function(_find_elu),
    "selu": Function(_always(_join_elu(SELU_SCALE * SELU_ALPHA, slope=SELU_SCALE))),
    "celu": Function(_find_celu),
    "gelu": Function(_always(GELU)),
    "swish": Function(_always(SWISH), ("silu",)),
    "hard_swish": Function(_always(HARD_SWISH), ("hard_silu",)),
    "mish": Function(_always(MISH)),
    "softplus": Function(_always(SOFTPLUS)),
    "sigmoid": Function(_always(SIGMOID)),
    "hard_sigmoid": Function(_find_hard_sigmoid),
    "tanh": Function(_always(TANH)),
    "hard_tanh": Function(_always(HARD_TANH)),
    "softsign": Function(_always(SOFTSIGN)),
    "exponential": Function(_always(None), ("exp",)),
    "thresholded_relu": Function(_always(None), ("thresholded_re_lu",)),
}
"""All functions by name. If a model has one in a hidden layer, ReLU may replace it."""
SOFTMAXES = ("softmax", "log_softmax")
"""Functions of all values of a vector, which only the host can compute."""
_ALIASES = {alias: name for name, each in FUNCTIONS.items() for alias in each.aliases}
_CEILING = re.compile(r"relu(\d+(?:\.\d*)?)")
"""The name of a ReLU with a ceiling, such as ``relu20``."""


def canonical_name(text: str) -> str:
    """Return the name of a function from Keras's name of the function or class."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    return _ALIASES.get(name, name)


def is_never_negative(units: Sequence[Unit]) -> bool:
    """Whether the sum of neurons is at least 0 for all values."""
    # The sum is linear between corners, so check only these and beyond both ends.
    corners = sorted(-unit.shift / unit.factor for unit in units)
    for x in (corners[0] - 1000.0, *corners, corners[-1] + 1000.0):
        rates = [max(0.0, unit.factor * x + unit.shift) for unit in units]
        total = sum(u.gain * rate for u, rate in zip(units, rates, strict=True))
        if total < -1e-9:  # a rounding error is not a negative value
            return False
    return True


def rewritten_name(name: str) -> str:
    """Return the name of a function in ``--rewrite``, such as ``relu6``."""
    return "relu6" if _CEILING.fullmatch(name) else name


def find_neurons(name: str, options: Options) -> Neurons | None:
    """Return the neurons of a function, or None if the chip can't compute it."""
    ceiling = _CEILING.fullmatch(name)
    if ceiling:
        return _find_relu6({"max_value": float(ceiling[1])})
    function = FUNCTIONS.get(name)
    return None if function is None else function.find(options)
