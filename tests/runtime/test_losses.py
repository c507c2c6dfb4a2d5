"""Losses of our own against NumPy in float64, and against Keras where it has them."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.runtime.keras.model import cross_entropy, focal, squared_error

pytestmark = pytest.mark.slow

GAMMAS = pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
SMOOTHINGS = pytest.mark.parametrize("smoothing", [0.0, 0.1])
EXAMPLES = 64


def draw_logits(classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    logits = rng.normal(0, 3, (EXAMPLES, classes)).astype("f4")
    return np.arange(EXAMPLES) % classes, logits


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
    classes: Any, alpha: Any, weights: Any, gamma: Any, smoothing: Any
) -> None:
    labels, logits = draw_logits(classes)
    ours = focal(gamma, alpha, smoothing)(labels, logits)
    wanted = by_hand(labels, logits, gamma, np.array(weights), smoothing)
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-6)


@GAMMAS
def test_binary_focal_is_kerass(gamma: float) -> None:
    # With smoothed labels Keras focuses on another probability than the paper's.
    labels, logits = draw_logits(2)
    ours = focal(gamma, 0.25, 0.0)(labels, logits)
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
    def test_categorical_focal_is_kerass(gamma: Any, smoothing: Any) -> None:
        labels, logits = draw_logits(5)
        ours = focal(gamma, 0.3, smoothing)(labels, logits)
        theirs = keras.losses.CategoricalFocalCrossentropy(
            alpha=0.3,
            gamma=gamma,
            from_logits=True,
            label_smoothing=smoothing,
            reduction="none",
        )
        wanted = theirs(np.eye(5, dtype="f4")[labels], logits)
        np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_has_finite_gradients_for_sure_answers(gamma: float) -> None:
    logits = tf.constant([[200.0, -200.0, 0.0, 0.0], [-200.0, 200.0, 0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = focal(gamma, 0.25)([0, 0], logits)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_other_losses_of_labels() -> None:
    labels, logits = draw_logits(4)
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.1, reduction="none"
    )
    one_hot = np.eye(4)[labels]
    for ours, wanted in (
        (cross_entropy(0.1), theirs(one_hot, logits)),
        (squared_error(), ((one_hot - logits) ** 2).mean(axis=1)),
    ):
        np.testing.assert_allclose(ours(labels, logits), wanted, rtol=1e-5)
