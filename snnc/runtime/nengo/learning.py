# The run-time library of snnc. SPDX-License-Identifier: MIT
"""A readout whose weights keep learning with PES, on the chip or in Nengo."""

# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from ..examples import Array
from ..layout import Tensors
from ..network import Network
from ..pes import LEVELS, ChipLearning, Learning, on_chip
from .builder import Mode, NetworkBuilder
from .connections import Connection


class ChipPES(nengo.PES):
    """PES with a learning rate for nengo-loihi.

    nengo-loihi ignores the amplitude of spikes, but Nengo multiplies both the
    change and the effect of a weight by it.
    """


def build_chip_pes(model: Any, pes: ChipPES, rule: Any) -> None:
    """Build the rule for Nengo's simulators, to learn like the chip."""
    amplitude = rule.connection.pre_obj.neuron_type.amplitude
    rate = pes.learning_rate / amplitude**2
    with warnings.catch_warnings():
        # Nengo takes rates above 1 for an error: few spikes are that strong.
        warnings.simplefilter("ignore")
        own = nengo.PES(rate, pre_synapse=pes.pre_synapse)
    model.build(own, rule)


nengo.builder.Builder.register(ChipPES)(build_chip_pes)


@dataclass(frozen=True)
class LearningReadout:
    """The learning connection, and settings for simulators of the chip.

    ``chip`` is None if the weights are not for a chip.
    """

    connection: nengo.Connection
    learning: Learning
    chip: ChipLearning | None

    def model(self, dt: float) -> Any:
        """Return an empty nengo-loihi model with the settings for learning."""
        assert self.chip is not None
        model = importlib.import_module("nengo_loihi.builder").Model(dt=dt)
        model.pes_error_scale = self.learning.error_scale
        model.pes_wgt_exp = self.chip.exponent
        model.vth_nonspiking = self.chip.threshold
        return model

    def weights(self, sim: Any) -> Array:
        """Return the weights (neurons, units) that were learned so far."""
        if not hasattr(sim.model, "blocks"):
            signal = sim.model.sig[self.connection]["weights"]
            return np.array(sim.signals[signal]).T
        assert self.chip is not None
        synapses = [s for b in sim.model.blocks for s in b.synapses]
        (learned,) = [s for s in synapses if s.learning]
        held = np.concatenate(learned.weights)
        # Each unit has weights of its positive part and of its negative part,
        # which are rounded on their own: their mean has half the noise.
        positive, negative = np.split(held / 2.0, 2, axis=1)
        shift = learned.synapse_cfg.real_weight_exp
        values = (positive - negative) / 2.0**shift
        return np.asarray(values * self.chip.reach / LEVELS)


def targets_of(targets: Any, network: Network) -> Array:
    """Return the target outputs (examples, units) of each example.

    ``targets`` contains labels, of shape (examples,), or values of that shape.
    Raises ValueError for others.
    """
    given = np.asarray(targets)
    readout = network.readout
    units = readout.units
    if readout.classes and given.ndim == 1 and given.dtype.kind in "iu":
        if len(given) and not 0 <= given.min() <= given.max() < units:
            raise ValueError(f"targets are labels, not all in 0..{units - 1}")
        return np.asarray(np.eye(units)[given])
    if given.ndim != 2 or given.shape[1] != units:
        labels = "(examples,) of labels or " if readout.classes else ""
        wanted = f"{labels}(examples, {units})"
        raise ValueError(f"targets have shape {given.shape}, not {wanted}")
    return np.asarray(given, np.float64)


def error_node(targets: Array, learning: Learning) -> nengo.Node:
    """Add the node of the errors, which are 0 in each example's first half."""
    steps = learning.steps

    def errors(t: float, outputs: Array) -> Array:
        example, step = divmod(round(t / learning.dt) - 1, steps)
        if step < steps // 2 or example >= len(targets):
            return np.zeros_like(outputs)
        if learning.softmax:
            powers = np.exp(outputs - outputs.max())
            outputs = powers / powers.sum()
        return learning.coarse(outputs - targets[example])

    return nengo.Node(errors, size_in=targets.shape[1], label="error")


class LearningBuilder(NetworkBuilder):
    """Adds layers to a network whose readout learns, if there are targets."""

    def __init__(
        self,
        network: Network,
        tensors: Tensors,
        mode: Mode = "spiking",
        seed: int = 0,
        targets: Any = None,
    ) -> None:
        """Begin with an empty network; raise ValueError for other targets."""
        super().__init__(network, tensors, mode, seed)
        self._targets: Array | None = None
        if targets is not None:
            if mode == "rate":
                raise ValueError("with targets, mode is 'spiking'")
            self._targets = targets_of(targets, network)

    def readout(self, *connections: Connection) -> None:
        """Add the readout, on the host, with its inputs or what it learns."""
        if self._targets is None:
            super().readout(*connections)
            return
        super().readout()
        (read,) = connections
        (part,) = read.source.parts
        network = self._network
        pes = self._network.readout.learn
        assert pes is not None
        kernel = self._tensors[f"{network.readout.name}.kernel"]
        if pes.start == "zero":
            kernel = np.zeros_like(kernel)
        layer = network.layers[part.label]
        learning = Learning(
            rate=pes.rate,
            error=pes.error,
            high=layer.high,
            percentile=layer.percentile,
            neurons=layer.neurons,
            dt=network.dt,
            steps=network.steps,
            synapse=network.readout.synapse or 0.0,
            softmax=pes.softmax,
        )
        largest = float(np.abs(kernel).max())
        chip = None
        if self._loihi is not None:
            chip = on_chip(learning, largest)
        connection = nengo.Connection(
            part.neurons.ensemble,
            self._readout,
            # The solver has the weights: only what these ask must be there, a
            # function of as many values, and a point at which neurons fire.
            function=lambda _: np.zeros(network.readout.units),
            eval_points=np.array([[1e6]]),
            scale_eval_points=False,
            solver=nengo.solvers.NoSolver(kernel),
            synapse=network.readout.synapse,
            learning_rule_type=ChipPES(
                learning.chip_rate,
                pre_synapse=nengo.Lowpass(learning.trace_steps * network.dt),
            ),
            label=f"{part.label} to {network.readout.name}",
        )
        error = error_node(self._targets, learning)
        nengo.Connection(self._readout, error, synapse=None)
        nengo.Connection(error, connection.learning_rule, synapse=None)
        self._learning = LearningReadout(connection, learning, chip)
