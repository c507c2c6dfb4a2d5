"""The neurons of a smooth activation compute it within the error that is stated."""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from typing import Any

import numpy as np
import pytest

from snnc.importer.curves import find_curve

x = np.linspace(-12, 12, 24001)
EXACT: dict[str, Callable[[], Any]] = {
    "elu": lambda: np.where(x > 0, x, 0.5 * np.expm1(np.minimum(x, 0))),
    "selu": lambda: 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(np.minimum(x, 0))),
    "tanh": lambda: np.tanh(x),
    "sigmoid": lambda: 1 / (1 + np.exp(-x)),
    "softplus": lambda: np.log1p(np.exp(x)),
    "swish": lambda: x / (1 + np.exp(-x)),
    "gelu": lambda: x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2,
}


@pytest.mark.parametrize("name", EXACT)
def test_neurons_are_near_an_activation(name: str) -> None:
    curve = find_curve(name, {"alpha": 0.5} if name == "elu" else {})
    assert curve is not None
    rates = (u.gain * np.maximum(0, u.factor * x + u.shift) for u in curve.units)
    error = np.abs(sum(rates) - EXACT[name]()).max()
    assert 0.9 * curve.error < error <= curve.error
    is_silent = all(u.shift <= 0 for u in curve.units)
    assert is_silent == (EXACT[name]()[12000] == 0)  # padding with zeros is exact


@pytest.mark.parametrize(
    ("name", "options"),
    [("softsign", {}), ("elu", {"alpha": -1}), ("elu", {"alpha": []})],
)
def test_other_activations_have_no_curve(name: str, options: dict[str, Any]) -> None:
    assert find_curve(name, options) is None
