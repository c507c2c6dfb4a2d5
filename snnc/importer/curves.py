"""Approximate smooth activations by sums of neurons.

A sum of ReLUs is piecewise linear. The corners of each function below make the largest
error as small as this number of corners allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from snnc.importer.values import Unit


@dataclass(frozen=True, slots=True)
class Curve:
    """A piecewise linear function that is near a smooth activation.

    Attributes
    ----------
    corners :
        The points where the slope changes, from left to right. The function is constant
        to the left of the first corner.
    error :
        The largest difference to the activation.
    slope :
        The slope to the right of the last corner.
    """

    corners: tuple[tuple[float, float], ...]
    error: float
    slope: float = 0.0

    @property
    def units(self) -> tuple[Unit, ...]:
        """The neurons whose sum is the function.

        If a corner is at the origin, the neurons on each side are silent on the other
        side. Otherwise the function starts at 0.
        """
        units = []
        slopes = [(b - d) / (a - c) for (a, b), (c, d) in pairwise(self.corners)]
        changes = pairwise((0.0, *slopes, self.slope))
        has_sides = (0.0, 0.0) in self.corners
        for (x, _), (before, after) in zip(self.corners, changes, strict=True):
            if not has_sides or x >= 0:
                begun = before if x or not has_sides else 0.0
                units.append(Unit(1.0, -x, after - begun))
            if has_sides and x <= 0:
                units.append(Unit(-1.0, x, (after if x else 0.0) - before))
        return tuple(units)


ELU = Curve(((-2.745, -0.977), (-0.841, -0.611), (0.0, 0.0)), 0.043, 1.0)
CURVES = {
    "tanh": Curve(
        ((-1.746, -0.97), (-0.758, -0.67), (0.0, 0.0), (0.758, 0.67), (1.746, 0.97)),
        0.031,
    ),
    "sigmoid": Curve(
        ((-4.035, 0.0), (-1.653, 0.143), (1.653, 0.857), (4.035, 1.0)), 0.018
    ),
    "softplus": Curve(
        ((-3.204, 0.0), (-0.808, 0.329), (0.808, 1.137), (3.204, 3.204)), 0.04, 1.0
    ),
    "swish": Curve(
        ((-5.703, 0), (-0.855, -0.284), (0.0, 0.0), (0.855, 0.571), (5.703, 5.703)),
        0.029,
        1.0,
    ),
    "gelu": Curve(
        ((-2.817, 0), (-0.534, -0.176), (0.0, 0.0), (0.534, 0.358), (2.817, 2.817)),
        0.019,
        1.0,
    ),
}
SELU_SCALE = 1.0507
SELU_ALPHA = 1.67326


def find_curve(name: str, options: Mapping[str, Any]) -> Curve | None:
    """Return the function that is near an activation of Keras, or None."""
    if name not in ("elu", "selu"):
        return CURVES.get(name)
    alpha = options.get("alpha", 1.0)
    scale = 1.0
    if name == "selu":
        alpha = SELU_ALPHA
        scale = SELU_SCALE
    if not isinstance(alpha, (int, float)) or alpha <= 0:
        return None
    low = scale * alpha
    corners = tuple((x, low * y) for x, y in ELU.corners)
    return replace(ELU, corners=corners, error=low * ELU.error, slope=scale)
