# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates a Keras model's network in spikes, with neurons in Numba.

Each layer is simulated over many steps before the next one, so convolutions
read many steps at once. Arrays pass between Numba and TensorFlow uncopied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..examples import Array
from ..network import Network
from .backend import Tensor, keras, tf
from .numba_neurons import ADVANCE, loops_of, unit_of
from .spiking import Firing, SpikingRun, State, first_step, reader_of
from .spiking_neurons import NeuronState, SpikingLayer
from .wiring import LinearStage

MEMORY = 1e8  # bytes for the outputs of all layers in a chunk of steps
Values = NDArray[np.float32]


def make_run(network: Network, model: keras.Model) -> SpikingRun:
    """Return the fastest simulation of a model's network."""
    layers = network.layers.values()
    if not all(loops_of(layer, 1.0, network.dt) for layer in layers):
        return SpikingRun(network, model)
    if tf.distribute.has_strategy() or tf.config.list_logical_devices("GPU"):
        return SpikingRun(network, model)
    return NumbaRun(network, model)


class NumbaRun(SpikingRun):
    """A network in spikes whose neurons are simulated in Numba.

    A state contains arrays, which each presentation changes in place.
    """

    def __init__(self, network: Network, model: keras.Model) -> None:
        """Create it for a network and its Keras model."""
        super().__init__(network, model)
        self.present_fast = self.present
        self._biases = tf.function(self.biases, autograph=False)
        self._voltages = {}
        for layer in self.layers:
            # To draw them anew for each update would take time.
            voltages = layer.layer.first_voltages(layer.name)
            self._voltages[layer.name] = voltages
        self._traced: dict[LinearStage, Any] = {}
        self._outputs: dict[str, Values] = {}

    def rest(self, batch: int) -> State:
        """Return the state at the start of ``batch`` simulations."""
        states = []
        pairs = []
        for layer, bias in zip(self.layers, self._biases(), strict=True):
            outputs = np.zeros((1, *layer.shape), np.float32)
            voltages = self._voltages[layer.name]
            state = NeuronState(
                output=outputs,
                current=_array(bias),
                voltage=outputs if voltages is None else voltages[np.newaxis],
                wait=outputs,
            )
            states.append((state,))
            pairs.append((outputs, outputs))
        read = np.zeros((1, *self.readout.shape), np.float32)
        rest = State(tuple(states), tuple(pairs), read)

        def repeat(one: Array) -> Array:
            several = np.empty((batch, *one.shape[1:]), np.float32)
            several[:] = one
            return several

        arrays: State = tf.nest.map_structure(repeat, rest)
        return arrays

    def present(
        self,
        x: Tensor,
        state: State,
        *,
        sampled: bool = False,
    ) -> tuple[Firing, State]:
        """Present an example of ``x`` (batch, *shape) to each simulation.

        It takes and returns what `SpikingRun.present` does, as arrays.
        """
        batch = int(x.shape[0])
        steps = self.network.steps
        chunk = self._prepare(batch, state)
        samples = self.samples if sampled else np.zeros((0, 2, steps), "f4")
        layers = []
        for spiking, own in zip(self.layers, state.layers, strict=True):
            layers.append(Progression(spiking, own[0], samples))
        fixed = {
            layer.name: self._compute(layer.stage, [x]).reshape(1, -1)
            for layer in self.layers
            if not layer.stage.sources
        }
        read = state.read
        readings = np.zeros((len(self.moments), *read.shape), np.float32)
        for first in range(0, steps, chunk):
            now = slice(first, min(first + chunk, steps))
            count = now.stop - first
            for layer in layers:
                name = layer.name
                if name in fixed:
                    drives = fixed[name]
                else:
                    stage = layer.neurons.stage
                    reader = reader_of(layer.layer)
                    arriving = self._arriving(stage, x, reader, count)
                    drives = self._compute(stage, arriving)
                outputs = self._outputs[name][2 : 2 + count]
                layer.advance(drives, outputs.reshape(count, -1), now)
            last = self.last_reader
            arriving = self._arriving(self.readout, x, last, count)
            reads = self._compute(self.readout, arriving)
            reads = reads.reshape(count, *read.shape)
            filtered = np.empty_like(reads)
            for step, one in enumerate(reads):
                read = self.kept * read + (1 - self.kept) * one
                filtered[step] = read
            readings += np.tensordot(self.moments[:, now], filtered, 1)
            for sent in self._outputs.values():
                sent[:2] = sent[count : count + 2]
        for layer, pair in zip(layers, state.outputs, strict=True):
            pair[0][:], pair[1][:] = self._outputs[layer.name][:2]
        state.read[:] = read
        return self._result(layers, readings), state

    def _prepare(self, batch: int, state: State) -> int:
        """Return the number of steps at once, with memory for outputs."""
        bytes_per_step = 4 * batch * self.network.neurons
        chunk = max(1, min(self.network.steps, int(MEMORY // bytes_per_step)))
        for layer, pair in zip(self.layers, state.outputs, strict=True):
            shape = chunk + 2, batch, *layer.shape
            sent = self._outputs.get(layer.name)
            if sent is None or sent.shape != shape:
                sent = self._outputs[layer.name] = np.empty(shape, np.float32)
            # The first two are the outputs of the two steps before.
            sent[0], sent[1] = pair
        return chunk

    def _compute(self, stage: LinearStage, inputs: Sequence[Any]) -> Values:
        """Return the currents of a stage, for any number of rows."""
        if stage not in self._traced:
            shapes = [(None, *shape) for shape in stage.input_shapes]
            specs = [tf.TensorSpec(shape) for shape in shapes]
            traced = tf.function(stage.compute, specs, autograph=False)
            self._traced[stage] = traced.get_concrete_function()
        return _array(self._traced[stage](*map(tf.constant, inputs)))

    def _arriving(
        self,
        stage: LinearStage,
        x: Tensor,
        reader: int,
        count: int,
    ) -> list[Tensor]:
        """Return what a stage reads, several steps of each example."""
        arriving = []
        for name in stage.sources:
            first = first_step(reader, self.network.layers[name])
            sent = self._outputs[name][first : first + count]
            arriving.append(sent.reshape(-1, *sent.shape[2:]))
        if stage.reads_input:
            arriving.append(tf.concat([x] * count, axis=0))
        return arriving

    def _result(
        self,
        layers: Sequence[Progression],
        readings: Values,
    ) -> Firing:
        steps = self.network.steps
        rates = tuple(layer.total_output / steps for layer in layers)
        if not len(layers[0].samples):
            return Firing(rates, readings)
        activations = tuple(layer.activations for layer in layers)
        slopes = tuple(layer.slopes for layer in layers)
        return Firing(rates, readings, activations, slopes)


class Progression:
    """A layer of neurons while an example is presented."""

    def __init__(
        self,
        layer: SpikingLayer,
        state: NeuronState,
        samples: Values,
    ) -> None:
        """Create it with a state to change and weights of samples.

        ``samples``, of shape (samples, 2, steps), contains the weights of
        outputs and of slopes.
        """
        self.name = layer.name
        self.layer = layer.layer
        self.neurons = layer
        self.state = state
        self.samples = samples
        count = state.current.size
        self._scale = float(layer.scale.numpy())
        loops = loops_of(layer.layer, self._scale, layer.dt)
        assert loops is not None  # see `make_run`
        self._step = loops.step.function
        self._write_slopes = loops.slopes
        self._constants = (
            np.float32(layer.kept),
            np.float32(1 - layer.kept),
            1 / unit_of(layer.layer, self._scale, layer.dt),
            *loops.step.constants,
        )
        self._scratch = np.empty(count, np.float32)
        self._total = np.zeros(count, np.float32)
        self._means = np.zeros((len(samples), count), np.float32)
        self._slopes = np.zeros_like(self._means)

    def advance(self, drives: Values, outputs: Values, now: slice) -> None:
        """Write the outputs (steps, neurons) for currents in a span of steps.

        ``drives`` contains one step, if all are the same.
        """
        parts = self.state.current, self.state.voltage, self.state.wait
        current, voltage, wait = (part.reshape(-1) for part in parts)
        drives = drives.reshape(-1, current.size)
        weights = self.samples[:, :, now]
        sloped = np.flatnonzero(weights[:, 1].any(axis=0)) + 1
        start = 0
        for stop in sorted({*sloped.tolist(), len(outputs)}):
            some = drives[start:stop] if len(drives) > 1 else drives
            ADVANCE(
                self._step,
                some,
                outputs[start:stop],
                current,
                voltage,
                wait,
                self._total,
                self._constants,
            )
            if stop in sloped:
                self._add_slopes(current, weights[:, 1, stop - 1])
            start = stop
        self.state.output.reshape(-1)[:] = outputs[-1]
        for sample, step in np.argwhere(weights[:, 0]):
            np.multiply(outputs[step], weights[sample, 0, step], self._scratch)
            self._means[sample] += self._scratch

    @property
    def total_output(self) -> Values:
        """The sum of outputs, of shape (batch, *shape)."""
        return self._total.reshape(self.state.output.shape)

    @property
    def activations(self) -> Values:
        """The mean outputs (samples * batch, *shape)."""
        return self._by_sample(self._means)

    @property
    def slopes(self) -> Values:
        """The mean slopes (samples * batch, *shape)."""
        return self._by_sample(self._slopes)

    def _add_slopes(self, currents: Values, weights: Values) -> None:
        """Add weighted slopes to the slopes of each sample."""
        slopes = self._scratch
        write = self._write_slopes
        write.function(currents, slopes, write.constants)
        for sample in np.flatnonzero(weights):
            self._slopes[sample] += weights[sample] * slopes

    def _by_sample(self, values: Values) -> Values:
        return values.reshape(-1, *self.state.output.shape[1:])


def _array(tensor: Tensor) -> Array:
    """Return the values of a tensor, without a copy."""
    return np.asarray(memoryview(tensor))
