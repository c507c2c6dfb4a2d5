"""Run a readout that learns with PES, bit for bit like nengo-loihi's emulator.

All other layers run as usual, because their spikes do not depend on the learned
weights. So an example first runs through these layers, and then step by step through
the block that learns.

The emulator uses random numbers to round traces and weights. The number of random
numbers does not depend on any state, so we draw all of them for an example at once,
from the emulator's generator.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.exact import kernel
from snnc.exact.encoder import filter_of, read_encoder, wire
from snnc.exact.kernel import run_spikes, step_segment
from snnc.exact.package import not_fixed
from snnc.exact.read import number_sources, read_tables
from snnc.exact.tables import (
    BuiltChip,
    ChipState,
    Floats,
    HostState,
    Int64,
    LearningState,
    LearningTable,
    Lessons,
    build_chip,
    host_state,
    jit,
    jit_after,
    resting_state,
)
from snnc.output.imported import ImportedPackage
from snnc.runtime.examples import Array
from snnc.runtime.layout import Tensors
from snnc.runtime.nengo.learning import targets_of
from snnc.runtime.nengo.neurons import ClippedSpikingRectifiedLinear
from snnc.runtime.nengo.simulators import SimulatorRun

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.block import Synapse
    from nengo_loihi.builder import Model

    from snnc.runtime.nengo.neurons import BuiltNetwork

NUMBERS_AT_ONCE = 2**21  # that are drawn before they are used
FACTOR_BITS = 2 * 7 + 3 - 15  # which nengo-loihi's accumulator can't hold
LEARN_FRAC = 7  # fractional bits of a weight that learns
LARGEST_TRACE = 127
ERROR_STEP = 4


class Lost(NamedTuple):
    """How often the chip clipped values; the emulator warns about this.

    Attributes
    ----------
    spikes
        Spikes that traces missed, because a trace registers one spike every two steps.
    traces
        Traces above 127.
    weights
        Weights outside their range.
    """

    spikes: int
    traces: int
    weights: int


class Learner:
    """A network whose readout learns, before its first step.

    Parameters
    ----------
    package
        A package of a spec with ``learn pes``.
    tensors
        The initial weights.
    seed
        The seed of nengo-loihi's simulator; None for the network's seed.

    Raises
    ------
    ValueError
        If the chip can't learn with these weights.
    CannotRunError
        If nengo must step layers before the chip.
    """

    def __init__(
        self, package: ImportedPackage, tensors: Tensors, seed: int | None = None
    ) -> None:
        network = package.network
        none = np.zeros((1, network.readout.units))
        built = package.module("nengo_network").build_network(tensors, targets=none)
        run = SimulatorRun("loihi", built, network)
        self._network, self._built, self.simulator = network, built, run.sim
        self._random = run.sim.sims["emulator"].rng
        if seed is not None:
            self._random = np.random.RandomState(seed)
        encoder = read_encoder(run.sim, built, ClippedSpikingRectifiedLinear, "host")
        if encoder is None:
            raise not_fixed("layers of the host before it", "the chip")
        self._encoder = encoder
        tables = read_tables(run.sim, learning=True)
        chip = build_chip(tables, wire(run.sim, tables, encoder))
        ((block, self._synapse),) = (
            (number, synapse)
            for number, each in enumerate(run.sim.model.blocks)
            for synapse in each.synapses
            if synapse.learning
        )
        others = chip.fanin.order[chip.fanin.order != block]
        self._chip = chip._replace(fanin=chip.fanin._replace(order=others))
        self._table = _table(run.sim, built, block, self._synapse)
        sources = tables.size + encoder.size
        self._state = resting_state(tables.blocks, sources, network.steps)
        self._host = host_state(encoder.voltage, 0, network.steps)
        self._memory = _memory(self._synapse, network.readout.units)
        run.sim.close()

    @property
    def kernel(self) -> Array:
        """The present weights, with shape (neurons, units)."""
        for held, learned in zip(
            self._synapse.weights, self._memory.weights, strict=True
        ):
            held[:] = learned
        kernel: Array = self._built.learning.weights(self.simulator)
        return kernel

    @property
    def losses(self) -> Lost:
        """The counts of clipped values so far."""
        return Lost(*self._memory.lost.tolist())

    @property
    def traces(self) -> NDArray[np.int32]:
        """The traces of the block's in-axons."""
        return self._memory.traces

    def present(self, images: Array, targets: Array) -> Floats:
        """Present examples one after another; return the outputs before they learn.

        Parameters
        ----------
        images : (examples, *input shape)
        targets
            Labels, (examples,), or values, (examples, units).

        Returns
        -------
        outputs : (examples, units)
            The outputs halfway through each example, when the host begins to send
            errors.
        """
        targets = targets_of(targets, self._network)
        numbers = self._memory.weights.size * self._network.steps
        at_once = max(1, NUMBERS_AT_ONCE // numbers)
        outputs = [
            self._present(images[at : at + at_once], targets[at : at + at_once])
            for at in range(0, len(images), at_once)
        ]
        return np.concatenate(outputs)

    def _present(self, images: Array, targets: Floats) -> Floats:
        charges = np.stack([self._encoder.charges(image) for image in images])
        rows = np.empty((len(images), self._network.steps, targets.shape[1]))
        draws = [self._draw(number) for number in range(len(images))]
        traces, weights = map(np.stack, zip(*draws, strict=True))
        states = self._state, self._host, self._memory
        lessons = Lessons(charges, targets, traces, weights, rows)
        learn_examples(self._chip, self._table, *states, lessons)
        return rows[:, rows.shape[1] // 2]

    def _draw(self, example: int) -> tuple[Floats, Floats]:
        """Draw the random numbers for an example, in the emulator's order."""
        table, steps = self._table, self._network.steps
        shape, size = self._memory.weights.shape, len(self._chip.compartments.bias)
        traces = np.zeros((steps // table.trace_epoch + 1, shape[0]))
        weights = np.zeros((steps // table.weight_epoch + 1, *shape))
        traced, learned = iter(traces), iter(weights)
        begin = int(self._memory.step[0]) + example * steps
        noise = 0
        for step in range(begin + 1, begin + steps + 1):
            if step % table.trace_epoch == 0:
                self._skip(noise)
                noise = 0
                next(traced)[:] = self._random.rand(shape[0])
            if step % table.weight_epoch == 0:
                next(learned)[:] = self._random.rand(*shape)
            noise += size
        self._skip(noise)
        return traces, weights

    def _skip(self, count: int) -> None:
        """Skip numbers that the emulator draws for the noise of neurons."""
        self._random.randint(-127, 128, size=count, dtype=np.int32)


def _table(
    simulator: Simulator, built: BuiltNetwork, block: int, synapse: Synapse
) -> LearningTable:
    model, learning = simulator.model, built.learning.learning
    (probe,) = (model.objs[probe]["out"] for probe in model.chip2host_receivers)
    (weights,) = probe.weights
    readout = built.output.target
    filtered = built.learning.connection.synapse
    keep, add = filter_of(filtered, simulator.dt)
    config = synapse.synapse_cfg
    return LearningTable(
        block=block,
        source=_sources(model, synapse),
        trace_epoch=synapse.train_epoch,
        trace_keep=math.exp(-synapse.train_epoch / synapse.tracing_tau),
        increment=synapse.tracing_mag,
        weight_epoch=synapse.learn_epoch,
        weight_exponent=config.real_weight_exp,
        lost_bits=config.shift_bits,
        rate=synapse._lr_int,
        rate_shift=LEARN_FRAC + synapse._lr_exp - FACTOR_BITS,
        scale=float(weights[0, 0]),
        bias=np.asarray(readout.output(0.0, np.zeros(readout.size_in)), np.float64),
        keep=keep,
        add=add,
        direct=filtered is None,
        error=learning.error,
        error_steps=learning.error_steps,
        softmax=learning.softmax,
    )


def _sources(model: Model, synapse: Synapse) -> Int64:
    sources = np.zeros(synapse.n_axons, np.int64)
    for owner, start in number_sources([*model.blocks, *model.inputs]).items():
        for axon in owner.axons:
            if axon.target is synapse:
                entries = np.asarray(axon.map_axon(np.arange(owner.n_neurons)))
                sources[entries[entries >= 0]] = start + np.flatnonzero(entries >= 0)
    return sources


def _memory(synapse: Synapse, units: int) -> LearningState:
    weights = np.concatenate(synapse.weights)
    return LearningState(
        weights=weights.astype(np.int32),
        traces=np.zeros(len(weights), np.int32),
        spiked=np.zeros(len(weights), np.uint8),
        held=np.zeros(2 * units, np.int32),
        filtered=np.zeros(units),
        step=np.zeros(1, np.int64),
        lost=np.zeros(3, np.int64),
    )


# The block that learns, as in `nengo_loihi.emulator.interface.SynapseState`.


@jit
def _read_outputs(learning: LearningTable, memory: LearningState) -> Floats:
    """Return a step's outputs, and update their filter."""
    units = len(memory.filtered)
    outputs = learning.bias.copy()
    for j in range(units):
        received = learning.scale * (memory.held[j] - memory.held[units + j])
        if learning.direct:
            memory.filtered[j] = received
        outputs[j] += memory.filtered[j]
        kept = learning.keep * memory.filtered[j]
        memory.filtered[j] = kept + learning.add * received
    return outputs


@jit
def _round_errors(learning: LearningTable, outputs: Floats, target: Floats) -> Int64:
    """Return the output errors as the integers that the host sends."""
    if learning.softmax:
        outputs = np.exp(outputs - outputs.max())
        outputs /= outputs.sum()
    largest = learning.error
    errors = np.minimum(np.maximum(outputs - target, -largest), largest)
    steps: Int64 = np.rint(errors * learning.error_steps).astype(np.int64)
    return steps * ERROR_STEP


@jit
def _update_traces(
    learning: LearningTable, memory: LearningState, drawn: Floats
) -> None:
    for i in range(len(drawn)):
        trace = learning.trace_keep * memory.traces[i]
        if memory.spiked[i]:
            trace += learning.increment
        whole = np.floor(trace)
        rounded = np.int32(whole) + (trace - whole > drawn[i])
        memory.lost[1] += rounded > LARGEST_TRACE
        memory.traces[i] = min(rounded, LARGEST_TRACE)
    memory.spiked[:] = 0


@jit
def _shift(value: np.int64, bits: int) -> np.int64:
    return value << bits if bits >= 0 else value >> -bits


@jit
def _update_weights(
    learning: LearningTable, memory: LearningState, errors: Int64, drawn: Floats
) -> None:
    """Add the products of traces and errors to the weights."""
    units, exponent = len(errors), learning.weight_exponent
    largest = (256 >> learning.lost_bits) - 1
    for i in np.flatnonzero(memory.traces):
        for j in range(2 * units):
            error = -errors[j] if j < units else errors[j - units]
            product = np.int64(memory.traces[i]) * error * learning.rate
            weight = _shift(np.int64(memory.weights[i, j]), LEARN_FRAC - exponent)
            weight += _shift(product, learning.rate_shift)
            size = abs(weight) * 2.0 ** (-LEARN_FRAC - learning.lost_bits)
            whole = np.floor(size)
            rounded = np.int64(whole) + (size - whole > drawn[i, j])
            memory.lost[2] += rounded > largest
            rounded = min(rounded, largest) << (exponent + learning.lost_bits)
            memory.weights[i, j] = -rounded if weight < 0 else rounded


@jit_after(kernel)
def _learn(
    chip: BuiltChip,
    learning: LearningTable,
    state: ChipState,
    memory: LearningState,
    lessons: Lessons,
    example: int,
) -> None:
    """Run the learning block for the example whose spikes are in ``state``."""
    rows = lessons.rows[example]
    steps = len(rows)
    start = chip.fanin.start[learning.block]
    first, stop = chip.fanin.segment[learning.block : learning.block + 2]
    next_spike = state.begin[learning.source]
    traced = learned = 0
    for t in range(steps):
        rows[t] = _read_outputs(learning, memory)
        inflow = state.inflow[t, : len(memory.held)]
        for i in range(len(next_spike)):
            k = next_spike[i]
            if k < state.end[learning.source[i]] and state.times[k] == t:
                next_spike[i] += 1
                inflow += memory.weights[i]
                memory.lost[0] += memory.spiked[i]
                memory.spiked[i] = 1
        memory.step[0] += 1
        if memory.step[0] % learning.trace_epoch == 0:
            _update_traces(learning, memory, lessons.traces[example, traced])
            traced += 1
        if memory.step[0] % learning.weight_epoch == 0:
            if t >= steps // 2:
                errors = _round_errors(learning, rows[t], lessons.targets[example])
                drawn = lessons.weights[example, learned]
                _update_weights(learning, memory, errors, drawn)
            learned += 1
        for segment in range(first, stop):
            step_segment(segment, start, t, chip.compartments, state)
        memory.held[:] = state.voltage[start : start + len(memory.held)]


@jit_after(kernel)
def learn_examples(
    chip: BuiltChip,
    learning: LearningTable,
    state: ChipState,
    host: HostState,
    memory: LearningState,
    lessons: Lessons,
) -> None:
    """Run examples one after another while the readout learns."""
    for e in range(len(lessons.charges)):
        run_spikes(chip, state, host, lessons.charges[e])
        _learn(chip, learning, state, memory, lessons, e)
