"""Layers that share a scale are trained to fire about as fast as one another."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from snnc.runtime.keras.layers import BALANCE, WEIGHT, BalancedAdd
from tests.runtime.phased import Made, examples

pytestmark = pytest.mark.slow

X, Y = examples()
VALUES = np.array([[0.0, 1.0, 3.0, 2.0]], "f4")
SLOWER = 0.25


@pytest.mark.parametrize(
    ("currents", "lacking"),
    [
        (0.0 * VALUES, 0.0),
        ((1 / SLOWER - 1) * VALUES, 1 - SLOWER / BALANCE),
        ((SLOWER - 1) * VALUES, 1 - SLOWER / BALANCE),
        (-2 * VALUES - 1, 1.0),
        (np.float32(0.05) * VALUES, 0.0),
    ],
    ids=["alike", "source slower", "sum slower", "sum silent", "near"],
)
def test_the_loss_is_what_the_slower_layer_lacks_in_training_alone(
    currents: np.ndarray, lacking: float
) -> None:
    inputs = [tf.constant(currents), tf.constant(VALUES)]
    for active, training in ((True, True), (True, False), (False, True)):
        add = BalancedAdd(100.0, name="c.sum")
        add.active = active
        np.testing.assert_array_equal(add(inputs, training=training), sum(inputs))
        paid = WEIGHT * lacking**2 if active and training else 0
        assert float(sum(add.losses)) == pytest.approx(paid, abs=1e-6)


def test_a_silent_network_gets_no_gradient_that_is_no_number() -> None:
    add, silent = BalancedAdd(99.9, name="c.sum"), tf.constant(0 * VALUES)
    add.active = True
    with tf.GradientTape() as tape:
        tape.watch(silent)
        add([silent, silent], training=True)
        loss = sum(add.losses)
    assert np.isfinite(tape.gradient(loss, silent)).all()


def shares(model: keras.Model) -> float:
    """Return the rate of `c0`, as a share of the rate of `c1`, whose scale it has."""
    ends = [model.get_layer(f"{name}.neurons").output for name in ("c0", "c1")]
    slower, faster = (
        np.percentile(values, 99.9) for values in keras.Model(model.input, ends)(X)
    )
    return float(slower / faster)


def test_training_brings_them_near_one_another(models: dict[str, Made]) -> None:
    trained = {}
    for phases in (("smooth",), ("smooth", "scale")):
        trainer = models["relu"].trainer(phases=phases, validation=0.0)
        trained[phases] = shares(trainer.train(X, Y, epochs=40, seed=2))
    alone, together = trained.values()
    assert together > 0.85
    assert alone < 0.6


def test_learned_shortcuts_and_norms_are_left_alone(
    models: dict[str, Made],
) -> None:
    def sum_layers(model: keras.Model) -> list[str]:
        return [
            part.name
            for part in model.layers
            if type(part) is not keras.layers.Add and part.name.endswith(".sum")
        ]

    assert sum_layers(models["relu"].model()) == ["c1.sum"]
    assert sum_layers(models["relu_norm"].model()) == []
