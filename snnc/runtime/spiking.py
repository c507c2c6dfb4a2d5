# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Runs a model of Keras in spikes, step by step, as its network is on the chip.

Its weights are not rounded as the chip's are; else it is the same network.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from .curves import chip_taus, lif_slope
from .layers import driving, gathered
from .model import driven
from .network import Layer, Network, volume_of
from .wiring import NEURONS, stretches_of


class State(NamedTuple):
    """What a step leaves for the next.

    ``parts`` and ``outputs`` have those of each layer; ``read`` is what the
    readout's filter shows, (batch, values).
    """

    parts: tuple[Any, ...]
    outputs: tuple[Any, ...]
    read: Any


class SpikingRun:
    """Runs a model whose batch norms are as in evaluation.

    ``state`` is that after the last step.
    """

    def __init__(self, network: Network, model: keras.Model) -> None:
        """Take a network and its model, with the scales that it has."""
        self.network = network
        layers = network.layers
        cuts = {n: _cut_of(model, n, layer) for n, layer in layers.items()}
        self._cuts = list(cuts.values())
        dt = network.dt
        self._parts = [_part_of(layers[n], cut, dt) for n, cut in cuts.items()]
        # A spike takes a step to each layer: the model is cut between them.
        self._wires = keras.Model(
            [model.input, *(cut.output for cut in self._cuts)],
            [
                *(cut.drives for cut in self._cuts),
                _copied(model.get_layer(network.readout.name).input),
            ],
        )
        self._kept = _kept(network.readout.synapse, dt)
        self._steps = tf.function(self._present, autograph=False)

    def begin(self, batch: int) -> None:
        """Let ``batch`` runs begin, at rest but for voltages that are spread."""
        self.state = State(
            tuple(part.rest(batch) for part in self._parts),
            tuple(_zeros(batch, cut.output) for cut in self._cuts),
            _zeros(batch, self._wires.outputs[-1]),
        )

    def present(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Present an example to each run, ``x`` of (batch, *shape).

        It returns what the readout's filter shows after each step, (steps,
        batch, values). The next examples follow where these end.
        """
        reads, self.state = self._steps(tf.constant(x), self.state)
        return np.asarray(reads)

    def _present(self, x: Any, state: State) -> tuple[Any, State]:
        count = self.network.steps

        def step(index: Any, state: State, reads: Any) -> tuple[Any, ...]:
            state = self._compute(x, state)
            return index + 1, state, reads.write(index, state.read)

        reads = tf.TensorArray(tf.float32, count)
        _, state, reads = tf.while_loop(
            lambda index, *_: index < count,
            step,
            (0, state, reads),
        )
        return reads.stack(), state

    def _compute(self, x: Any, state: State) -> State:
        *driving, read = self._wires([x, *state.outputs], training=False)
        steps = [
            part.step(drives, before)
            for part, drives, before in zip(
                self._parts,
                driving,
                state.parts,
                strict=True,
            )
        ]
        outputs, parts = zip(*steps, strict=True)
        read = self._kept * state.read + (1 - self._kept) * read
        return State(parts, outputs, read)


class _Cut(NamedTuple):
    """Tensors of a model: what drives a layer's neurons, what they give."""

    drives: Any
    output: Any
    scale: float


def _cut_of(model: keras.Model, name: str, layer: Layer) -> _Cut:
    if layer.pool is None:
        neurons = model.get_layer(f"{name}{NEURONS}")
        return _Cut(driven(model, name, layer), neurons.output, neurons.scale)
    pool = model.get_layer(name)
    source = min(stretches_of(pool.input)[0].sources)
    scale = model.get_layer(f"{source}{NEURONS}").scale
    return _Cut(_copied(pool.input), pool.output, scale)


def _copied(tensor: Any) -> Any:
    # Keras has no model of which a tensor is both an input and an output.
    return keras.layers.Activation("linear")(tensor)


def _part_of(layer: Layer, cut: _Cut, dt: float) -> _Neurons | _Maxima:
    if layer.pool is None:
        shape = tuple(cut.drives.shape[1:])
        return _Neurons(layer, shape, cut.scale, dt)
    return _Maxima(layer, tuple(cut.output.shape[1:]), cut.scale, dt)


class _Neurons:
    """Neurons behind a synapse, whose state is current, voltage and waiting."""

    def __init__(
        self,
        layer: Layer,
        shape: tuple[int, ...],
        scale: float,
        dt: float,
    ) -> None:
        self._layer = layer
        self._shape = shape
        self._kept = _kept(None if layer.encoder else layer.synapse, dt)
        self._advance = neurons(layer, scale, dt)

    def rest(self, batch: int) -> tuple[Any, Any, Any]:
        zeros = tf.zeros((batch, *self._shape))
        voltage = zeros
        if self._layer.start == "spread":
            draws = np.random.RandomState(0).uniform(size=self._shape)
            voltage = zeros + tf.constant(draws, tf.float32)
        return zeros, voltage, zeros

    def step(self, drives: Any, state: Any) -> tuple[Any, Any]:
        current, voltage, wait = state
        current = self._kept * current + (1 - self._kept) * drives
        output, voltage, wait = self._advance(current, voltage, wait)
        return output, (current, voltage, wait)


class _Maxima:
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
        assert layer.pool is not None
        self._pool = layer.pool
        self._shape = shape
        *_, channels = volume_of(self._pool.reads)
        levels = self._pool.tree.levels
        shapes = [(*level.shape, channels) for level in levels]
        self._levels = [_Neurons(layer, of, scale, dt) for of in shapes]

    def rest(self, batch: int) -> tuple[Any, ...]:
        # Beside the state of each level stands what it gave.
        states = (level.rest(batch) for level in self._levels)
        return tuple((state[0], state) for state in states)

    def step(self, drives: Any, state: Any) -> tuple[Any, Any]:
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


# From a current, a voltage and the steps to wait: what neurons give, and the
# other two anew.
Advance = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


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


def _kept(synapse: float | None, dt: float) -> float:
    """Return what a step leaves of a lowpass filter's state."""
    return 0.0 if synapse is None else math.exp(-dt / synapse)


def _zeros(batch: int, tensor: Any) -> Any:
    return tf.zeros((batch, *tensor.shape[1:]))
