# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Simulates one step of spiking neurons, or of a max pool, in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..network import Layer, lowpass_decay
from ..neurons import RELU
from .backend import Tensor, tf
from .layers import currents_of, maximum_of
from .wiring import LinearStage

if TYPE_CHECKING:
    from ..neurons import Step


class NeuronState(NamedTuple):
    """The state of neurons after a step; each value has shape (batch, *shape).

    ``current``, in activations, is the synapse's output, and ``wait`` the
    remaining refractory period in steps (for nengo.LIF in seconds).
    """

    output: Tensor
    current: Tensor
    voltage: Tensor
    wait: Tensor


SLOPE_STEPS = 3  # between slopes of rate curves, as currents change slowly
States = tuple[NeuronState, ...]  # an entry per level of a max pool, or one


class SpikingLayer:
    """The neurons of a layer and their input synapse.

    ``stage`` computes their currents. The output of a max pool is the sum
    described in `maxima`.
    """

    def __init__(
        self,
        name: str,
        layer: Layer,
        stage: LinearStage,
        scale: Tensor,
        dt: float,
    ) -> None:
        """Create it for a layer, its parts in a Keras model, and dt."""
        self.name = name
        self.layer = layer
        self.stage = stage
        self.scale = scale
        self.shape = layer.shape
        self.dt = dt
        self._voltages = layer.first_voltages(name)
        synapse = None if layer.encoder else layer.synapse
        self.kept = lowpass_decay(synapse, dt)
        self._step = make_step(layer, scale, dt)
        # XLA fuses the many operations of neurons: a LIF network then takes
        # half the time.
        fused = tf.function(self._scan, jit_compile=True, autograph=False)
        self.scan: Callable[..., tuple[Tensor, ...]] = fused

    def rest(self, batch: int, bias: Tensor) -> States:
        """Return the state at the start of ``batch`` simulations.

        ``bias`` (1, *shape) is the current without spikes (not in max pools).
        """
        pool = self.layer.pool
        states = []
        for shape in (self.shape,) if pool is None else pool.volumes:
            zeros = voltage = tf.zeros((batch, *shape))
            if self._voltages is not None:
                voltage += tf.constant(self._voltages, tf.float32)
            current = zeros if pool is not None else zeros + bias
            states.append(NeuronState(zeros, current, voltage, zeros))
        return tuple(states)

    def _scan(
        self,
        drives: list[Tensor],
        sources: list[Tensor],
        states: States,
        weights: Tensor | None,
    ) -> Tensor:
        """Return outputs, states and sums over the steps.

        The sums count spikes. With ``weights`` (2, steps), there are also
        weighted sums of outputs and of slopes. ``sources``, which only a max
        pool reads, are drives a step later.
        """
        pool = self.layer.pool
        last = len(drives) - 1
        outputs: list[Tensor] = []
        total = tf.zeros_like(self.fired(states))
        mean = slope = 0.0
        pairs = zip(drives, sources, strict=True)
        for step, (drive, source) in enumerate(pairs):
            if pool is None:
                states = (self._fire(drive, states[0]),)
                output = states[0].output
                current = states[0].current
            else:
                given = [state.output for state in states]
                levels = currents_of(pool, drive, given)
                states = tuple(map(self._fire, levels, states))
                given = [state.output for state in states]
                largest = maximum_of(pool, source, given)
                output = current = tf.reshape(largest, (-1, *self.shape))
            outputs.append(output)
            total += self.fired(states)
            if weights is not None:
                mean += weights[0, step] * output
                if (last - step) % SLOPE_STEPS == 0:
                    slope += weights[1, step] * self.slope(current)
        sums = (total,) if weights is None else (total, mean, slope)
        return outputs, states, sums

    def _fire(self, drive: Tensor, state: NeuronState) -> NeuronState:
        current = self.kept * state.current + (1 - self.kept) * drive
        output, voltage, wait = self._step(
            current,
            state.voltage,
            state.wait,
        )
        return NeuronState(output, current, voltage, wait)

    def fired(self, states: States) -> Tensor:
        """Return the output of neurons; for a max pool, as a flat vector."""
        if self.layer.pool is None:
            return states[0].output
        batch = tf.shape(states[0].output)[0]
        flat = [tf.reshape(state.output, (batch, -1)) for state in states]
        return tf.concat(flat, axis=1)

    def slope(self, currents: Tensor) -> Tensor:
        """Return the slopes of the rate curve at currents.

        The slopes of a max pool are 0, because a maximum of means has its own
        gradient.
        """
        if self.layer.pool is not None:
            return tf.zeros_like(currents)
        return self.layer.neuron.slope(currents * self.scale, self.layer.high)


def make_step(layer: Layer, scale: Tensor, dt: float) -> Step:
    """Return the function that advances a layer's neurons by ``dt`` seconds.

    An encoder fires at most once per step.
    """
    if layer.encoder is not None:
        return RELU.host_step(layer.high, dt, scale, most=1.0)
    if layer.on_chip:
        return layer.neuron.chip_step(layer.high, dt, scale)
    return layer.neuron.host_step(layer.high, dt, scale)
