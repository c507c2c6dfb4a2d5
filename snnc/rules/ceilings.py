"""Rules for rates at which neurons can't fire, or only with a shorter time step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import LifNeuron, LogicalLayer, LogicalNetwork, Loihi
from snnc.language.fields import otherwise
from snnc.language.layers import SpikingSpec
from snnc.language.statements import TimingSpec

USUAL_STEP: float = TimingSpec.dt
"""The default of `dt` in seconds."""
USUAL_LOW: float = otherwise(SpikingSpec, "rate")[0]
"""The default lower end of a rate in Hz."""


def time(seconds: float) -> str:
    """Write a time as in a spec; use milliseconds below one second."""
    return f"{seconds:.6g} s" if seconds >= 1 else f"{1000 * seconds:.6g} ms"


def below(limit: float) -> float:
    """Round a limit down to six digits."""
    unit = 10.0 ** (math.floor(math.log10(limit)) - 5)
    return float(f"{math.floor(limit / unit * (1 + 1e-12)) * unit:.6g}")


def above_ceiling(network: LogicalNetwork) -> list[LogicalLayer]:
    """Return the layers whose neurons can't fire at their target rate."""
    spiking = [layer for layer in network.layers if layer.spiking is not None]
    return [layer for layer in spiking if _high(layer) * period(network, layer) > _ONE]


def period(network: LogicalNetwork, layer: LogicalLayer) -> float:
    """Return the shortest time between two spikes of a layer's neurons, in seconds."""
    neuron = layer.spiking.neuron if layer.spiking else None
    return network.timing.dt + (
        neuron.tau_ref if isinstance(neuron, LifNeuron) else 0.0
    )


def _high(layer: LogicalLayer) -> float:
    return layer.spiking.rate.high if layer.spiking else 0.0


def _low(layer: LogicalLayer, ceiling: float) -> str:
    """Return the lower rate of a layer, or a rate that suits the new upper rate."""
    low = layer.spiking.rate.low if layer.spiking else 0.0
    if low >= ceiling:
        low = USUAL_LOW
    return f"{low:.6g}" if 0 < low < ceiling else ""


_ONE = 1 + 1e-9


class RateAboveCeiling(Diagnostic):
    """Checks that the neurons can fire at the target rate.

    A neuron on the chip fires at most once per step, and a LIF neuron at most once per
    `tau_ref` plus one step. The highest possible rate is `1 / dt` for relu and `1 /
    (tau_ref + dt)` for lif.
    """

    code = "SNN500"
    title = "rate that the neurons can't reach"
    message = "the {neuron} neurons of `{name}` can't fire at {high} Hz"
    label = "at most {limit} Hz"
    notes = ("the highest possible rate is {formula} = {ceiling} Hz",)
    help = "write `rate {low}..{limit} Hz`, or a lower upper end"

    name: str
    neuron: str
    low: str
    high: float
    limit: float
    ceiling: float
    formula: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[RateAboveCeiling]:
        if StepTooLong.at_fault(network):
            return
        for layer in above_ceiling(network):
            lif = layer.spiking is not None and isinstance(
                layer.spiking.neuron, LifNeuron
            )
            ceiling = 1 / period(network, layer)
            yield cls(
                span=layer.spans.get("rate", layer.span),
                name=layer.name,
                neuron="lif" if lif else "relu",
                low=_low(layer, ceiling),
                high=_high(layer),
                limit=below(ceiling),
                ceiling=ceiling,
                formula="1 / (tau_ref + dt)" if lif else "1 / dt",
            )


class NoSuchRate(Diagnostic):
    """Checks that a neuron on the chip can fire at a rate within its layer's range.

    With a constant input, a neuron (relu or lif) fires once every `k` steps, where `k`
    is a whole number. Its rate is therefore `1 / (k dt)`. With steps of 1 ms, the
    possible rates closest to 150 Hz are 142.9 and 166.7 Hz. Scaling the weights can't
    bring a layer into a range that lies between two such rates.
    """

    code = "SNN507"
    title = "range between two possible rates"
    severity = Severity.WARNING
    message = "no neuron of `{name}` fires at {low} to {high} Hz on the chip"
    label = "between the possible rates {slower:.4g} and {faster:.4g} Hz"
    notes = ("the time between spikes is a whole number of steps of {step}",)
    help = "write `rate {near}..{high} Hz`, or a higher upper end"

    name: str
    low: float
    high: float
    slower: float
    faster: float
    step: str
    near: float

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[NoSuchRate]:
        if not isinstance(network.target, Loihi):
            return
        dt, wrong = network.timing.dt, above_ceiling(network)
        for layer in network.layers:
            if layer.spiking is None or not layer.on_chip or layer in wrong:
                continue
            rate = layer.spiking.rate
            steps = math.ceil(1 / (rate.high * dt) / _ONE)
            slower = 1 / (steps * dt)
            if slower * _ONE < rate.low:
                yield cls(
                    span=layer.spans.get("rate", layer.span),
                    name=layer.name,
                    low=rate.low,
                    high=rate.high,
                    slower=slower,
                    faster=1 / ((steps - 1) * dt),
                    step=time(dt),
                    near=math.floor(slower) or below(slower),
                )


class StepTooLong(Diagnostic):
    """Checks that the step is short enough for the rates of the network.

    A neuron fires at most once per step, so no rate can be above `1 / dt`. If several
    layers exceed this limit because of a long `dt`, this rule reports the step instead
    of each rate.
    """

    code = "SNN506"
    title = "step too long for the rates"
    message = "`dt {step}` allows at most {limit} Hz, but {count} layers need more"
    label = "one spike per step"
    notes = ("the upper rate of `{fastest}` is {high} Hz",)
    help = "write `dt {near}`, or lower the layers' `rate`"

    step: str
    limit: float
    count: int
    fastest: str
    high: float
    near: str

    @staticmethod
    def at_fault(network: LogicalNetwork) -> bool:
        """Return whether the step is the problem, instead of the rates."""
        timing = network.timing
        if "dt" not in timing.spans or timing.dt <= USUAL_STEP:
            return False
        return len(above_ceiling(network)) > 1

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[StepTooLong]:
        if not cls.at_fault(network):
            return
        above = above_ceiling(network)
        fastest = max(above, key=_high)
        span = network.timing.spans["dt"]
        yield cls(
            span=span,
            step=span.text,
            limit=1 / network.timing.dt,
            count=len(above),
            fastest=fastest.name,
            high=_high(fastest),
            near=time(_longest_step(network, above)),
        )


def _longest_step(network: LogicalNetwork, above: list[LogicalLayer]) -> float:
    """Return the longest step, in whole milliseconds, that rates and `present` allow.

    Return `USUAL_STEP` if no such step exists.
    """
    rest = [period(network, layer) - network.timing.dt for layer in above]
    longest = min(1 / _high(a) - r for a, r in zip(above, rest, strict=True))
    steps = range(int(1000 * longest + 1e-9), 1, -1)
    whole = (ms / 1000 for ms in steps if _divides(ms / 1000, network.timing.present))
    return next(whole, USUAL_STEP)


def _divides(step: float, present: float) -> bool:
    count = present / step
    return abs(count - round(count)) <= 1e-6 * count and round(count) >= 2
