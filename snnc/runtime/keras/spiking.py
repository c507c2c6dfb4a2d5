# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates a Keras model's network in spikes, step by step, as on the chip.

The simulation differs from the chip only in that weights are not rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..examples import Array
from ..network import Layer, Network, lowpass_decay
from .backend import Tensor, keras, tf
from .spiking_neurons import SLOPE_STEPS, SpikingLayer, States
from .wiring import LinearStage, end_of

CHUNK = 10  # steps at once, which takes convolutions half the time
Values = tuple[Tensor, ...]  # an entry per layer
SAMPLES = 5  # of the activity of an example, at most, for gradients
LENGTH = 10  # steps of a sample
READINGS = 3  # steps of an example that its last step decides


class State(NamedTuple):
    """The state of a simulation after a step.

    ``layers`` and ``outputs``, of shape (batch, *shape), have one entry per
    layer. An entry of ``outputs`` is a pair, of the last two steps. ``read``,
    of shape (batch, values), is the output of the readout's filter.
    """

    layers: tuple[States, ...]
    outputs: tuple[tuple[Tensor, Tensor], ...]
    read: Tensor


LoopValues = tuple[Tensor, State, Any]  # the next step, and the sums so far


class Firing(NamedTuple):
    """The result of examples, values (batch, *shape) with an entry per layer.

    ``rates`` are means over the whole example; for a max pool, they are the
    rates (batch, neurons) of its neurons. ``readings`` are the inputs of the
    readout, (readings, batch, values), in the deciding steps. ``activations``,
    and ``slopes`` of the rate curves, are samples, of shape (samples * batch,
    *shape): each is a mean over a few deciding steps. The values are in
    activations, except for slopes.
    """

    rates: Values
    readings: Tensor
    activations: Values = ()
    slopes: Values = ()


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
        producers = {ends[name].layer: name for name in self.names}
        self.layers = []
        for name in self.names:
            scaled = SpikingLayer(
                name,
                layers[name],
                LinearStage(ends[name].drive, model, producers),
                ends[name].scale,
                network.dt,
            )
            self.layers.append(scaled)
        read = model.get_layer(network.readout.name).input
        self.decide = keras.Model(read, model.output)
        read = keras.layers.Activation("linear")(read)
        self.readout = LinearStage(read, model, producers)
        self.kept = lowpass_decay(network.readout.synapse, network.dt)
        is_filtered = network.readout.synapse is not None
        self.last_reader = ON_HOST if is_filtered else UNFILTERED
        steps = network.steps
        chunk = next(n for n in range(CHUNK, 0, -1) if steps % n == 0)
        self._chunk = chunk
        self.moments = reading_weights(network).astype(np.float32)
        self._moments = tf.constant(self.moments)
        weights = sample_weights(network, chunk)
        # The last step of each chunk has a slope.
        slopes = weights * (np.arange(steps)[::-1] % chunk % SLOPE_STEPS == 0)
        slopes /= slopes.sum(axis=1, keepdims=True)
        self.samples = np.stack([weights, slopes], 1).astype(np.float32)
        self._samples = tf.constant(self.samples)
        chosen = [np.flatnonzero(row)[[0, -1]] for row in weights]
        spans = [(a // chunk * chunk, b + 1) for a, b in chosen]
        self._spans = tf.constant(spans, tf.int32)
        self.present_fast = tf.function(self.present, autograph=False)

    def rest(self, batch: int) -> State:
        """Return the state at the start of ``batch`` simulations."""
        each = self.layers
        each_bias = zip(each, self.biases(), strict=True)
        layers = (layer.rest(batch, bias) for layer, bias in each_bias)
        pairs = ((tf.zeros((batch, *layer.shape)),) * 2 for layer in each)
        read = tf.zeros((batch, *self.readout.shape))
        return State(tuple(layers), tuple(pairs), read)

    def biases(self) -> list[Tensor]:
        """Return the current (1, *shape) of each layer without spikes.

        Biases don't pass through synapses.
        """
        x = tf.zeros((1, *self.network.input.shape))
        each = self.layers
        silent = {layer.name: tf.zeros((1, *layer.shape)) for layer in each}
        return [layer.stage(x, silent) for layer in each]

    def present(
        self,
        x: Tensor,
        state: State,
        *,
        sampled: bool = False,
    ) -> tuple[Firing, State]:
        """Present an example of ``x`` (batch, *shape) to each simulation.

        There are activations and slopes only if ``sampled`` is set.
        """
        steps = self.network.steps
        chunk = self._chunk
        # Currents that only depend on the input are the same in each step.
        firsts = (layer for layer in self.layers if not layer.stage.sources)
        fixed = {layer.name: layer.stage(x, {}) for layer in firsts}

        def run(
            values: LoopValues,
            stop: Tensor,
            weights: Tensor | None,
        ) -> LoopValues:
            """Simulate the steps until ``stop``, one chunk at a time.

            ``weights`` (2, steps) are those of the activations and slopes of
            a sample, which are summed only with them.
            """

            def advance(first: Tensor, state: State, sums: Any) -> LoopValues:
                now = slice(first, first + chunk)
                in_chunk = None if weights is None else weights[:, now]
                added, reads, state = self._advance(x, fixed, state, in_chunk)
                moments = tf.tensordot(self._moments[:, now], reads, 1)
                sums = tf.nest.map_structure(tf.add, sums, (moments, *added))
                return first + chunk, state, sums

            values = _loop(lambda first, *_: first < stop, advance, values)
            return values

        def sample(
            index: Tensor,
            values: tuple[Tensor, ...],
            arrays: list[Tensor],
        ) -> Tensor:
            begin, end = tf.unstack(self._spans[index])
            first, state, sums = run(values, begin, None)
            silent = tuple(tf.zeros_like(last) for _, last in state.outputs)
            values = first, state, (*sums, silent, silent)
            first, state, sums = run(values, end, self._samples[index])
            several = zip(arrays, (*sums[2], *sums[3]), strict=True)
            arrays = [array.write(index, value) for array, value in several]
            return index + 1, (first, state, sums[:2]), arrays

        each = zip(self.layers, state.layers, strict=True)
        fired = tuple(tf.zeros_like(layer.fired(own)) for layer, own in each)
        readings = tf.zeros((len(self.moments), *state.read.shape))
        values = 0, state, (readings, fired)
        samples: list[Tensor] = []
        if sampled:  # the last sample ends with the example
            count = self._spans.shape[0]
            shapes = [(x.shape[0], *layer.shape) for layer in self.layers] * 2
            kind = partial(tf.TensorArray, tf.float32, count)
            arrays = [kind(element_shape=shape) for shape in shapes]
            given = 0, values, arrays
            _, values, arrays = _loop(lambda i, *_: i < count, sample, given)
            for array, (batch, *shape) in zip(arrays, shapes, strict=True):
                whole = count * batch, *shape
                samples.append(tf.ensure_shape(array.concat(), whole))
        else:
            values = run(values, steps, None)
        _, state, (readings, totals) = values
        rates = tuple(total / steps for total in totals)
        half = len(samples) // 2
        activations = tuple(samples[:half])
        slopes = tuple(samples[half:])
        return Firing(rates, readings, activations, slopes), state

    def simulate(self, x: Array, streams: int) -> Iterator[Firing]:
        """Yield the results of examples, ``streams`` at a time, from rest.

        ``x`` is (examples, *shape). The last ones are left out if they can't
        be shared evenly.
        """
        streams = min(streams, len(x))
        state = self.rest(streams)
        for start in range(0, len(x) - streams + 1, streams):
            given = tf.constant(x[start : start + streams], tf.float32)
            firing, state = self.present_fast(given, state)
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
        weights: Tensor | None,
    ) -> tuple[tuple[Values, ...], Tensor, State]:
        """Simulate a chunk of steps, layer by layer.

        Returns the sums of each layer (see `SpikingLayer.scan`), the readout's
        inputs (steps, batch, values), and the state.
        """
        # The outputs that arrive in each step, and a step later, at a layer on
        # the chip, at one on the host, and at one on the host without a filter.
        views: list[Arrivals] = [({}, {}), ({}, {}), ({},)]
        sums = []
        ends = []
        chunk = self._chunk
        several = zip(self.layers, state.outputs, state.layers, strict=True)
        for layer, before, own in several:
            arriving = views[reader_of(layer.layer)][0]
            if layer.name in fixed:
                drives = [fixed[layer.name]] * chunk
            else:
                drives = tf.split(layer.stage(x, arriving), chunk)
            sources = drives
            if layer.layer.pool is not None:
                # The readers of a max pool also read its source.
                later = views[reader_of(layer.layer)][1]
                sources = tf.split(layer.stage(x, later), chunk)
            outputs, after, totals = layer.scan(drives, sources, own, weights)
            sent = [*before, *outputs]
            for reader, view in enumerate(views):
                first = first_step(reader, layer.layer)
                for start, arrivals in enumerate(view, first):
                    now = sent[start : start + chunk]
                    arrivals[layer.name] = tf.concat(now, axis=0)
            sums.append(totals)
            ends.append((after, tuple(sent[-2:])))
        read = state.read
        reads = []
        arriving = views[self.last_reader][0]
        for one in tf.split(self.readout(x, arriving), chunk):
            read = self.kept * read + (1 - self.kept) * one
            reads.append(read)
        layers, last = zip(*ends, strict=True)
        state = State(layers, last, read)
        return tuple(zip(*sums, strict=True)), tf.stack(reads), state


_loop = partial(tf.while_loop, parallel_iterations=1)


Arrivals = tuple[dict[str, Tensor], ...]
ON_CHIP, ON_HOST, UNFILTERED = range(3)
"""Readers of spikes, which arrive at different steps: see `first_step`."""


def reader_of(layer: Layer) -> int:
    """Return the kind of reader that a layer is."""
    if layer.on_chip:
        return ON_CHIP
    # The neurons of a max pool pass their spikes on with a step between them.
    has_step = layer.synapse is not None or layer.pool is not None
    return ON_HOST if has_step else UNFILTERED


def first_step(reader: int, source: Layer) -> int:
    """Return which step a reader gets first: 2 is the present one, 0 two before.

    A spike takes one step to the next layer, but two from the chip to the
    host. Without a filter, it arrives at the host a step earlier.
    """
    if reader == ON_CHIP:
        return 1
    first = 0 if source.on_chip else 1
    return first if reader == ON_HOST else first + 1


def sample_weights(network: Network, chunk: int) -> Array:
    """Return the weights (samples, steps) of means over a few steps each.

    The samples are spread over the steps that decide, and end with a chunk of
    steps. If few steps decide, one sample covers them all.
    """
    deciding = _deciding_steps(network)
    longest = max(LENGTH, chunk)
    count = min(SAMPLES, max(1, len(deciding) // longest))
    parts = np.array_split(deciding, count)
    weights = np.zeros((len(parts), network.steps))
    for row, part in zip(weights, parts, strict=True):
        stop = (part[-1] + 1) // chunk * chunk
        length = len(part) if count == 1 else longest // chunk * chunk
        row[stop - length : stop] = 1 / length
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
    readout = network.readout
    steps = network.steps
    if readout.decide == "mean":
        deciding = _deciding_steps(network)
        weights = np.zeros((1, steps))
        weights[:, deciding] = 1 / len(deciding)
        return weights
    apart = max(1, round((readout.synapse or 0.0) / network.dt))
    count = min(READINGS, 1 + max(0, steps // 4 - 1) // apart)
    return np.eye(steps)[::-1][::apart][:count]
