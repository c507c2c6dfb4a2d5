# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How long the phase spikes is, with which examples, and what decides."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from ..network import Network
from .pipelines import Batches

UPDATES = 400
STREAMS = 20  # simulations side by side, with an example per update each
RATE = 4e-3  # the highest learning rate
ROUNDS = 10  # between which the network is judged on held-out examples
MOST = 10  # times the cost of the phase smooth
MEMORY = 2e9  # bytes of the state of all streams, and of a training step
VALUES = 30  # numbers per neuron and stream, of 4 bytes
READINGS = 3  # of an example that is decided by its last step
NEURON = 10  # operations of a neuron per step: those of a few weights


@dataclass(frozen=True)
class SpikePlan:
    """The number of updates in a round, streams, and the seed of rests."""

    each: int
    streams: int
    seed: int
    learning_rate: float = RATE
    cut: bool = False

    @property
    def updates(self) -> int:
        """The number of updates in all rounds."""
        return self.each * ROUNDS

    def __str__(self) -> str:
        """Say in a line how long it is."""
        line = f"spikes: {self.updates} updates of {self.streams} examples"
        if not self.cut:
            return line
        return f"{line}, as more would cost over {MOST} times the phase smooth"

    def batches(
        self,
        batches: Batches,
        start: int,
        stop: int,
    ) -> tf.data.Dataset:
        """Return the batches of rounds, which count as epochs.

        Each round has an order of its own, so that an interrupted training
        continues with the same batches.
        """

        def of_round(epoch: int) -> tf.data.Dataset:
            examples = batches.training(epoch).unbatch()
            whole = examples.batch(self.streams, drop_remainder=True)
            return whole.take(self.each)

        rounds = map(of_round, range(start, stop))
        return reduce(tf.data.Dataset.concatenate, rounds)


def plan_spikes(
    network: Network,
    model: keras.Model,
    examples: int,
    seed: int,
    updates: int | None = None,
    replicas: int = 1,
) -> SpikePlan:
    """Plan the phase for a network.

    ``examples`` are those that the phase smooth trains on, over all epochs.
    Without ``updates`` there are `UPDATES`, or as many as cost `MOST` times
    that phase: by operations, so that a plan is the same on every machine.
    """
    neurons = sum(layer.neurons for layer in network.layers.values())
    streams = streams_of(neurons) // replicas * replicas or replicas
    weights = sum(map(multiplications, model.layers))
    step = weights + NEURON * neurons
    update = streams * (network.steps * step + 3 * weights)
    affordable = MOST * 3 * weights * examples // update
    wanted = UPDATES if updates is None else updates
    cut = updates is None and affordable < UPDATES
    count = max(ROUNDS, affordable) if cut else wanted
    return SpikePlan(-(-count // ROUNDS), streams, seed, RATE, cut)


def streams_of(neurons: int) -> int:
    """Return how many simulations of a network fit into memory, at most 20."""
    room = int(MEMORY // (4 * VALUES * neurons))
    return max(1, min(STREAMS, room))


def multiplications(layer: keras.layers.Layer) -> int:
    """Return how often a layer multiplies a weight for an example."""
    # A depthwise layer of Keras 2 has another kernel, which is None.
    kernel = getattr(layer, "depthwise_kernel", None)
    kernel = getattr(layer, "kernel", None) if kernel is None else kernel
    if kernel is None:
        return 0
    places = math.prod(map(int, layer.output.shape[1:-1]))
    return places * math.prod(map(int, kernel.shape))


def window_weights(network: Network) -> NDArray[np.float64]:
    """Return the weight of each step in the means that decide, (steps,).

    They are the second half of an example, or of one that is decided by its
    last step the last quarter.
    """
    steps = network.steps
    first = steps // 2
    if network.readout.decide == "last":
        first = steps - max(1, steps // 4)
    weights = np.zeros(steps)
    weights[first:] = 1 / (steps - first)
    return weights


def reading_weights(network: Network) -> NDArray[np.float64]:
    """Return by which steps the readout decides, (readings, steps).

    That is the mean of the second half. Of an example that is decided by its
    last step it is that step, and up to two others of its last quarter: a
    filter's output one time constant earlier has other noise.
    """
    readout, steps = network.readout, network.steps
    if readout.decide == "mean":
        return window_weights(network)[None]
    apart = max(1, round((readout.synapse or 0.0) / network.dt))
    count = min(READINGS, 1 + max(0, steps // 4 - 1) // apart)
    return np.eye(steps)[::-1][::apart][:count]
