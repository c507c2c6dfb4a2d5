"""Losses of our own against NumPy in float64, and against Keras where it has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow import keras

from tests.emit.networks import conv, encoder, network
from tests.emit.packages import importable, module, write

pytestmark = pytest.mark.slow

GAMMAS = pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
SMOOTHINGS = pytest.mark.parametrize("smoothing", [0.0, 0.1])
EXAMPLES = 64


def drawn(classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    logits = rng.normal(0, 3, (EXAMPLES, classes)).astype("f4")
    return np.arange(EXAMPLES) % classes, logits


def focal_of(
    folder: Path, classes: int, gamma: float, alpha: float, smoothing: float
) -> Callable[[Any, Any], Any]:
    """Return the focal loss of a generated package."""
    loss = {"kind": "focal", "gamma": gamma, "alpha": alpha}
    layers = (encoder("image", (4, 4, 2)), conv("c0", "encode", (2, 2, 3)))
    made = network(
        "focused",
        (4, 4, 1),
        *layers,
        classes=classes,
        loss=loss,
        label_smoothing=smoothing,
    )
    package = write(made, folder)
    with importable(package):
        return module(package, "keras_model").focal


def by_hand(
    labels: np.ndarray,
    logits: np.ndarray,
    gamma: float,
    alpha: np.ndarray,
    smoothing: float,
) -> np.ndarray:
    """Return equation 5 of arXiv:1708.02002, summed over smoothed targets."""
    classes = logits.shape[1]
    shifted = logits.astype("f8") - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    targets = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    return -(targets * alpha * (1 - p) ** gamma * np.log(p)).sum(axis=1)


@GAMMAS
@SMOOTHINGS
@pytest.mark.parametrize(
    ("classes", "alpha", "weights"),
    [(2, 0.25, [0.75, 0.25]), (5, 0.3, [0.3] * 5)],
    ids=["binary", "categorical"],
)
def test_focal_is_the_papers(
    tmp_path: Path, classes, alpha, weights, gamma, smoothing
) -> None:
    labels, logits = drawn(classes)
    ours = focal_of(tmp_path, classes, gamma, alpha, smoothing)(labels, logits)
    wanted = by_hand(labels, logits, gamma, np.array(weights), smoothing)
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-6)


@GAMMAS
def test_binary_focal_is_kerass(tmp_path: Path, gamma: float) -> None:
    # With smoothed labels Keras focuses on another probability than the paper's.
    labels, logits = drawn(2)
    ours = focal_of(tmp_path, 2, gamma, 0.25, 0.0)(labels, logits)
    theirs = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=True,
        alpha=0.25,
        gamma=gamma,
        from_logits=True,
        reduction="none",
    )
    margin = (logits[:, 1] - logits[:, 0])[:, None]
    wanted = theirs(labels[:, None].astype("f4"), margin)
    np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-5)


if hasattr(keras.losses, "CategoricalFocalCrossentropy"):  # not in TensorFlow 2.12

    @GAMMAS
    @SMOOTHINGS
    def test_categorical_focal_is_kerass(tmp_path: Path, gamma, smoothing) -> None:
        labels, logits = drawn(5)
        ours = focal_of(tmp_path, 5, gamma, 0.3, smoothing)(labels, logits)
        theirs = keras.losses.CategoricalFocalCrossentropy(
            alpha=0.3,
            gamma=gamma,
            from_logits=True,
            label_smoothing=smoothing,
            reduction="none",
        )
        wanted = theirs(np.eye(5, dtype="f4")[labels], logits)
        np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-5)
