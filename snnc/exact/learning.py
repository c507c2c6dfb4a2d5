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
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

from snnc.exact import make_engine
from snnc.exact.circuit import read_encoder, read_inputs
from snnc.exact.kernel import LEARN_FRAC, learn_examples
from snnc.exact.read import (
    Places,
    axons_into,
    not_fixed,
    number_sources,
    read_chip,
)
from snnc.exact.readout import read_filter
from snnc.exact.tables import (
    Floats,
    LearningState,
    LearningTable,
    Lessons,
    host_state,
    resting_state,
)
from snnc.output.imported import ImportedPackage
from snnc.runtime.examples import Array
from snnc.runtime.layout import Tensors
from snnc.runtime.nengo.learning import targets_of
from snnc.runtime.nengo.simulators import SimulatorRun

if TYPE_CHECKING:
    from nengo_loihi import Simulator
    from nengo_loihi.block import Synapse

    from snnc.runtime.nengo.neurons import BuiltNetwork

RIDGE = 1e-2
"""The regularisation of `refit`, as a fraction of the features' mean square."""

NUMBERS_AT_ONCE = 2**21  # that are drawn before they are used
FACTOR_BITS = 2 * 7 + 3 - 15  # which nengo-loihi's accumulator can't hold


class Learner:
    """A network whose readout learns, before its first step.

    Parameters
    ----------
    package
        A package of a spec with ``learn pes``.
    tensors
        The initial weights.

    Attributes
    ----------
    source
        The name of the layer whose spikes the readout learns from.
    memory
        What the chip has learned so far.

    Raises
    ------
    ValueError
        If the chip can't learn with these weights.
    CannotRunError
        If nengo must step layers before the chip.
    """

    def __init__(self, package: ImportedPackage, tensors: Tensors) -> None:
        network = package.network
        # Nengo needs targets to build the network; `present` gets the true ones.
        unused = np.zeros((1, network.readout.units))
        built = package.module("nengo_network").build_network(tensors, targets=unused)
        run = SimulatorRun("loihi", built)
        self._network = network
        self._built = built
        self.simulator = run.sim
        self.source: str = built.learning.connection.pre_obj.label
        self._random = run.sim.sims["emulator"].rng
        encoder = read_encoder(run.sim, built, "host")
        if encoder is None:
            raise not_fixed("layers of the host before it", "the chip")
        self._encoder = encoder
        blocks = number_sources(run.sim.model.blocks)
        inputs = read_inputs(run.sim, encoder.sources)
        chip = read_chip(run.sim, blocks, inputs, learning=True)
        synapses = [(n, s) for n, each in enumerate(blocks) for s in each.synapses]
        # Only the readout learns, from one layer (SNN420).
        ((block, self._synapse),) = (pair for pair in synapses if pair[1].learning)
        # The block that learns takes its steps together with the host's filter.
        others = chip.fanin.order[chip.fanin.order != block]
        self._chip = chip._replace(fanin=chip.fanin._replace(order=others))
        places = blocks | inputs
        self._table = _table(run.sim, built, block, self._synapse, places)
        size = len(chip.compartments.bias) + len(encoder.voltage)
        self._state = resting_state(chip.fanin.start, size, network.steps)
        self._host = host_state(encoder.voltage, 0, network.steps)
        weights = np.concatenate(self._synapse.weights)
        units = network.readout.units
        self.memory = LearningState(
            weights=weights.astype(np.int32),
            traces=np.zeros(len(weights), np.int32),
            spiked=np.zeros(len(weights), np.uint8),
            held=np.zeros(2 * units, np.int32),
            filtered=np.zeros(units),
            step=np.zeros(1, np.int64),
            lost=np.zeros(3, np.int64),
        )
        run.sim.close()

    @property
    def kernel(self) -> Array:
        """The present weights, with shape (neurons, units)."""
        # The package decodes the integers in nengo-loihi's synapse.
        pairs = zip(self._synapse.weights, self.memory.weights, strict=True)
        for stored, learned in pairs:
            stored[:] = learned
        return np.asarray(self._built.learning.weights(self.simulator))

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
            The outputs halfway through each example, when errors begin.
        """
        targets = targets_of(targets, self._network)
        steps = self._network.steps
        at_once = max(1, NUMBERS_AT_ONCE // (self.memory.weights.size * steps))
        outputs = []
        for at in range(0, len(images), at_once):
            charges = self._encoder.charges(images[at : at + at_once])
            draws = zip(*map(self._draw, range(len(charges))), strict=True)
            traces, weights = map(np.stack, draws)
            rows = np.empty((len(charges), steps, targets.shape[1]))
            wanted = targets[at : at + at_once]
            lessons = Lessons(charges, wanted, traces, weights, rows)
            learn_examples(
                self._chip,
                self._table,
                self._state,
                self._host,
                self.memory,
                lessons,
            )
            outputs.append(rows[:, steps // 2])
        return np.concatenate(outputs)

    def _draw(self, example: int) -> tuple[Floats, Floats]:
        """Draw the random numbers for an example, in the emulator's order."""
        table = self._table
        steps = self._network.steps
        shape = self.memory.weights.shape
        size = len(self._chip.compartments.bias)
        traces = np.zeros((steps // table.trace_epoch + 1, shape[0]))
        weights = np.zeros((steps // table.weight_epoch + 1, *shape))
        traced = iter(traces)
        learned = iter(weights)
        begin = int(self.memory.step[0]) + example * steps
        # In each step, the emulator also draws the noise of its neurons, which is 0
        # here. One call skips all that lie between two draws that matter.
        undrawn = 0
        for step in range(begin + 1, begin + steps + 1):
            if step % table.trace_epoch == 0:
                self._skip(undrawn)
                undrawn = 0
                next(traced)[:] = self._random.rand(shape[0])
            if step % table.weight_epoch == 0:
                next(learned)[:] = self._random.rand(*shape)
            undrawn += size
        self._skip(undrawn)
        return traces, weights

    def _skip(self, count: int) -> None:
        """Skip numbers that the emulator draws for the noise of neurons."""
        self._random.randint(-127, 128, size=count, dtype=np.int32)


def refit(
    package: ImportedPackage,
    tensors: Tensors,
    source: str,
    images: Array,
    targets: Array,
) -> Floats:
    """Fit the kernel of the readout by ridge regression, as a reference for PES.

    Parameters
    ----------
    source
        The name of the layer that the readout reads.
    images : (examples, *input shape)
    targets
        Labels, (examples,), or values, (examples, units).

    Returns
    -------
    kernel : (neurons, units)
        The least squares fit to the same spikes from which PES learns.
    """
    readout = package.network.readout
    features = readout_features(package, tensors, source, images)
    wanted = targets_of(targets, package.network) - tensors[f"{readout.name}.bias"]
    # Without the penalty, neurons that fire together could get huge weights.
    gram = features.T @ features
    penalty = RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram + penalty, features.T @ wanted))


def readout_features(
    package: ImportedPackage, tensors: Tensors, source: str, images: Array
) -> Floats:
    """Return what the weights of a readout multiply, with shape (examples, neurons).

    It is the filtered spikes, averaged over the second half of each example, in which
    PES learns.
    """
    network = package.network
    layer = network.layers[source]
    with make_engine(package, tensors) as engine:
        run = engine.run(images, "row", keep=("spikes",))
        assert engine.circuit is not None
        lowpass = engine.circuit.readout.filter
    spikes = run.spikes[source].reshape(-1, layer.neurons)
    activations = spikes / (network.dt * layer.high)
    # The readout filters the spikes of the step before.
    filtered = lfilter([0, lowpass.add], [1, -lowpass.keep], activations, axis=0)
    rows = filtered.reshape(len(images), network.steps, layer.neurons)
    return np.asarray(rows[:, network.steps // 2 :].mean(axis=1))


def _table(
    simulator: Simulator,
    built: BuiltNetwork,
    block: int,
    synapse: Synapse,
    places: Places,
) -> LearningTable:
    """Read the constants of the block that learns, from nengo-loihi's synapse."""
    sources = np.zeros(synapse.n_axons, np.int64)
    for _, numbers, entries in axons_into([synapse], places):
        sources[entries[entries >= 0]] = numbers[entries >= 0]
    model = simulator.model
    learning = built.learning.learning
    (probe,) = (model.objs[probe]["out"] for probe in model.chip2host_receivers)
    (weights,) = probe.weights
    config = synapse.synapse_cfg
    return LearningTable(
        block=block,
        source=sources,
        trace_epoch=synapse.train_epoch,
        trace_keep=math.exp(-synapse.train_epoch / synapse.tracing_tau),
        increment=synapse.tracing_mag,
        weight_epoch=synapse.learn_epoch,
        # As `weight_update` in ``nengo_loihi/emulator/interface.py:449`` uses them.
        weight_exponent=config.real_weight_exp,
        lost_bits=config.shift_bits,
        rate=synapse._lr_int,
        rate_shift=LEARN_FRAC + synapse._lr_exp - FACTOR_BITS,
        scale=float(weights[0, 0]),
        filter=read_filter(built, built.learning.connection.synapse, simulator.dt),
        error=learning.error,
        error_steps=learning.error_steps,
        softmax=learning.softmax,
    )
