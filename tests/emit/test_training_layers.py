"""What the generated Keras model has in training alone: budgets of rates, and noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from snnc.emit.keras_model import keras_model
from tests.emit.networks import (
    conv3d_relu,
)
from tests.emit.packages import Load

pytestmark = pytest.mark.slow


class TestRateBudget:
    @pytest.fixture
    def budget(self, load: Load) -> Any:
        return budget_of(load)

    def test_what_is_above_is_paid_by_every_neuron(self, budget: Any) -> None:
        budget(tf.constant([[0.5, 3.0], [2.0, -9.0]]), training=True)
        excess = np.mean([0, 2**2, 1**2, 0]) / 0.01
        expected = 1e-3 * excess / 0.3**2
        assert float(tf.add_n(budget.losses)) == pytest.approx(expected)

    def test_batches_of_any_size_pay_alike_above(self, budget: Any) -> None:
        x = np.random.default_rng(0).normal(1, 1, (64, 50)).astype("f4")
        paid = []
        for size in (64, 16, 1):
            shares = []
            for batch in np.split(x, 64 // size):
                budget(tf.constant(batch), training=True)
                shares.append(float(tf.add_n(budget.losses)))
            paid.append(np.mean(shares))
        assert paid == pytest.approx([paid[0]] * 3, rel=1e-4)

    def test_what_is_below_is_paid_by_the_percentile(self, budget: Any) -> None:
        budget(tf.constant([[0.1] * 100]), training=True)
        expected = 1e-3 * ((20 / 150 - 0.1) / 0.3) ** 2
        assert float(tf.add_n(budget.losses)) == pytest.approx(expected, rel=1e-4)

    def test_rates_within_bounds_are_free(self, budget: Any) -> None:
        budget(tf.constant([[0.0, 1.0, 0.5]]), training=True)
        assert float(tf.add_n(budget.losses)) == 0

    def test_a_silent_layer_is_told_to_fire(self, budget: Any) -> None:
        x = tf.Variable([[-1.0, -2.0]])
        with tf.GradientTape() as tape:
            budget(x, training=True)
            loss = tf.add_n(budget.losses)
        assert tape.gradient(loss, x)[0, 0] < 0

    def test_the_metric_is_numpys_percentile_of_rates(self, load: Load) -> None:
        budget = budget_of(load, aware=True)
        x = np.random.default_rng(0).normal(0, 1, (1, 101)).astype("f4")
        budget(tf.constant(x))
        expected = np.percentile(150 * np.asarray(budget.curve(tf.constant(x))), 99)
        assert float(budget.rate.result()) == pytest.approx(expected, rel=1e-5)

    def test_currents_pass_unchanged_and_unpaid(self, budget: Any) -> None:
        x = tf.constant([[0.0, 9.0]])
        np.testing.assert_array_equal(budget(x, training=False), x)
        assert budget.losses == []

    def test_without_weight_there_is_no_budget(self) -> None:
        assert "rate_weight" not in keras_model(conv3d_relu()).body
        made = replace_train(conv3d_relu(), rate_weight=1e-3)
        assert "rate_weight=0.001" in keras_model(made).body


def budget_of(load: Load, aware: bool = False) -> Any:
    network = load("volume", "_runtime.network")
    on_chip = network.Cut(block=(1,))
    layer = network.Layer((1,), (20.0, 150.0), 99.0, cut=on_chip)
    return load("volume", "_runtime.rate_losses").RateBudget(layer, 0.001, aware, 1e-3)


class TestSpikeNoise:
    X = np.random.default_rng(0).choice([0, 0.5], (100, 100)).astype("f4")
    SYNAPSE, PRESENT = 0.005, 0.1

    def noise(self, load: Load, share: float = 0.5, seed: int = 3) -> Any:
        layer = load("volume", "_runtime.network").Layer((100,), (20.0, 150.0))
        made = load("volume", "_runtime.noise").SpikeNoise
        return made(layer, self.SYNAPSE, share, self.PRESENT, seed)

    @pytest.mark.parametrize("size", [1.0, 0.25])
    def test_its_variance_is_that_of_spikes_at_the_upper_rate(
        self, load: Load, size: Any
    ) -> None:
        x = size * self.X
        added = self.noise(load)(x, training=True) - x
        spikes = filtered_spikes(150.0, self.SYNAPSE)
        counted = load("volume", "_runtime.noise").COUNTED / self.PRESENT
        wanted = (0.5 * np.var(spikes) + counted**2) * (0.5 * size / 150) ** 2
        assert np.var(added[x > 0]) == pytest.approx(wanted, rel=0.06)

    def test_neurons_of_a_channel_share_a_part_of_it(self, load: Load) -> None:
        x = np.full((200, 6, 6, 4), 0.5, np.float32)
        added = np.asarray(self.noise(load)(x, training=True)) - x
        alike = load("volume", "_runtime.noise").SHARED
        here, there, other = added[:, 0, 0], added[:, 5, 5], added[:, 5, 5, ::-1]
        correlation = np.corrcoef(here.ravel(), there.ravel())[0, 1]
        assert correlation == pytest.approx(alike, abs=0.1)
        assert abs(np.corrcoef(here.ravel(), other.ravel())[0, 1]) < 0.1

    def test_silent_neurons_stay_silent(self, load: Load) -> None:
        noisy = np.asarray(self.noise(load)(self.X, training=True))
        assert not noisy[self.X == 0].any()

    @pytest.mark.parametrize("training", [False, True])
    def test_elsewhere_there_is_none(self, load: Load, training: Any) -> None:
        noise = self.noise(load)
        noise.active = not training
        same = noise(self.X, training=training)
        np.testing.assert_array_equal(same, self.X)

    def test_values_and_seed_draw_it(self, load: Load) -> None:
        first, again, other = (self.noise(load, seed=seed) for seed in (3, 3, 4))
        drawn = np.asarray(first(self.X, training=True))
        np.testing.assert_array_equal(drawn, again(self.X, training=True))
        assert not np.array_equal(drawn, other(self.X, training=True))
        moved = np.asarray(first(self.X * 2, training=True)) - 2 * self.X
        assert not np.allclose(moved, drawn - self.X)

    @pytest.mark.parametrize(("name", "noisy"), [("volume", True), ("features", False)])
    def test_only_the_chip_brings_it(self, load: Load, name: Any, noisy: bool) -> None:
        model = load(name, "keras_model").build_model(aware=True)
        assert any(layer.name.endswith(".noise") for layer in model.layers) is noisy


def filtered_spikes(rate: float, synapse: float) -> np.ndarray:
    """Return what a filter makes of regular spikes, in Hz, when it has settled."""
    dt = 1e-5
    times = np.arange(0, 40 / rate, dt)
    spikes = np.diff(np.floor(times * rate), prepend=0) / dt
    filtered = np.zeros_like(spikes)
    for i in range(1, len(spikes)):
        filtered[i] = filtered[i - 1] + (spikes[i] - filtered[i - 1]) * dt / synapse
    return filtered[len(filtered) // 2 :]


def replace_train(made: Any, **changes: Any) -> Any:
    return replace(made, train=made.train.model_copy(update=changes))


def test_maxima_are_aware_of_what_spikes_make_of_them() -> None:
    from snnc.runtime.network import Cut, Layer, MaxPool
    from snnc.runtime.noise import PoolNoise

    cuts = (Cut(block=(4, 8, 2)), Cut(block=(4, 4, 2)))
    pool = MaxPool(reads=(8, 8, 2), window=(2, 2), stride=(2, 2), cuts=cuts)
    layer = Layer(shape=(4, 4, 2), rate=(0.0, 100.0), pool=pool)
    noise = PoolNoise(layer, dt=0.001, present=0.1, seed=0, name="p.noise")
    copy = PoolNoise.from_config(noise.get_config())
    maxima = np.full((64, 4, 4, 2), 0.5, np.float32)
    still = np.asarray(copy(maxima, training=False))
    np.testing.assert_allclose(still, 0.5 * (1 + noise.error.bias), rtol=1e-6)
    moved = np.asarray(noise(maxima, training=True))
    assert moved.mean() == pytest.approx(float(still.mean()), abs=0.01)
    assert moved.std() == pytest.approx(0.5 * noise.error.deviation, rel=0.1)
    noise.active = False
    np.testing.assert_array_equal(np.asarray(noise(maxima, training=True)), maxima)
