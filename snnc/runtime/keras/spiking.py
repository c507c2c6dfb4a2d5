# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates a Keras model's network in spikes, step by step, as on the chip.

Except that weights are not rounded, it is the chip's network.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from ..examples import Array
from ..network import Layer, Network, lowpass_decay
from .backend import Tensor, keras, tf
from .spike_plan import reading_weights, window_weights
from .spiking_neurons import SpikingMaxPool, SpikingNeurons
from .wiring import End, LinearStage, end_of

CHUNK = 10  # steps at once, which takes convolutions half the time
Values = tuple[Tensor, ...]  # an entry per layer
SAMPLED = 3  # steps between slopes of rate curves, as currents change slowly


class State(NamedTuple):
    """The state of a simulation after a step.

    ``neurons`` and ``outputs``, (batch, *shape), have an entry per layer;
    ``read``, (batch, values), is the output of the readout's filter.
    """

    neurons: Values
    outputs: Values
    read: Tensor


class Firing(NamedTuple):
    """The result of examples, values (batch, *shape) with an entry per layer.

    ``activations``, and ``slopes`` of the rate curves, are means over the
    deciding part of an example. ``rates`` are means over all of it; a max pool
    has rates of its neurons, (batch, neurons). All are in activations.
    ``readings`` are the inputs of the readout, (readings, batch, values), in
    the deciding steps.
    """

    activations: Values
    slopes: Values
    rates: Values
    readings: Tensor


class SpikingRun:
    """A network in spikes, with a model's weights and scales.

    Batch norms are as in evaluation, and dropout is off.
    """

    def __init__(self, network: Network, model: keras.Model) -> None:
        """Take a network and its Keras model."""
        self.network = network
        layers, dt = network.layers, network.dt
        ends = {name: end_of(model, name, layers[name]) for name in layers}
        # A layer comes after those that it reads.
        places = {part.name: place for place, part in enumerate(model.layers)}
        self.names = sorted(layers, key=lambda n: places[ends[n].layer])
        producers = {ends[name].layer: name for name in self.names}
        drives = [ends[name].drive for name in self.names]
        given = model, producers
        self.stages = [LinearStage(drive, *given) for drive in drives]
        readout = model.get_layer(network.readout.name)
        read = keras.layers.Activation("linear")(readout.input)
        self.readout = LinearStage(read, model, producers)
        own = [(layers[name], name, ends[name]) for name in self.names]
        self._neurons = [_neurons_of(*each, dt) for each in own]
        # XLA fuses the many operations of neurons: a LIF network then takes
        # half the time.
        compiled: dict[str, Tensor] = {"jit_compile": True, "autograph": False}
        scans = [partial(_scan, part) for part in self._neurons]
        self._scans = [tf.function(scan, **compiled) for scan in scans]
        self._shapes = [tuple(ends[n].output.shape[1:]) for n in self.names]
        self._kept = lowpass_decay(network.readout.synapse, dt)
        self._decide = readout
        self._traced = tf.function(self.present, autograph=False)

    def rest(self, batch: int) -> State:
        """Return the state at the start of ``batch`` simulations."""
        return State(
            tuple(part.rest(batch) for part in self._neurons),
            tuple(tf.zeros((batch, *shape)) for shape in self._shapes),
            tf.zeros((batch, *self.readout.shape)),
        )

    def present(
        self,
        x: Tensor,
        state: State,
        slopes: bool = False,
    ) -> tuple[Firing, State]:
        """Present an example to each simulation, ``x`` (batch, *shape).

        Slopes of rate curves are 0 unless ``slopes`` is set.
        """
        steps = self.network.steps
        chunk = next(n for n in range(CHUNK, 0, -1) if steps % n == 0)
        window = tf.constant(window_weights(self.network), tf.float32)
        moments = tf.constant(reading_weights(self.network), tf.float32)
        # The last step of each chunk is sampled.
        sampled = np.arange(steps)[::-1] % chunk % SAMPLED == 0
        sampled = sampled * window_weights(self.network)
        samples = tf.constant(sampled / sampled.sum(), tf.float32)
        # Currents that only depend on the input are the same in each step.
        stages = zip(self.names, self.stages, strict=True)
        fixed = {n: stage(x, {}) for n, stage in stages if not stage.sources}
        zeros = tuple(tf.zeros_like(output) for output in state.outputs)
        spikes = [p.output_of(own, out) for p, own, out in self._layers(state)]
        fired = tuple(tf.zeros_like(each) for each in spikes)
        readings = tf.zeros((moments.shape[0], *state.read.shape))
        firing = Firing(zeros, zeros, fired, readings)

        def advance(first: Tensor, state: State, firing: Firing) -> Tensor:
            shares = window[first : first + chunk]
            weights = moments[:, first : first + chunk]
            state, steps = self._advance(x, fixed, state, chunk)
            gradients = zeros
            if slopes:
                taken = samples[first : first + chunk]
                taken = tf.ensure_shape(taken, [chunk])
                gradients = self._slopes(taken, steps)
            added = Firing(
                tuple(tf.tensordot(shares, o, 1) for o in steps.outputs),
                gradients,
                tuple(tf.reduce_sum(each, 0) for each in steps.fired),
                tf.tensordot(weights, steps.reads, 1),
            )
            firing = tf.nest.map_structure(tf.add, firing, added)
            return first + chunk, state, firing

        _, state, firing = tf.while_loop(
            lambda first, *_: first < steps,
            advance,
            (0, state, firing),
            parallel_iterations=1,
        )
        rates = tuple(total / steps for total in firing.rates)
        return firing._replace(rates=rates), state

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
        """Return the mean activations of layers in each example.

        Simulates as `simulate` does; returns (examples, *shape) per layer.
        """
        parts = [firing.rates for firing in self.simulate(x, streams)]
        whole = map(np.concatenate, zip(*parts, strict=True))
        return dict(zip(self.names, whole, strict=True))

    def predict(self, x: Array, streams: int) -> Array:
        """Return the outputs that decide examples.

        Simulates as `simulate` does; returns (examples, units).
        """
        runs = self.simulate(x, streams)
        outputs = [self._decide(firing.readings[0]) for firing in runs]
        return np.concatenate([np.asarray(each) for each in outputs])

    def _advance(
        self,
        x: Tensor,
        fixed: dict[str, Tensor],
        state: State,
        count: int,
    ) -> tuple[State, _Steps]:
        """Simulate ``count`` steps, layer by layer."""
        before = dict(zip(self.names, state.outputs, strict=True))
        # A spike takes one step to the next layer.
        arriving: dict[str, Tensor] = {}
        ends, steps = [], []
        for name, stage, scan, own in zip(
            self.names,
            self.stages,
            self._scans,
            state.neurons,
            strict=True,
        ):
            if name in fixed:
                drives = [fixed[name]] * count
            else:
                drives = tf.split(stage(x, arriving), count)
            outputs, currents, fired, own = scan(drives, own)
            steps.append(tuple(map(tf.stack, (outputs, currents, fired))))
            ends.append((own, outputs[-1]))
            earlier = [before[name], *outputs[:-1]]
            arriving[name] = tf.concat(earlier, axis=0)
        read, reads = state.read, []
        for one in tf.split(self.readout(x, arriving), count):
            read = self._kept * read + (1 - self._kept) * one
            reads.append(read)
        neurons, last = zip(*ends, strict=True)
        outputs, currents, spikes = zip(*steps, strict=True)
        whole = _Steps(outputs, currents, spikes, tf.stack(reads))
        return State(neurons, last, read), whole

    def _slopes(self, shares: Tensor, steps: _Steps) -> Values:
        """Return weighted sums over steps of the slopes of rate curves."""
        sampled = slice((shares.shape[0] - 1) % SAMPLED, None, SAMPLED)

        def sum_slopes() -> Values:
            pairs = zip(self._neurons, steps.currents, strict=True)
            slopes = (part.slope(each[sampled]) for part, each in pairs)
            weights = shares[sampled]
            return tuple(tf.tensordot(weights, slope, 1) for slope in slopes)

        slopes: Values = tf.cond(
            tf.reduce_any(shares > 0),
            sum_slopes,
            lambda: tuple(tf.zeros_like(each[0]) for each in steps.outputs),
        )
        return slopes

    def _layers(self, state: State) -> Tensor:
        """Return each layer's neurons, their state and output."""
        return zip(self._neurons, state.neurons, state.outputs, strict=True)


def _scan(
    part: SpikingNeurons | SpikingMaxPool,
    drives: list[Tensor],
    state: Tensor,
) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
    """Simulate steps of a layer: outputs, currents, spikes, and the state."""
    outputs, currents, fired = [], [], []
    for drive in drives:
        output, state = part.step(drive, state)
        outputs.append(output)
        currents.append(part.current(state, output))
        fired.append(part.output_of(state, output))
    return outputs, currents, fired, state


class _Steps(NamedTuple):
    """Several steps, each value (steps, batch, ...), an entry per layer."""

    outputs: Values
    currents: Values
    fired: Values
    reads: Tensor


def _neurons_of(
    layer: Layer,
    name: str,
    end: End,
    dt: float,
) -> SpikingNeurons | SpikingMaxPool:
    if layer.pool is None:
        shape = tuple(end.drive.shape[1:])
        return SpikingNeurons(layer, name, shape, end.scale, dt)
    shape = tuple(end.output.shape[1:])
    return SpikingMaxPool(layer, name, shape, end.scale, dt)
