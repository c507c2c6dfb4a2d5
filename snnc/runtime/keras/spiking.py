# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates a Keras model's network in spikes, step by step, as on the chip.

The simulation differs from the chip only in that weights are not rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from ..examples import Array
from ..network import Network, lowpass_decay
from .backend import Tensor, keras, tf
from .spiking_neurons import SpikingLayer, States
from .wiring import LinearStage, end_of

CHUNK = 10  # steps at once, which takes convolutions half the time
Values = tuple[Tensor, ...]  # an entry per layer
SAMPLED = 3  # steps between slopes of rate curves, as currents change slowly
SAMPLES = 5  # of the activity of an example, at most, for gradients
LENGTH = 10  # steps of a sample
READINGS = 3  # steps of an example that its last step decides


class State(NamedTuple):
    """The state of a simulation after a step.

    ``layers`` and ``outputs``, of shape (batch, *shape), have one entry per
    layer. ``read``, of shape (batch, values), is the output of the readout's
    filter.
    """

    layers: tuple[States, ...]
    outputs: Values
    read: Tensor


class Firing(NamedTuple):
    """The result of examples, values (batch, *shape) with an entry per layer.

    ``activations``, and ``slopes`` of the rate curves, are samples, of shape
    (samples * batch, *shape): each is a mean over a few deciding steps.
    ``rates`` are means over the whole example; for a max pool, they are the
    rates (batch, neurons) of its neurons. All are in activations. ``readings``
    are the inputs of the readout, (readings, batch, values), in the deciding
    steps.
    """

    activations: Values
    slopes: Values
    rates: Values
    readings: Tensor


class SpikingRun:
    """A network in spikes, with a model's weights and scales.

    Batch norms work as in evaluation, and dropout is off.
    """

    def __init__(self, network: Network, model: keras.Model) -> None:
        """Create it for a network and its Keras model."""
        self.network = network
        layers = network.layers
        ends = {name: end_of(model, name, layers[name]) for name in layers}
        # A layer comes after those that it reads.
        places = {part.name: place for place, part in enumerate(model.layers)}
        self.names = sorted(layers, key=lambda n: places[ends[n].layer])
        given = model, {ends[name].layer: name for name in self.names}
        self.layers = []
        for name in self.names:
            own = name, layers[name], LinearStage(ends[name].drive, *given)
            scaled = SpikingLayer(*own, ends[name].scale, network.dt)
            self.layers.append(scaled)
        read = model.get_layer(network.readout.name).input
        self.decide = keras.Model(read, model.output)
        read = keras.layers.Activation("linear")(read)
        self.readout = LinearStage(read, *given)
        self._kept = lowpass_decay(network.readout.synapse, network.dt)
        steps = network.steps
        chunk = next(n for n in range(CHUNK, 0, -1) if steps % n == 0)
        self._chunk = chunk
        self._moments = tf.constant(reading_weights(network), tf.float32)
        self._samples = tf.constant(sample_weights(network), tf.float32)
        # Of slopes, the last step of each chunk is sampled.
        weights = sample_weights(network)
        weights *= np.arange(steps)[::-1] % chunk % SAMPLED == 0
        weights /= weights.sum(axis=1, keepdims=True)
        self._slope_samples = tf.constant(weights, tf.float32)
        self._traced = tf.function(self.present, autograph=False)

    def rest(self, batch: int) -> State:
        """Return the state at the start of ``batch`` simulations."""
        shapes = [layer.shape for layer in self.layers]
        silent = tuple(tf.zeros((batch, *shape)) for shape in shapes)
        given = dict(zip(self.names, silent, strict=True))
        x = tf.zeros((batch, *self.network.input.shape))
        # Biases don't pass through synapses.
        several = (layer.stage(x, given) for layer in self.layers)
        pairs = zip(self.layers, several, strict=True)
        layers = tuple(layer.rest(batch, bias) for layer, bias in pairs)
        return State(layers, silent, tf.zeros((batch, *self.readout.shape)))

    def present(
        self,
        x: Tensor,
        state: State,
        slopes: bool = False,
    ) -> tuple[Firing, State]:
        """Present an example of ``x`` (batch, *shape) to each simulation.

        Slopes of rate curves are 0 unless ``slopes`` is set.
        """
        steps, chunk = self.network.steps, self._chunk
        # Currents that only depend on the input are the same in each step.
        firsts = (layer for layer in self.layers if not layer.stage.sources)
        fixed = {layer.name: layer.stage(x, {}) for layer in firsts}
        count = self._samples.shape[0]
        zeros = tuple(tf.zeros((count, *v.shape)) for v in state.outputs)
        each = zip(self.layers, state.layers, strict=True)
        fired = tuple(tf.zeros_like(layer.fired(own)) for layer, own in each)
        readings = tf.zeros((self._moments.shape[0], *state.read.shape))

        def advance(
            first: Tensor,
            state: State,
            firing: Firing,
            sampled: bool,
        ) -> Tensor:
            read_slopes = sampled and slopes
            values, reads, state = self._advance(x, fixed, state, read_slopes)
            outputs, currents, total = values
            now = slice(first, first + chunk)
            shares = self._samples[:, now]
            means = _means(shares, outputs) if sampled else zeros
            rises = self._slopes(currents, now) if read_slopes else zeros
            moments = tf.tensordot(self._moments[:, now], reads, 1)
            added = Firing(means, rises, total, moments)
            firing = tf.nest.map_structure(tf.add, firing, added)
            return first + chunk, state, firing

        after = 0, state, Firing(zeros, zeros, fired, readings)
        # Samples take half of the time, and only the last steps have any.
        begin = _deciding_steps(self.network)[0] // chunk * chunk
        for stop, sampled in (begin, False), (steps, True):
            after = tf.while_loop(
                lambda first, *_, stop=stop: first < stop,
                partial(advance, sampled=sampled),
                after,
                parallel_iterations=1,
            )
        _, state, firing = after

        def join(values: Values) -> Values:
            """Join the axes of samples and of the batch."""
            return tuple(tf.reshape(v, (-1, *v.shape[2:])) for v in values)

        activations, gradients = map(join, firing[:2])
        rates = tuple(total / steps for total in firing.rates)
        return Firing(activations, gradients, rates, firing.readings), state

    def _slopes(self, currents: Values, now: slice) -> Values:
        """Return the part of some steps in the samples of slopes."""
        first = (self._chunk - 1) % SAMPLED
        weights = self._slope_samples[:, now][:, first::SAMPLED]
        pairs = zip(self.layers, currents, strict=True)
        several = (layer.slope(each[first::SAMPLED]) for layer, each in pairs)
        return _means(weights, several)

    def simulate(self, x: Array, streams: int) -> Iterator[Firing]:
        """Yield the results of examples, ``streams`` at a time, from rest.

        ``x`` is (examples, *shape). The last ones are left out if they can't
        be shared evenly.
        """
        streams = min(streams, len(x))
        state = self.rest(streams)
        for start in range(0, len(x) - streams + 1, streams):
            given = tf.constant(x[start : start + streams], tf.float32)
            firing, state = self._traced(given, state)
            yield firing

    def firing(self, x: Array, streams: int) -> dict[str, Array]:
        """Return the mean activations (examples, *shape) of each layer."""
        parts = [firing.rates for firing in self.simulate(x, streams)]
        whole = map(np.concatenate, zip(*parts, strict=True))
        return dict(zip(self.names, whole, strict=True))

    def predict(self, x: Array, streams: int) -> Array:
        """Return the deciding outputs (examples, units) of `simulate`."""
        runs = self.simulate(x, streams)
        outputs = [self.decide(firing.readings[0]) for firing in runs]
        return np.concatenate([np.asarray(each) for each in outputs])

    def _advance(
        self,
        x: Tensor,
        fixed: dict[str, Tensor],
        state: State,
        sampled: bool,
    ) -> tuple[tuple[Values, ...], Tensor, State]:
        """Simulate a chunk of steps, layer by layer.

        Returns the outputs, the currents (if ``sampled``) and the sum of
        spikes of each layer, then the readout's inputs and the state. All but
        the sum have the shape (steps, batch, ...).
        """
        # A spike takes one step to the next layer.
        arriving: dict[str, Tensor] = {}
        sent: dict[str, Tensor] = {}
        values, ends, chunk = [], [], self._chunk
        several = zip(self.layers, state.outputs, state.layers, strict=True)
        for layer, before, own in several:
            if layer.name in fixed:
                drives = [fixed[layer.name]] * chunk
            else:
                drives = tf.split(layer.stage(x, arriving), chunk)
            sources = drives
            if layer.layer.pool is not None:
                # What reads a max pool reads its source at the same time.
                sources = tf.split(layer.stage(x, sent), chunk)
            given = drives, sources, own, sampled
            outputs, currents, total, after = layer.scan(*given)
            sent[layer.name] = tf.concat(outputs, axis=0)
            arriving[layer.name] = tf.concat([before, *outputs[:-1]], axis=0)
            shown = tf.stack(currents or [before])
            values.append((tf.stack(outputs), shown, total))
            ends.append((after, outputs[-1]))
        read, reads = state.read, []
        for one in tf.split(self.readout(x, arriving), chunk):
            read = self._kept * read + (1 - self._kept) * one
            reads.append(read)
        layers, last = zip(*ends, strict=True)
        state = State(layers, last, read)
        return tuple(zip(*values, strict=True)), tf.stack(reads), state


def _means(weights: Tensor, values: Iterable[Tensor]) -> Values:
    return tuple(tf.tensordot(weights, each, 1) for each in values)


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
    """Return the second half of an example; for "last", its last quarter."""
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
