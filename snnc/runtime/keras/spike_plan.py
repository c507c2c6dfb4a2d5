# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Plan the stages of training, and the phase `spikes`."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..examples import Array
from ..network import Network
from .backend import Dataset, KerasLayer, keras, tf
from .pipelines import Batches

UPDATES = 800  # at least, unless they cost too much
# Short examples have noisier gradients, so they get more updates.
STEPS = 48_000  # of all updates together, at least
RATE = 8e-3  # the highest learning rate
# Neurons of few inputs fire by strong single spikes, so learning is less
# stable with them.
DEPTHWISE_RATE = 4e-3
STREAMS = 20  # simulations side by side, each with one example per update
ROUNDS = 10  # after each, the network is evaluated on held-out examples
MOST = 10  # times the cost of the phase smooth
MEMORY = 2e9  # bytes for the state of all streams and a training step
VALUES = 30  # numbers of 4 bytes, per neuron and stream
SAMPLES = 5  # of the activity of an example, at most, for gradients
LENGTH = 10  # steps of a sample
READINGS = 3  # steps of an example that its last step decides
NEURON = 10  # operations of a neuron per step, like a few weights


def stages_of(epochs: int, doubling: bool) -> list[range]:
    """Divide the epochs of the phase smooth into stages.

    The function of a LIF network changes with its scales, so it has to be
    trained with scales close to the final ones. With ``doubling``, each stage
    starts with scaling and is as long as all previous stages together.
    """
    inner = (2**i for i in range(epochs.bit_length())) if doubling else ()
    bounds = sorted({0, *inner, epochs})
    return [range(*pair) for pair in itertools.pairwise(bounds)]


@dataclass(frozen=True)
class SpikePlan:
    """The updates per round, the streams, and the seed for rests.

    ``rate`` is the highest learning rate.
    """

    each: int
    streams: int
    seed: int
    cut: bool = False
    rate: float = RATE

    @property
    def updates(self) -> int:
        """The number of updates in all rounds."""
        return self.each * ROUNDS

    def __str__(self) -> str:
        """Describe the length of the phase in one line."""
        line = f"spikes: {self.updates} updates of {self.streams} examples"
        if not self.cut:
            return line
        limit = f"{MOST} times the training in Keras"
        return f"{line}, as more would cost over {limit}"

    def batches(self, batches: Batches, start: int, stop: int) -> Dataset:
        """Return the batches of the rounds, which count as epochs.

        Each round has its own order, so an interrupted training continues with
        the same batches.
        """
        rounds = []
        for epoch in range(start, stop):
            examples = batches.training(epoch).unbatch()
            whole = examples.batch(self.streams, drop_remainder=True)
            rounds.append(whole.take(self.each))
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

    ``examples`` is the number of examples in all epochs of the phase smooth.
    By default, there are `UPDATES` updates, or more until they present `STEPS`
    steps. They cost at most `MOST` times as much as that phase. The cost is
    counted in operations, so a plan is the same on every machine.
    """
    neurons = network.neurons
    room = int(MEMORY // (4 * VALUES * neurons))
    streams = max(1, min(STREAMS, room)) // replicas * replicas or replicas
    weights = sum(map(multiplications, model.layers))
    step = weights + NEURON * neurons
    update = streams * (network.steps * step + 3 * weights)
    affordable = MOST * 3 * weights * examples // update
    usual = max(UPDATES, STEPS // network.steps)
    cut = updates is None and affordable < usual
    count = max(ROUNDS, affordable) if cut else updates or usual
    depthwise = any(map(is_depthwise, model.layers))
    rate = DEPTHWISE_RATE if depthwise else RATE
    return SpikePlan(-(-count // ROUNDS), streams, seed, cut, rate)


def is_depthwise(layer: KerasLayer) -> bool:
    """Return whether each channel of a convolution reads one channel."""
    if getattr(layer, "depthwise_kernel", None) is not None:
        return True
    # Keras has no DepthwiseConv3D.
    groups = getattr(layer, "groups", 1)
    return groups > 1 and int(layer.kernel.shape[-2]) == 1


def multiplications(layer: KerasLayer) -> int:
    """Return the number of multiplications by weights per example."""
    # A depthwise layer of Keras 2 has a kernel too, which is None.
    kernel = getattr(layer, "depthwise_kernel", None)
    kernel = getattr(layer, "kernel", None) if kernel is None else kernel
    if kernel is None:
        return 0
    places = math.prod(map(int, layer.output.shape[1:-1]))
    return places * math.prod(map(int, kernel.shape))


def sample_weights(network: Network) -> Array:
    """Return the weights (samples, steps) of means over a few steps each.

    The samples are spread over the steps that decide. If these are few, one
    sample covers them all.
    """
    deciding = _deciding_steps(network)
    count = min(SAMPLES, max(1, len(deciding) // LENGTH))
    parts = np.array_split(deciding, count)
    weights = np.zeros((len(parts), network.steps))
    for row, part in zip(weights, parts, strict=True):
        chosen = part if count == 1 else part[-LENGTH:]
        row[chosen] = 1 / len(chosen)
    return weights


def _deciding_steps(network: Network) -> Array:
    """Return the second half of an example.

    If the last step decides, return the last quarter.
    """
    steps = network.steps
    last = network.readout.decide == "last"
    count = max(1, steps // 4) if last else -(-steps // 2)
    return np.arange(steps - count, steps)


def reading_weights(network: Network) -> Array:
    """Return the weights (readings, steps) of the readout's deciding steps.

    These average the second half. If the last step decides, they select it and
    up to two others of the last quarter, one time constant apart, at which the
    filter's output has different noise.
    """
    readout, steps = network.readout, network.steps
    if readout.decide == "mean":
        deciding = _deciding_steps(network)
        weights = np.zeros((1, steps))
        weights[:, deciding] = 1 / len(deciding)
        return weights
    apart = max(1, round((readout.synapse or 0.0) / network.dt))
    count = min(READINGS, 1 + max(0, steps // 4 - 1) // apart)
    return np.eye(steps)[::-1][::apart][:count]
