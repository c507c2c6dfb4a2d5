"""The neurons of an activation compute it, or are as near as is stated."""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from typing import Any

import numpy as np
import pytest

from snnc.importer.functions import (
    FUNCTIONS,
    SOFTMAXES,
    find_neurons,
    is_never_negative,
)
from snnc.importer.values import COUNTS

x = np.linspace(-12, 12, 24001)
FAR = np.geomspace(12, 1e4, 1000)


def _softplus(x: Any) -> Any:
    return np.logaddexp(0, x)


EXACT: dict[str, tuple[dict[str, float], Callable[[Any], Any]]] = {
    "relu": ({}, lambda x: np.maximum(x, 0)),
    "relu6": ({}, lambda x: np.clip(x, 0, 6)),
    "relu1.5": ({}, lambda x: np.clip(x, 0, 1.5)),
    "leaky_relu": ({"alpha": 0.2}, lambda x: np.where(x > 0, x, 0.2 * x)),
    "hard_sigmoid": ({}, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "hard_tanh": ({}, lambda x: np.clip(x, -1, 1)),
}
SMOOTH: dict[str, tuple[dict[str, float], Callable[[Any], Any]]] = {
    "elu": ({"alpha": 0.5}, lambda x: np.where(x > 0, x, 0.5 * np.expm1(-abs(x)))),
    "celu": (
        {"alpha": 0.5},
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(-abs(x) / 0.5)),
    ),
    "selu": (
        {},
        lambda x: 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(-abs(x))),
    ),
    "tanh": ({}, np.tanh),
    "sigmoid": ({}, lambda x: np.exp(-_softplus(-x))),
    "softplus": ({}, _softplus),
    "softsign": ({}, lambda x: x / (1 + abs(x))),
    "swish": ({}, lambda x: x * np.exp(-_softplus(-x))),
    "hard_swish": ({}, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    "mish": ({}, lambda x: x * np.tanh(_softplus(x))),
    "gelu": ({}, lambda x: x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2),
}


def _sum(name: str, options: dict[str, float], x: Any) -> Any:
    neurons = find_neurons(name, options)
    assert neurons is not None
    assert len(neurons.units) == 1 or len(neurons.units) in COUNTS
    return sum(u.gain * np.maximum(0, u.factor * x + u.shift) for u in neurons.units)


@pytest.mark.parametrize("name", EXACT)
def test_neurons_compute_an_activation(name: str) -> None:
    options, function = EXACT[name]
    neurons = find_neurons(name, options)
    assert neurons is not None
    assert neurons.error == 0
    np.testing.assert_allclose(_sum(name, options, x), function(x), atol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_neurons_are_near_an_activation(name: str) -> None:
    options, function = SMOOTH[name]
    neurons = find_neurons(name, options)
    assert neurons is not None
    error = np.abs(_sum(name, options, x) - function(x)).max()
    assert 0.9 * neurons.error < error <= neurons.error
    for far in (FAR, -FAR):
        error = np.abs(_sum(name, options, far) - function(far))
        assert (error <= neurons.error + 1e-6 * FAR).all()
    is_silent = all(unit.shift <= 0 for unit in neurons.units)
    assert is_silent == (function(np.zeros(1)) == 0)  # padding with zeros is exact


def test_every_function_is_computed_or_refused() -> None:
    refused = {name for name in FUNCTIONS if find_neurons(name, {}) is None}
    assert refused == {"prelu", "exponential", "thresholded_relu"}
    assert FUNCTIONS.keys() - refused == (EXACT.keys() | SMOOTH.keys()) - {"relu1.5"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("elu", {"alpha": -1}),
        ("elu", {"alpha": []}),
        ("celu", {"alpha": 0}),
        ("leaky_relu", {"alpha": [0.1]}),
        ("custom>tanh", {}),
        *((name, {}) for name in SOFTMAXES),
    ],
)
def test_other_activations_have_no_neurons(name: str, options: dict[str, Any]) -> None:
    assert find_neurons(name, options) is None


@pytest.mark.parametrize("name", EXACT | SMOOTH)
def test_sums_that_are_never_negative_are_found(name: str) -> None:
    options, function = (EXACT | SMOOTH)[name]
    neurons = find_neurons(name, options)
    assert neurons is not None
    is_positive = bool((function(x) >= 0).all())
    assert is_never_negative(neurons.units) == is_positive
