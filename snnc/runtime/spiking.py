# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Runs a model of Keras in spikes, step by step, as its network is on the chip.

Its weights are not rounded as the chip's are; else it is the same network.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from .model import driven
from .network import Layer, Network
from .scores import kept_of
from .spiking_neurons import SpikingMaxima, SpikingNeurons
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
        self._kept = kept_of(network.readout.synapse, dt)
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


def _part_of(
    layer: Layer,
    cut: _Cut,
    dt: float,
) -> SpikingNeurons | SpikingMaxima:
    if layer.pool is None:
        shape = tuple(cut.drives.shape[1:])
        return SpikingNeurons(layer, shape, cut.scale, dt)
    return SpikingMaxima(layer, tuple(cut.output.shape[1:]), cut.scale, dt)


def _zeros(batch: int, tensor: Any) -> Any:
    return tf.zeros((batch, *tensor.shape[1:]))
