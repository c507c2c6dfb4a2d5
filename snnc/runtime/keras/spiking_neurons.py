# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates one step of spiking neurons, or of a max pool, in TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ..network import Layer, lowpass_decay, volume_of
from .backend import Tensor, tf
from .curves import chip_taus, soft_lif_gradient
from .layers import driving, gather_places


class NeuronState(NamedTuple):
    """The state of neurons, each value (batch, *shape).

    ``current``, in activations, is the synapse's output; ``wait`` is the rest
    of the refractory period in steps (for nengo.LIF in seconds).
    """

    current: Tensor
    voltage: Tensor
    wait: Tensor


# From current, voltage and wait to output, voltage and wait.
Stepped = tuple[Tensor, NeuronState]
Advanced = tuple[Tensor, Tensor, Tensor]
Advance = Callable[[Tensor, Tensor, Tensor], Advanced]


class SpikingNeurons:
    """The neurons of a layer and their input synapse."""

    def __init__(
        self,
        layer: Layer,
        name: str,
        shape: tuple[int, ...],
        scale: Tensor,
        dt: float,
    ) -> None:
        """Take a layer, the shape of its neurons, its scale and dt in s.

        ``scale`` is a number or a scalar tensor.
        """
        self._layer = layer
        self._shape = shape
        self._scale = scale
        self._voltages = layer.first_voltages(name)
        synapse = None if layer.encoder else layer.synapse
        self._kept = lowpass_decay(synapse, dt)
        self._advance = neurons(layer, scale, dt)

    def rest(self, batch: int) -> NeuronState:
        """Return the state at the start of ``batch`` simulations."""
        zeros = tf.zeros((batch, *self._shape))
        voltage = zeros
        if self._voltages is not None:
            voltage += tf.constant(self._voltages, tf.float32)
        return NeuronState(zeros, voltage, zeros)

    def step(self, drives: Tensor, state: NeuronState) -> Stepped:
        """Return the outputs of a step, (batch, *shape), and the new state."""
        current = self._kept * state.current + (1 - self._kept) * drives
        output, *rest = self._advance(current, state.voltage, state.wait)
        return output, NeuronState(current, *rest)

    def current(self, state: NeuronState, output: Tensor) -> Tensor:
        """Return the currents of a state, (batch, *shape)."""
        return state.current

    def output_of(self, state: NeuronState, output: Tensor) -> Tensor:
        """Return the output of the neurons."""
        return output

    def slope(self, currents: Tensor) -> Tensor:
        """Return the slopes of the rate curve at currents, in their shape."""
        if self._layer.lif is None or self._layer.encoder is not None:
            return tf.cast(currents > 0, tf.float32)
        scaled = currents * self._scale
        layer = self._layer
        return soft_lif_gradient(scaled, layer.high, self._layer.lif)


class SpikingMaxPool:
    """The neurons of a max pool, level by level.

    Its output is the sum that `maxima` describes. The state has the output and
    the neurons of each level.
    """

    def __init__(
        self,
        layer: Layer,
        name: str,
        shape: tuple[int, ...],
        scale: Tensor,
        dt: float,
    ) -> None:
        """Take a layer, the shape of the maxima, its scale and dt in s."""
        assert layer.pool is not None
        self._pool = layer.pool
        self._shape = shape
        *_, channels = volume_of(self._pool.reads)
        levels = self._pool.tree.levels
        shapes = [(*level.shape, channels) for level in levels]
        own = (scale, dt)
        self._levels = [SpikingNeurons(layer, name, s, *own) for s in shapes]

    def rest(self, batch: int) -> tuple[Tensor, ...]:
        """Return the state at the start of ``batch`` simulations."""
        states = (level.rest(batch) for level in self._levels)
        return tuple((state.current, state) for state in states)

    def step(self, drives: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maxima of a step, (batch, *shape), and the new state."""
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
        total: Tensor = 0.0
        for pick in tree.picks:
            source = pooled if pick.level is None else given[pick.level]
            total += gather_places(source, pick.grid)
        return tf.reshape(total, (-1, *self._shape)), state

    def current(self, state: Tensor, output: Tensor) -> Tensor:
        """Return the output, which has the shape of the maxima."""
        return output

    def output_of(self, state: Tensor, output: Tensor) -> Tensor:
        """Return the outputs of all levels, (batch, neurons)."""
        batch = tf.shape(output)[0]
        flat = [tf.reshape(output, (batch, -1)) for output, _ in state]
        return tf.concat(flat, axis=1)

    def slope(self, currents: Tensor) -> Tensor:
        """Return zeros: a maximum of means has its own gradient."""
        return tf.zeros_like(currents)


def neurons(layer: Layer, scale: Tensor, dt: float) -> Advance:
    """Return the function that advances a layer's neurons by ``dt`` seconds.

    They compute about f(s x) / s, where s is ``scale`` and f their curve. On
    the chip they are nengo_loihi.neurons.LoihiSpikingRectifiedLinear and
    LoihiLIF, on the host nengo.SpikingRectifiedLinear and nengo.LIF; an
    encoder fires at most once per step.
    """
    if layer.lif is not None and layer.encoder is None:
        kind = _chip_lif if layer.on_chip else _nengo_lif
        return kind(layer, scale, dt)
    unit = layer.high * dt

    def host(current: Tensor, voltage: Tensor, wait: Tensor) -> Advanced:
        drive = unit * scale
        change = tf.nn.relu(current * drive)
        if layer.encoder is not None:
            change = tf.minimum(change, 1.0)
        voltage = voltage + change
        spikes = tf.floor(voltage)
        return spikes * (1 / drive), voltage - spikes, wait

    def chip(current: Tensor, voltage: Tensor, wait: Tensor) -> Advanced:
        drive = unit * scale
        voltage = tf.nn.relu(voltage + current * drive)
        spikes = tf.cast(voltage >= 1, tf.float32)
        return spikes * (1 / drive), voltage * (1 - spikes), wait

    return chip if layer.on_chip else host


def _chip_lif(layer: Layer, scale: Tensor, dt: float) -> Advance:
    assert layer.lif is not None
    unit = layer.high * dt
    tau_rc, tau_ref = chip_taus(layer.lif, dt)
    slope = layer.lif.gain(layer.high)
    share, refractory = -math.expm1(-dt / tau_rc), round(tau_ref / dt)

    def advance(current: Tensor, voltage: Tensor, wait: Tensor) -> Advanced:
        # Multiply by 0 or 1, as tf.where takes several times as long.
        pull = (63 / 64 * share) + (slope * share * scale) * current
        moved = tf.nn.relu((1 - share) * voltage + pull)
        free = tf.cast(wait <= 0, tf.float32)
        voltage += free * (moved - voltage)
        spikes = tf.cast(voltage > 1, tf.float32)
        wait = tf.nn.relu(wait - 1) + refractory * spikes
        return spikes * (1 / (unit * scale)), voltage * (1 - spikes), wait

    return advance


def _nengo_lif(layer: Layer, scale: Tensor, dt: float) -> Advance:
    assert layer.lif is not None
    unit = layer.high * dt
    slope = layer.lif.gain(layer.high)
    tau_rc, tau_ref = layer.lif.tau_rc, layer.lif.tau_ref

    def advance(current: Tensor, voltage: Tensor, wait: Tensor) -> Advanced:
        drive = 63 / 64 + slope * scale * current
        wait = wait - dt
        free = tf.clip_by_value(dt - wait, 0.0, dt)
        voltage -= (drive - voltage) * tf.math.expm1(-free / tau_rc)
        fires = voltage > 1
        passed = (voltage - 1) / tf.where(fires, drive - 1, 1.0)
        late = tau_rc * tf.math.log1p(-tf.where(fires, passed, 0.0))
        wait = tf.where(fires, tau_ref + dt + late, wait)
        voltage = tf.where(fires, 0.0, tf.nn.relu(voltage))
        output = tf.cast(fires, tf.float32) * (1 / (unit * scale))
        return output, voltage, wait

    return advance
