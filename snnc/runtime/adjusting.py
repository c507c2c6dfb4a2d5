# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Adjusts a model in training: its curves, its batch norms and its scales."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from .budgets import judged
from .current_variance import CurrentVariance
from .curves import curve_of
from .folding import fold_scales
from .layers import Neurons
from .layout import Layout
from .model import driven as driving
from .model import set_scales
from .network import Network
from .noise import PoolNoise, SpikeNoise
from .probes import Currents, Driven, settling
from .progress import Scales
from .rate_losses import BalancedAdd, RateBudget
from .wiring import NEURONS, wiring_of

BATCH = 256  # examples that are measured at once, if so many fit
TOLERANCE = 1e-3  # by what share scales or rates differ that are the same
ROUGH = 2e-2  # and scales of some examples: epochs change them by far more
ROUNDS = 10  # of scaling, beside one for each layer that reads another
HEADROOM = 0.95  # of an encoder's ceiling, for the highest value of a sample


class Miss(NamedTuple):
    """A layer whose rate in Hz is outside of its bounds, and why."""

    name: str
    rate: float
    bounds: tuple[float, float]
    reason: str

    def __str__(self) -> str:
        """Say it in a line."""
        low, high = self.bounds
        where = f"at {self.rate:.3g} Hz of {low:g}..{high:g} Hz"
        return f"{self.name} is {where}: {self.reason}"


class Adjuster:
    """Adjusts a model between the epochs of its training.

    The model was built with ``aware`` if the network is; ``sample`` is of
    its training examples, (examples, *the input's shape).
    """

    def __init__(
        self,
        network: Network,
        layout: Layout,
        model: keras.Model,
        sample: NDArray[np.float32],
    ) -> None:
        """Take a model that has been built, and examples to measure on."""
        self.network = network
        self.model = model
        self.sample = sample
        self.wiring = wiring_of(model, layout, tuple(network.layers))
        self._entered: tuple[bool, bool] | None = None
        self._probe()

    @property
    def scales(self) -> Scales:
        """The scale of each layer."""
        layers = self.network.layers
        scaled = {name: self._scaled(name) for name in layers}
        return {n: self._neurons(other).scale for n, other in scaled.items()}

    @scales.setter
    def scales(self, scales: Mapping[str, float]) -> None:
        set_scales(self.model, scales)
        for part in self.model.layers:
            if isinstance(part, RateBudget):
                part.scale = scales[part.name.rpartition(".")[0]]

    @property
    def examples(self) -> str:
        """How many examples are measured, in words."""
        return f"{len(self.sample)} of the training examples"

    def enter(self, aware: bool, balanced: bool = True) -> None:
        """Make the model train smoothly, or aware of the chip.

        ``balanced`` keeps layers near one another that share a scale. Keras
        traces anew, as it does not where only scales change.
        """
        if self._entered == (aware, balanced):
            return
        self._entered = aware, balanced
        for name in self._own:
            self._neurons(name).follow(smooth=not aware)
        for part in self._noises():
            part.active = aware
        for part in self.model.layers:
            if isinstance(part, CurrentVariance):
                part.active = aware
            if isinstance(part, BalancedAdd):
                part.active = balanced
        # Keras keeps what it traced of a model whose parts have changed.
        self.model.make_train_function(force=True)
        self.model.make_test_function(force=True)
        self.model.make_predict_function(force=True)
        self._probe()

    def _probe(self) -> None:
        layers, model = self.network.layers.items(), self.model
        ends = {name: driving(model, name, layer) for name, layer in layers}
        self._currents = Currents(model, ends, self.network.percentiles)
        kind = keras.layers.BatchNormalization
        norms = [part for part in model.layers if isinstance(part, kind)]
        self._settle = settling(model, norms) if norms else None

    def settle(self, examples: int | None = None) -> None:
        """Give batch norms the statistics of the first examples, or of all.

        Their moving averages lag behind the weights, the more the fewer
        batches there were. (Those of averaged weights are renewed so:
        Izmailov et al., 2018, arXiv:1803.05407.)
        """
        if self._settle is not None:
            for count, x in enumerate(self._batches(examples)):
                self._settle(x, count / (count + 1))

    def scale(self, anew: bool, examples: int | None = None) -> list[Miss]:
        """Bring layers into their rates; return those that miss them.

        ``anew`` drives every layer as fast as it may fire, as more spikes tell
        more. Otherwise layers that keep to their rates stay as they are. Rates
        are those of the first ``examples`` of the sample, roughly, or of all.

        What a scale changes of rectified linear neurons is made good where
        they are read. Where rates are discrete, or neurons saturate, it is
        felt by the layers behind: they are measured again.
        """
        alike = TOLERANCE if examples is None else ROUGH
        driven = self._driven(examples)
        for _ in range(len(self.wiring.groups) + ROUNDS):
            scales = self._rescaled(driven, anew)
            if _are_alike(scales, self.scales, alike):
                break
            self.scales = scales
            driven = self._driven(examples)
        scales, names = self.scales, self.network.layers
        missed = [n for n in names if not self._holds(n, driven, scales)]
        return [self._miss(name, driven, scales) for name in missed]

    def _rescaled(self, driven: Mapping[str, Driven], anew: bool) -> Scales:
        scales = self.scales
        for group in self.wiring.groups:
            if anew or not all(self._holds(n, driven, scales) for n in group):
                wanted = [self._wanted(n, driven[n]) for n in group]
                scales.update(dict.fromkeys(group, min(wanted)))
        return scales

    def fold(self) -> None:
        """Move scales into weights: activation 1.0 is the upper rate."""
        fold_scales(self.model, self.wiring, self.scales)
        self.scales = dict.fromkeys(self.network.layers, 1.0)

    def _driven(self, examples: int | None) -> dict[str, Driven]:
        """Measure the currents of all layers on examples of the sample."""
        return self._currents(self._batches(examples))

    def _wanted(self, name: str, driven: Driven) -> float:
        """Return the scale that drives a layer to its upper rate."""
        layer = self.network.layers[name]
        if layer.pool is not None and driven.percentile == 0:
            return math.inf  # what it pools decides
        if driven.percentile == 0 or layer.encoder == "rate":
            return self._neurons(name).scale
        scale = 1 / driven.percentile
        if layer.encoder is not None:
            ceiling = HEADROOM / (self.network.dt * layer.high)
            scale = min(scale, max(ceiling / driven.highest, 0.0))
        if layer.lif is not None and scale > 1:
            # More current has no use but to reach the lower bound.
            low = self._rate(name, driven.percentile) < layer.low
            scale = scale if low else 1.0
        return scale

    def _rate(self, name: str, current: float) -> float:
        """Return the rate in Hz of a layer's neurons that a current drives."""
        layer = self.network.layers[name]
        aware = self._neurons(self._scaled(name)).aware
        curve = curve_of(layer, self.network.dt, aware)
        return layer.high * float(curve(tf.constant(current)))

    def _holds(
        self,
        name: str,
        driven: Mapping[str, Driven],
        scales: Scales,
    ) -> bool:
        layer = self.network.layers[name]
        if driven[name].highest == 0:
            return False  # even where it need not fire
        rate = self._rate(name, scales[name] * driven[name].percentile)
        bounds = (layer.low * (1 - TOLERANCE), layer.high * (1 + TOLERANCE))
        return judged(rate, bounds, math.inf) == "held"

    def _miss(
        self,
        name: str,
        driven: Mapping[str, Driven],
        scales: Scales,
    ) -> Miss:
        layer, measured = self.network.layers[name], driven[name]
        rate = self._rate(name, scales[name] * measured.percentile)
        group = next(g for g in self.wiring.groups if name in g)
        others = ", ".join(other for other in group if other != name)
        if measured.highest == 0:
            reason = "no example drives it; train longer, or drop it"
        elif measured.percentile == 0:
            share = f"{layer.percentile:g} % of its values are 0"
            reason = f"{share}; give it fewer channels, or a higher percentile"
        elif layer.encoder == "rate":
            reason = "it has no weights; widen its rate"
        elif others:
            reason = f"it shares a scale with {others}; widen the rate of one"
        elif layer.encoder is not None:
            reason = "scaled to it, its highest values clip; widen its rate"
        else:
            reason = "the chip has no such rate; its rates are 1 / (k dt)"
        return Miss(name, rate, layer.rate, reason)

    @property
    def _own(self) -> list[str]:
        """The layers that have a scale of their own: max pools have none."""
        layers = self.network.layers
        return [name for name, layer in layers.items() if layer.pool is None]

    def _scaled(self, name: str) -> str:
        """Return the layer whose scale a layer has."""
        if self.network.layers[name].pool is None:
            return name
        group = next(g for g in self.wiring.groups if name in g)
        return next(other for other in group if other in self._own)

    def _neurons(self, name: str) -> Neurons:
        neurons: Neurons = self.model.get_layer(f"{name}{NEURONS}")
        return neurons

    def _noises(self) -> list[SpikeNoise | PoolNoise]:
        parts = self.model.layers
        return [p for p in parts if isinstance(p, (SpikeNoise, PoolNoise))]

    def _batches(
        self,
        examples: int | None = None,
    ) -> list[NDArray[np.float32]]:
        # Even ones: statistics of a batch of few examples would mislead.
        size = min(BATCH, self.network.examples_at_once)
        sample = self.sample[:examples]
        return np.array_split(sample, -(-len(sample) // size))


def _are_alike(some: Scales, others: Scales, share: float) -> bool:
    return all(abs(some[n] / others[n] - 1) < share for n in some)
