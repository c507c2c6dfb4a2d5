"""Rules for rates at which neurons can't fire, or only with a shorter time step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from snnc.diagnostics import Diagnostic, LayerDiagnostic, LayerWarning
from snnc.ir.logical import LifNeuron, LogicalLayer, LogicalNetwork, Loihi, Spiking
from snnc.language.fields import otherwise
from snnc.language.layers import SpikingSpec
from snnc.language.model import TimingSpec

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


def spiking_layers(network: LogicalNetwork) -> Iterator[tuple[LogicalLayer, Spiking]]:
    """Yield the layers with neurons, each with its spiking properties."""
    for layer in network.layers:
        if layer.spiking is not None:
            yield layer, layer.spiking


def chip_layers(network: LogicalNetwork) -> Iterator[tuple[LogicalLayer, Spiking]]:
    """Yield the layers on a Loihi chip, each with its spiking properties."""
    if isinstance(network.target, Loihi):
        yield from (each for each in spiking_layers(network) if each[0].on_chip)


def above_ceiling(network: LogicalNetwork) -> list[tuple[LogicalLayer, Spiking]]:
    """Return the layers whose neurons can't fire at their target rate."""
    return [
        (layer, spiking)
        for layer, spiking in spiking_layers(network)
        if spiking.rate.high * (network.timing.dt + pause(spiking)) > _ONE
    ]


def pause(spiking: Spiking) -> float:
    """Return the refractory period of a layer's neurons, in seconds."""
    neuron = spiking.neuron
    return neuron.tau_ref if isinstance(neuron, LifNeuron) else 0.0


_ONE = 1 + 1e-9


class RateAboveCeiling(LayerDiagnostic):
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
        for layer, spiking in above_ceiling(network):
            is_lif = isinstance(spiking.neuron, LifNeuron)
            ceiling = 1 / (network.timing.dt + pause(spiking))
            low = spiking.rate.low if spiking.rate.low < ceiling else USUAL_LOW
            yield cls.at(
                layer,
                "rate",
                neuron="lif" if is_lif else "relu",
                low=f"{low:.6g}" if 0 < low < ceiling else "",
                high=spiking.rate.high,
                limit=below(ceiling),
                ceiling=ceiling,
                formula="1 / (tau_ref + dt)" if is_lif else "1 / dt",
            )


class NoSuchRate(LayerWarning):
    """Checks that a neuron on the chip can fire at a rate within its layer's range.

    With a constant input, a neuron (relu or lif) fires once every `k` steps, where `k`
    is a whole number. Its rate is therefore `1 / (k dt)`. With steps of 1 ms, the
    possible rates closest to 150 Hz are 142.9 and 166.7 Hz. Scaling the weights can't
    bring a layer into a range that lies between two such rates.
    """

    code = "SNN507"
    title = "range between two possible rates"
    message = "no neuron of `{name}` fires at {low} to {high} Hz on the chip"
    label = "between the possible rates {slower:.4g} and {faster:.4g} Hz"
    notes = ("the time between spikes is a whole number of steps of {step}",)
    help = "write `rate {near}..{high} Hz`, or a higher upper end"

    low: float
    high: float
    slower: float
    faster: float
    step: str
    near: float

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[NoSuchRate]:
        dt, wrong = network.timing.dt, above_ceiling(network)
        for layer, spiking in chip_layers(network):
            if (layer, spiking) in wrong:
                continue
            rate = spiking.rate
            steps = math.ceil(1 / (rate.high * dt) / _ONE)
            slower = 1 / (steps * dt)
            if slower * _ONE < rate.low:
                yield cls.at(
                    layer,
                    "rate",
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
        fastest, spiking = max(above, key=lambda each: each[1].rate.high)
        span = network.timing.spans["dt"]
        yield cls(
            span=span,
            step=span.text,
            limit=1 / network.timing.dt,
            count=len(above),
            fastest=fastest.name,
            high=spiking.rate.high,
            near=time(_longest_step(network, [spiking for _, spiking in above])),
        )


def _longest_step(network: LogicalNetwork, above: list[Spiking]) -> float:
    """Return the longest step, in whole milliseconds, that rates and `present` allow.

    Return `USUAL_STEP` if no such step exists.
    """
    longest = min(1 / spiking.rate.high - pause(spiking) for spiking in above)
    steps = range(int(1000 * longest + 1e-9), 1, -1)
    whole = (ms / 1000 for ms in steps if _divides(ms / 1000, network.timing.present))
    return next(whole, USUAL_STEP)


def _divides(step: float, present: float) -> bool:
    count = present / step
    return abs(count - round(count)) <= 1e-6 * count and round(count) >= 2
