# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How neurons go from step to step: those of a layer, those of a max pool."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from .curves import chip_taus, lif_slope
from .layers import driving, gathered
from .network import Layer, volume_of
from .scores import kept_of

# From a current, a voltage and the steps to wait: what neurons give, and the
# other two anew.
Advance = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


class SpikingNeurons:
    """A layer's neurons behind its synapse.

    Their state is a current, a voltage and the steps to wait for each,
    (batch, *shape).
    """

    def __init__(
        self,
        layer: Layer,
        shape: tuple[int, ...],
        scale: float,
        dt: float,
    ) -> None:
        """Take the layer, of neurons of ``shape``, its scale and a step in s."""
        self._layer = layer
        self._shape = shape
        self._kept = kept_of(None if layer.encoder else layer.synapse, dt)
        self._advance = neurons(layer, scale, dt)

    def rest(self, batch: int) -> tuple[Any, Any, Any]:
        """Return the state of ``batch`` runs that begin."""
        zeros = tf.zeros((batch, *self._shape))
        voltage = zeros
        if self._layer.start == "spread":
            draws = np.random.RandomState(0).uniform(size=self._shape)
            voltage = zeros + tf.constant(draws, tf.float32)
        return zeros, voltage, zeros

    def step(self, drives: Any, state: Any) -> tuple[Any, Any]:
        """Return what is given in a step, (batch, *shape), and the state."""
        current, voltage, wait = state
        current = self._kept * current + (1 - self._kept) * drives
        output, voltage, wait = self._advance(current, voltage, wait)
        return output, (current, voltage, wait)


class SpikingMaxima:
    """The neurons of a max pool, whose state is that of each level.

    What it gives is the sum of values that it pools and of neurons that
    compare them, as `maxima` says.
    """

    def __init__(
        self,
        layer: Layer,
        shape: tuple[int, ...],
        scale: float,
        dt: float,
    ) -> None:
        """Take the layer, whose maxima have ``shape``, its scale, a step in s."""
        assert layer.pool is not None
        self._pool = layer.pool
        self._shape = shape
        *_, channels = volume_of(self._pool.reads)
        levels = self._pool.tree.levels
        shapes = [(*level.shape, channels) for level in levels]
        self._levels = [SpikingNeurons(layer, of, scale, dt) for of in shapes]

    def rest(self, batch: int) -> tuple[Any, ...]:
        """Return the state of ``batch`` runs that begin."""
        # Beside the state of each level stands what it gave.
        states = (level.rest(batch) for level in self._levels)
        return tuple((state[0], state) for state in states)

    def step(self, drives: Any, state: Any) -> tuple[Any, Any]:
        """Return the maxima of a step, (batch, *shape), and the state."""
        pooled = tf.reshape(drives, (-1, *volume_of(self._pool.reads)))
        given = [output for output, _ in state]
        tree = self._pool.tree
        state = tuple(
            neurons.step(driving(level, pooled, given), before)
            for neurons, level, (_, before) in zip(
                self._levels,
                tree.levels,
                state,
                strict=True,
            )
        )
        given = [output for output, _ in state]
        total: Any = 0.0
        for pick in tree.picks:
            source = pooled if pick.level is None else given[pick.level]
            total += gathered(source, pick.grid)
        return tf.reshape(total, (-1, *self._shape)), state


def neurons(layer: Layer, scale: float, dt: float) -> Advance:
    """Return how a layer's neurons go through a step of ``dt`` seconds.

    They compute about f(s x) / s, where s is ``scale`` and f their curve.
    Those of an encoder are on the host, and keep what is above the threshold:
    nengo.SpikingRectifiedLinear. The others are
    nengo_loihi.neurons.LoihiSpikingRectifiedLinear and LoihiLIF.
    """
    drive = layer.high * scale * dt
    height = 1 / drive

    def encoder(current: Any, voltage: Any, wait: Any) -> tuple[Any, Any, Any]:
        voltage = voltage + tf.clip_by_value(current * drive, 0.0, 1.0)
        spikes = tf.floor(voltage)
        return spikes * height, voltage - spikes, wait

    def relu(current: Any, voltage: Any, wait: Any) -> tuple[Any, Any, Any]:
        voltage = tf.nn.relu(voltage + current * drive)
        spikes = tf.cast(voltage >= 1, tf.float32)
        return spikes * height, voltage * (1 - spikes), wait

    if layer.encoder is not None:
        return encoder
    if layer.lif is None:
        return relu
    tau_rc, tau_ref = chip_taus(layer.lif, dt)
    slope = lif_slope(layer.high, layer.lif) * scale
    share, refractory = -math.expm1(-dt / tau_rc), round(tau_ref / dt)

    def lif(current: Any, voltage: Any, wait: Any) -> tuple[Any, Any, Any]:
        pull = 63 / 64 + slope * current - voltage
        moved = tf.nn.relu(voltage + share * pull)
        voltage = tf.where(wait > 0, voltage, moved)
        spikes = tf.cast(voltage > 1, tf.float32)
        wait = tf.where(spikes > 0, float(refractory), tf.nn.relu(wait - 1))
        return spikes * height, voltage * (1 - spikes), wait

    return lif
