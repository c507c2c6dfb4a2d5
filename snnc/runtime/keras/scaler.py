# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Scale the layers of a model to bring their rates within bounds.

If the inputs of a rectified linear layer are multiplied by a number, its
output is multiplied by the same number. Dividing its readers' kernels by it
leaves the network's outputs unchanged (data-based normalisation: Diehl et al.,
IJCNN 2015, doi:10.1109/IJCNN.2015.7280696). A layer's first scale follows from
its Keras activations, and the final scale from its spikes. Inputs that
fluctuate around 0 raise the rate of a chip neuron, because its voltage is
never below 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..examples import Array, Bounds, Largest, check_budget
from ..layout import Layout
from ..network import Layer, Network
from .backend import keras
from .model import fold_model, neurons_of, with_currents
from .numba_run import make_run
from .wiring import groups_of, recalibration

BATCH = 256  # examples that Keras measures at once, if memory allows
IN_SPIKES = 256  # examples to simulate in spikes
STREAMS = 16  # simulations side by side
MOST_SPIKES = 10**5  # spikes of a neuron per example, if weights are absurd
ROUNDS = 8  # scalings by spikes
FILLS = 10  # scalings by activations, plus one per layer
HEADROOM = 0.95  # of an encoder's limit, one spike per step
SAME = 1e-3  # the relative difference at which two scales count as equal
MARGIN = 1e-5  # how far inside its bounds to put a rate


class Measured(NamedTuple):
    """The percentile of a layer's rates in Hz.

    ``drive`` is the current, in activations, that produces this rate, and
    ``highest`` is the largest current of a neuron.
    """

    rate: float
    drive: float
    highest: float


Rates = Mapping[str, Measured]
Scales = dict[str, float]


class Scaler:
    """Scales a model's layers on examples ``x`` (examples, *shape)."""

    def __init__(
        self,
        network: Network,
        layout: Layout,
        model: keras.Model,
        x: NDArray[np.float32],
    ) -> None:
        """Prepare a built model for measurements on the examples ``x``."""
        self.network = network
        self.layout = layout
        self.model = model
        self.x = x
        self.groups = groups_of(model, layout, list(network.layers))
        with_neurons = neurons_of(model)
        self._neurons = {}
        for name in network.layers:
            # A max pool has no neurons in Keras: its source's give its scale.
            alike = (name, *self.group(name))
            found = (with_neurons[n] for n in alike if n in with_neurons)
            self._neurons[name] = next(found)
        self.currents = with_currents(model, network)
        self._recalibrate = recalibration(model)
        self.run = make_run(network, model)

    @property
    def scales(self) -> Scales:
        """The scale of each layer; a max pool has the scale of its source."""
        return {name: part.scale for name, part in self._neurons.items()}

    @scales.setter
    def scales(self, scales: Mapping[str, float]) -> None:
        for name, part in self._neurons.items():
            part.set_scale(scales[name])

    def recalibrate_batchnorm(self, examples: int | None = None) -> None:
        """Compute batch norms' statistics from the first examples.

        Moving averages lag behind the weights, especially with few batches
        (Izmailov et al., 2018, arXiv:1803.05407).
        """
        if self._recalibrate is not None:
            for count, x in enumerate(self._batches(examples)):
                self._recalibrate(x, count / (count + 1))

    def fill(self, examples: int | None = None) -> None:
        """Scale each layer to its upper rate, by its Keras activations.

        More spikes carry more information. The scale of a LIF layer is at most
        1, unless its rate would be below its bounds.
        """
        # The scale of a LIF layer changes the inputs of other layers.
        for _ in range(len(self.groups) + FILLS):
            rates = self.measure_activations(examples)
            scales = self.scales
            steps = []
            for group in self.groups:
                wanted = [self._filling(name, rates[name]) for name in group]
                if min(wanted) < math.inf:
                    steps.append(min(wanted))
                    scales |= {n: scales[n] * steps[-1] for n in group}
            self.scales = scales
            if all(abs(step - 1) < SAME for step in steps):
                break

    def hold(
        self,
        present: float = math.inf,
        measure: Callable[[], Rates] | None = None,
    ) -> Rates:
        """Scale layers until the rates of their spikes are within bounds.

        Returns the rates. Layers within their bounds stay unchanged, as do
        rate encoders, which have no weights. With ``present``, so do layers
        that `check_budget` tolerates, counted in ``present`` seconds. To scale
        weights so small that nothing spikes, ``measure`` may be
        `measure_activations`.
        """
        measure = measure or self.measure_spikes
        rates = measure()
        for _ in range(ROUNDS):
            scales = self.scales
            steps: Scales = {}
            for group in self.groups:
                bounds = [self.bounds(n, rates[n], present) for n in group]
                low = max(bound[0] for bound in bounds)
                high = min(bound[1] for bound in bounds)
                # If no factor serves the whole group, none may fire too fast.
                steps.update(dict.fromkeys(group, min(max(low, 1.0), high)))
            if all(step == 1 for step in steps.values()):
                break
            self.scales = {n: scales[n] * steps[n] for n in scales}
            rates = measure()
        return rates

    def broken_budgets(self, rates: Rates) -> dict[str, str]:
        """Return a line for each layer whose rate is out of bounds."""
        present = self.network.present
        lines = {}
        for name, layer in self.network.layers.items():
            rate = rates[name].rate
            verdict = check_budget(rate, layer.rate, present)
            # A short example may have no spikes of neurons with currents.
            silent = rates[name].highest == 0
            if silent:
                silent = self.measure_activations()[name].highest <= 0
            if verdict == "missed" or silent:
                low, high = layer.rate
                where = f"at {rate:.3g} Hz of {low:g}..{high:g} Hz"
                lines[name] = f"{name} is {where}"
            if silent:
                break  # it may silence the layers after it
        return lines

    def fold(self) -> None:
        """Fold scales into weights; activation 1.0 is then the upper rate."""
        if set(self.scales.values()) != {1.0}:
            fold_model(self.model, self.layout)

    def measure_activations(self, examples: int | None = None) -> Rates:
        """Return the rates that the Keras activations represent."""
        layers = self.network.layers
        scales = self.scales
        batches = self._batches(examples)
        count = sum(map(len, batches))
        kept = {}
        for name, layer in layers.items():
            kept[name] = Largest(count * layer.neurons, layer.percentile)
        for x in batches:
            _, *currents = self.currents(x, training=False)
            for most, values in zip(kept.values(), currents):
                # Neurons ignore currents below 0.
                most.add(np.maximum(values, 0))
        rates = {}
        for name, layer in layers.items():
            drive = kept[name].percentile * scales[name]
            highest = float(kept[name].values.max()) * scales[name]
            rate = layer.neuron.rate(drive, layer.high)
            rates[name] = Measured(rate, drive, highest)
        return rates

    def measure_spikes(self) -> Rates:
        """Return the rates of spikes, with examples in rows."""
        network = self.network
        scales = self.scales
        firing = self.run.firing(self.x[:IN_SPIKES], STREAMS)
        rates = {}
        for name, layer in network.layers.items():
            # Activations times their scale are shares of the upper rate.
            unit = layer.high * network.present * scales[name]
            counts = np.nan_to_num(np.rint(firing[name] * unit))
            counts = np.clip(counts, 0, MOST_SPIKES) / network.present
            rate = float(np.percentile(counts, layer.percentile))
            drive = layer.neuron.drive(rate, layer.high)
            highest = layer.neuron.drive(counts.max(), layer.high)
            rates[name] = Measured(rate, drive, highest)
        return rates

    def _filling(self, name: str, measured: Measured) -> float:
        """Return the factor that brings a layer to its upper rate."""
        layer = self.network.layers[name]
        if measured.drive <= 0 or layer.encoder == "rate":
            # A max pool's rates follow from its source.
            return math.inf if layer.pool is not None else 1.0
        step = 1 / measured.drive
        if layer.encoder is not None:
            step = min(step, self._ceiling(layer) / measured.highest)
        scale = self.scales[name]
        if not layer.neuron.is_linear and step * scale > 1:
            # More current only helps to reach the lower bound.
            unscaled = layer.neuron.rate(measured.drive / scale, layer.high)
            step = step if unscaled < layer.low else 1 / scale
        return step

    def _ceiling(self, layer: Layer) -> float:
        """Return the largest current of an encoder that does not clip."""
        return HEADROOM / (self.network.dt * layer.high)

    def bounds(self, name: str, measured: Measured, present: float) -> Bounds:
        """Return the smallest and the largest factor for a layer."""
        layer = self.network.layers[name]
        if layer.encoder == "rate":
            return 1.0, 1.0
        if measured.drive <= 0:
            return 0.0, math.inf
        lowest = layer.neuron.drive(layer.low, layer.high)
        low = lowest / measured.drive * (1 + MARGIN)
        high = 1 / measured.drive * (1 - MARGIN)
        verdict = check_budget(measured.rate, layer.rate, present)
        in_spikes = present < math.inf
        if verdict == "held" or (in_spikes and verdict == "tolerated"):
            low = min(low, 1.0)
            high = max(high, 1.0)
        if layer.encoder is not None:
            ceiling = self._ceiling(layer) / measured.highest
            high = min(high, max(1.0, ceiling))
        return low, high

    def group(self, name: str) -> tuple[str, ...]:
        """Return the layers with the scale of a layer, including itself."""
        return next(group for group in self.groups if name in group)

    def _batches(self, examples: int | None) -> list[Array]:
        # Use equal batches: one of few examples would skew the statistics.
        size = min(BATCH, self.network.examples_at_once)
        sample = self.x[:examples]
        return np.array_split(sample, -(-len(sample) // size))
