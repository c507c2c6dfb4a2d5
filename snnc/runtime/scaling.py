# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The scales that bring the rates of layers into their bounds.

If all that a rectified linear layer sums is multiplied by a number, so is what
it gives; its readers' kernels are divided by it, and the outputs stay as they
are (data-based normalisation: Diehl et al., IJCNN 2015,
doi:10.1109/IJCNN.2015.7280696).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .budgets import judged
from .network import Layer, Network

MARGIN = 1e-5  # how far inside its bounds a rate is put, to stay in them


class CalibrationError(ValueError):
    """Rates that no scale brings into their bounds; says which and why."""


class Measured(NamedTuple):
    """The percentile of a layer's rates in Hz, and what it lies between.

    ``currents`` are what drives the neurons of the two nearest ranks, as the
    rate in Hz that follows without steps; ``highest`` is an activation.
    """

    rate: float
    currents: tuple[float, float]
    highest: float


Rates = Mapping[str, Measured]


@dataclass(frozen=True)
class Scaling:
    """Finds scales for the layers of a network from what was measured.

    The layers of each of ``groups`` share a scale, as a sum or a shortcut adds
    what they give.
    """

    network: Network
    groups: Sequence[Sequence[str]]

    def fixed(self, measured: Rates) -> dict[str, str]:
        """Say of each layer for which no scale is exact why."""
        reasons = {}
        for name, layer in self.network.layers.items():
            if layer.encoder == "rate":
                reasons[name] = "has no weights"
            elif layer.lif is not None:
                reasons[name] = "LIF"
            elif self._clips(layer, measured[name]):
                reasons[name] = "clips its highest values"
        return reasons

    def discrete(self, layer: Layer) -> bool:
        """Tell whether a layer is measured by its currents.

        Its rates then are the chip's, which waits for whole steps.
        """
        return self.network.aware and layer.on_chip and layer.lif is None

    def chip_rate(self, current: float) -> float:
        """Return the rate in Hz of a neuron that waits for whole steps."""
        dt = self.network.dt
        return 1 / (dt * math.ceil(1 / (dt * current))) if current > 0 else 0.0

    def holds(self, name: str, measured: Measured) -> bool:
        """Tell whether a layer's rate is within its bounds."""
        layer = self.network.layers[name]
        return judged(measured.rate, layer.rate) == "held"

    def missed(self, measured: Rates) -> list[str]:
        """Return the layers whose rates are further out than is tolerated."""
        layers = self.network.layers.items()
        rates = {name: (measured[name].rate, one.rate) for name, one in layers}
        return [n for n, pair in rates.items() if judged(*pair) == "missed"]

    def rescale(
        self,
        measured: Rates,
        fixed: Mapping[str, str],
    ) -> dict[str, float]:
        """Return the number by which to scale each layer, at best 1.

        Raises CalibrationError if there is none for a layer or a group.
        """
        _refuse(self._silent(measured, fixed))
        steps, problems = {}, []
        for group in self.groups:
            bounds = {n: self._bounds(n, measured[n], fixed) for n in group}
            low, lowest = max((b[0], name) for name, b in bounds.items())
            high, highest = min((b[1], name) for name, b in bounds.items())
            if low > high:
                names = (lowest, highest)
                problems.append(self._conflict(*names, measured, fixed))
            steps.update(dict.fromkeys(group, min(max(low, 1.0), high)))
        _refuse(problems)
        return steps

    def not_settled(
        self,
        measured: Rates,
        fixed: Mapping[str, str],
        rounds: int,
    ) -> str:
        """Say which layers are out of bounds after rounds of scaling."""
        scaled = (name for name in self.network.layers if name not in fixed)
        names = [n for n in scaled if not self.holds(n, measured[n])]
        states = [f"{n} {self._state(n, measured, fixed)}" for n in names]
        reason = "the chip's discrete rates do not settle"
        return f"{', '.join(states)} after {rounds} rounds: {reason}"

    def _clips(self, layer: Layer, measured: Measured) -> bool:
        encoder = layer.encoder is not None
        return encoder and measured.highest >= self._ceiling(layer)

    def _ceiling(self, layer: Layer) -> float:
        """Return the activation at which an encoder fires every step."""
        return (1 - MARGIN) / (self.network.dt * layer.high)

    def _bounds(
        self,
        name: str,
        measured: Measured,
        fixed: Mapping[str, str],
    ) -> tuple[float, float]:
        """Return the least and the largest scale of a layer."""
        if name in fixed:
            return 1.0, 1.0
        if measured.rate == 0:
            return 0.0, math.inf
        layer = self.network.layers[name]
        if self.discrete(layer):
            least, most = self._currents(layer)
            below, above = measured.currents
            low, high = least / below, most / above
        else:
            low, high = layer.low / measured.rate, layer.high / measured.rate
        if layer.low < layer.high:
            low, high = low * (1 + MARGIN), high * (1 - MARGIN)
        if self.holds(name, measured):
            low, high = min(low, 1.0), max(high, 1.0)
        if layer.encoder is not None:
            ceiling = self._ceiling(layer) / measured.highest
            high = min(high, max(1.0, ceiling))
        return low, high

    def _currents(self, layer: Layer) -> tuple[float, float]:
        """Return between which currents the chip's rates lie within bounds."""
        # Rates are 1 / (k dt): the slowest and fastest k, give or take an ulp.
        dt, (low, high) = self.network.dt, layer.rate
        slowest = math.floor(1 / (dt * low) + 1e-6) if low else math.inf
        fastest = math.ceil(1 / (dt * high) - 1e-6)
        most = 1 / (dt * (fastest - 1)) if fastest > 1 else math.inf
        return 1 / (dt * slowest), most

    def _silent(
        self,
        measured: Rates,
        fixed: Mapping[str, str],
    ) -> Iterator[str]:
        for name, values in measured.items():
            layer = self.network.layers[name]
            least = values.currents[0] if self.discrete(layer) else values.rate
            if values.highest == 0:
                reason = "never fires on this data, so no scale helps"
                yield f"{name} {reason}: train it longer, or leave it out"
                return  # layers behind it may be silent because of it
            if least == 0 and layer.low > 0 and name not in fixed:
                share = f"{layer.percentile:g} % of its values are 0"
                reason = f"{share}, so no scale reaches its rate"
                cure = "give it fewer channels, or a higher percentile"
                yield f"{name}: {reason}: {cure}"

    def _conflict(
        self,
        low: str,
        high: str,
        measured: Rates,
        fixed: Mapping[str, str],
    ) -> str:
        """Say why a scale has to be large for one layer, small for one."""
        wanted = self._state(low, measured, fixed)
        if low == high and self.network.layers[low].encoder is not None:
            clips = "scaled to it, its highest values would clip"
            return f"{low} {wanted}; {clips}"
        if low == high:
            return f"{low} {wanted}; of the chip's rates, 1 / (k dt), none is"
        limited = f"{high} {self._state(high, measured, fixed)}"
        cure = "give one of them a wider rate, or train again"
        return f"{low} {wanted}, {limited}, and they share a scale: {cure}"

    def _state(
        self,
        name: str,
        measured: Rates,
        fixed: Mapping[str, str],
    ) -> str:
        if name in fixed:
            return f"can't be scaled ({fixed[name]})"
        low, high = self.network.layers[name].rate
        rate = measured[name].rate
        return f"is at {rate:.3g} Hz of {low:g}..{high:g} Hz"


def _refuse(problems: Iterable[str]) -> None:
    if lines := list(problems):
        raise CalibrationError("\n  ".join(lines))
